package torchzip

import (
	"cmp"
	"fmt"
	"hash/crc32"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
)

// parallelCRC is the number of bytes from which on several processors check an archive.
const parallelCRC = 1 << 22

// Check compares a record's data with its CRC. Of a file's content the better part of it was summed when it was read.
func (r *Record) Check(content *diskfile.Content) error {
	if r.Deflated() { // Inflate compares it
		return nil
	}
	var got uint32
	if err := diskfile.Guard(func() error {
		if content != nil {
			got = content.CRC32(r.dataAt, r.dataAt+r.Size)
		} else {
			got = crc32.ChecksumIEEE(r.Data)
		}
		return nil
	}); err != nil {
		return err
	}
	return r.compare(got)
}

func (r *Record) compare(got uint32) error {
	if got == r.CRC {
		return nil
	}
	if r.CRC == 0 {
		return fmt.Errorf("zip entry %q has no CRC, where %08x should be: either the file is damaged, or it was saved "+
			"under torch.serialization.skip_data, without its data, or after set_crc32_options(False): then read it with SkipCRC", r.name, got)
	}
	return fmt.Errorf("zip entry %q is damaged: its CRC is %08x, and should be %08x", r.name, got, r.CRC)
}

// Check compares the data of all records with their CRCs. The error is that of the first one in the file.
func (a *Archive) Check(content *diskfile.Content) error {
	records, total := make([]*Record, 0, len(a.Records)), int64(0)
	for _, r := range a.Records {
		records = append(records, r)
		total += r.Size
	}
	slices.SortFunc(records, func(a, b *Record) int { return cmp.Compare(b.Size, a.Size) }) // the long ones first
	var first error
	var mu sync.Mutex
	var at int64
	var next atomic.Int64
	work := func() {
		for i := next.Add(1) - 1; i < int64(len(records)); i = next.Add(1) - 1 {
			r := records[i]
			if err := r.Check(content); err != nil {
				mu.Lock()
				if first == nil || r.header < at {
					first, at = err, r.header
				}
				mu.Unlock()
			}
		}
	}
	if total < parallelCRC {
		work()
		return first
	}
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(records)) {
		group.Go(work)
	}
	group.Wait()
	return first
}
