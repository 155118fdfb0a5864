//go:build unix

package diskfile

import (
	"fmt"
	"math"
	"os"
	"syscall"
)

// A Mapping is a file's content in memory. On Unix it is mapped copy-on-write:
// writing to Data changes the process's own copy of a page, never the file.
type Mapping struct {
	Data []byte
}

// Map maps a regular file as a whole. The content of an empty file is empty.
func Map(f *os.File) (*Mapping, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	size := info.Size()
	switch {
	case regular(info) != nil:
		return nil, regular(info)
	case size == 0:
		return &Mapping{}, nil
	case size > math.MaxInt:
		return nil, fmt.Errorf("%s is too large to map: %d bytes", f.Name(), size)
	}
	data, err := syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_NORESERVE)
	if err != nil {
		return nil, &os.PathError{Op: "mmap", Path: f.Name(), Err: err}
	}
	return &Mapping{Data: data}, nil
}

// Unmap gives the memory back. Data must not be touched afterwards.
func (m *Mapping) Unmap() error {
	data := m.Data
	m.Data = nil
	if data == nil {
		return nil
	}
	return syscall.Munmap(data)
}
