//go:build !unix

package diskfile

import (
	"io"
	"os"
)

const canMap = false

// mapFile reads the file: here nothing is mapped.
func mapFile(f *os.File, size int) ([]byte, error) {
	data := make([]byte, size)
	_, err := io.ReadFull(f, data)
	return data, err
}

func allocate(size int) ([]byte, error) { return make([]byte, size), nil }

func unmap([]byte) error { return nil }
