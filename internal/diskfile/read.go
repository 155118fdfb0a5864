package diskfile

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// MaxRead is the size of the largest file that [ReadFile] and [ReadInto] read.
const MaxRead = 1 << 30

// ReadFile reads a regular file of at most [MaxRead] bytes into memory. One that is written to meanwhile is an error.
func ReadFile(path string) ([]byte, error) {
	var data []byte
	err := ReadInto(path, &data)
	return data, err
}

// ReadInto is [ReadFile] into *buffer, which grows where it must.
func ReadInto(path string, buffer *[]byte) error {
	return scan(path, func(f *os.File, at stamp) error {
		if at.size > MaxRead {
			return &os.PathError{Op: "read", Path: path, Err: fmt.Errorf("it has %d bytes: at most %d are read into memory", at.size, int64(MaxRead))}
		}
		*buffer = slices.Grow((*buffer)[:0], int(at.size))[:at.size]
		return fill(f, *buffer, nil)
	})
}

// Scan has read go through a file of that size, and returns its error; or an error if the file was written to meanwhile.
func Scan(path string, read func(f *os.File, size int64) error) error {
	return scan(path, func(f *os.File, at stamp) error { return read(f, at.size) })
}

func scan(path string, read func(f *os.File, at stamp) error) error {
	f, at, err := openSettled(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := read(f, at); err != nil {
		return cmp.Or(at.unchanged(f), err)
	}
	return at.unchanged(f)
}

// block is what is read at once: a multiple of a huge page.
const block = 4 << 20

// fill reads data from the file's begin on, by several goroutines if it is long, and notes its checksums where there is place for them.
func fill(f *os.File, data []byte, sums checksums) error {
	var next atomic.Int64
	var failed atomic.Pointer[error]
	once := int64(block)
	if sums != nil {
		once = 4 * cell
	}
	work := func() {
		for failed.Load() == nil {
			begin := next.Add(block) - block
			if begin >= int64(len(data)) {
				return
			}
			for at := begin; at < min(begin+block, int64(len(data))); at += once {
				part := data[at:min(at+once, int64(len(data)))]
				if _, err := f.ReadAt(part, at); err != nil {
					failed.CompareAndSwap(nil, &err)
					return
				}
				if sums != nil {
					sums.note(part, at)
				}
			}
		}
	}
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(data)/block) {
		group.Go(work)
	}
	work()
	group.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}
