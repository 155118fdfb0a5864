//go:build !unix

package diskfile

import (
	"io"
	"os"
)

// A Mapping is a file's content in memory: here, where nothing is mapped, a copy.
type Mapping struct {
	Data []byte
}

// Map reads a regular file as a whole.
func Map(f *os.File) (*Mapping, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if regular(info) != nil {
		return nil, regular(info)
	}
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, err
	}
	return &Mapping{Data: data}, nil
}

// Unmap forgets the content.
func (m *Mapping) Unmap() error {
	m.Data = nil
	return nil
}
