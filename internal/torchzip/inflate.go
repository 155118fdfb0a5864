package torchzip

import (
	"bytes"
	"compress/flate"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/internal/room"
)

// Deflated tells whether a record is compressed, as by a program that packed the archive again: torch.save never does that.
func (r *Record) Deflated() bool { return r.method == 8 }

// Content returns the content of a record of at most limit bytes: a part of the file, or what it inflates to.
func (r *Record) Content(limit int64) ([]byte, error) {
	switch {
	case !r.Deflated():
		return r.Data, nil
	case r.Size > limit:
		return nil, fmt.Errorf("zip entry %q is compressed, and would take %d bytes of memory, where at most %d are allowed: "+
			"load the file in Python and save it again with torch.save", r.name, r.Size, limit)
	}
	return r.Inflate(false)
}

// Inflate returns the content of a record that is [Record.Deflated], which takes as much memory as its Size. The content's size is
// checked, and its CRC unless skipCRC says otherwise.
func (r *Record) Inflate(skipCRC bool) ([]byte, error) {
	if err := room.For(r.Size); err != nil {
		return nil, fmt.Errorf("zip entry %q: %w", r.name, err)
	}
	if r.Size/maxRatio > r.packed { // before the memory is taken
		return nil, fmt.Errorf("zip entry %q is damaged: %d bytes cannot inflate to %d", r.name, r.packed, r.Size)
	}
	out := make([]byte, r.Size)
	err := diskfile.Guard(func() error {
		in := flate.NewReader(bytes.NewReader(r.Data))
		if _, err := io.ReadFull(in, out); err != nil && r.Size > 0 {
			return fmt.Errorf("zip entry %q is damaged: it doesn't inflate to %d bytes: %w", r.name, r.Size, err)
		}
		if n, err := in.Read(make([]byte, 1)); n > 0 || err != io.EOF {
			return fmt.Errorf("zip entry %q is damaged: it inflates to more than %d bytes, or doesn't end", r.name, r.Size)
		}
		return nil
	})
	if err != nil || skipCRC {
		return out, err
	}
	return out, r.compare(crc32.ChecksumIEEE(out))
}

// maxRatio is more than deflate compresses anything.
const maxRatio = 1100
