//go:build !unix

package diskfile

import (
	"fmt"
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
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file (%v)", f.Name(), info.Mode().Type())
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
