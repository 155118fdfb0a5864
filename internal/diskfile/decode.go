package diskfile

import (
	"fmt"
	"io"
	"runtime"
)

// Decode has decode read a content that was just opened, under [Guard]. If opening or decoding fails, the content is closed.
func Decode[T any](content *Content, err error, decode func(*Content) (T, error)) (file T, _ error) {
	if err == nil {
		err = Guard(func() (err error) {
			file, err = decode(content)
			return err
		})
	}
	if err != nil {
		content.Close()
		return file, Cause(err)
	}
	return file, nil
}

// HoldWith is [Content.Hold] for a content that may be nil, of an owner whose memory is kept as well until release is called.
func (c *Content) HoldWith(owner any) (release func()) {
	drop := c.Hold()
	return func() {
		drop()
		runtime.KeepAlive(owner)
	}
}

// ReadAt reads the size bytes of r into memory, which is taken when the last of them is there.
func ReadAt(r io.ReaderAt, size int64) ([]byte, error) {
	if size < 0 {
		return nil, fmt.Errorf("a file can't have %d bytes", size)
	}
	if size > 0 {
		if n, err := r.ReadAt(make([]byte, 1), size-1); n < 1 {
			return nil, fmt.Errorf("the file should have %d bytes: %w", size, err)
		}
	}
	data := make([]byte, size)
	_, err := io.ReadFull(io.NewSectionReader(r, 0, size), data)
	return data, err
}
