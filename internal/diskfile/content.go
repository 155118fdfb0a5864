package diskfile

import (
	"errors"
	"fmt"
	"math"
	"os"
	"sync"
)

// A Content is a file's content in memory outside of Go's heap: a copy, or a mapping. Writing to Data never reaches
// the file. The memory stays until Close and every release that Hold returned were called.
type Content struct {
	Data []byte

	mu     sync.Mutex
	holds  int // users of the memory, the open content being one
	closed bool
	file   *os.File // of a mapping
	at     stamp
	sums   checksums // of a copy that was asked for them
}

// unseen is the size of a file that is copied without a look at it. A variable for the tests.
var unseen int64 = 32 << 20

// Copy reads a regular file into memory. An error, in place of a mixture of two contents, is what comes of a file that
// somebody writes to meanwhile. Before memory is taken for a large file, look may refuse what it sees in a mapping.
func Copy(path string, look func(data []byte) error) (*Content, error) {
	return copyFile(path, look, false)
}

// CopySummed is [Copy], and takes the checksums for [Content.CRC32] of what it reads while the processor's cache holds it.
func CopySummed(path string, look func(data []byte) error) (*Content, error) {
	return copyFile(path, look, true)
}

func copyFile(path string, look func(data []byte) error, summed bool) (*Content, error) {
	var data []byte
	var sums checksums
	err := scan(path, func(f *os.File, at stamp) (err error) {
		if at.size > unseen && canMap {
			if err := glance(f, int(at.size), look); err != nil {
				return err
			}
		}
		if data, err = allocate(int(at.size)); err != nil {
			return &os.PathError{Op: "read", Path: path, Err: fmt.Errorf("there is no memory for its %d bytes: %w", at.size, err)}
		}
		if summed {
			sums = make(checksums, (at.size+cell-1)/cell)
		}
		return fill(f, data, sums)
	})
	if err != nil {
		unmap(data)
		return nil, err
	}
	return &Content{Data: data, holds: 1, sums: sums}, nil
}

// CRC32 is the CRC-32 of Data[begin:end]. Where it looks at the memory it must stand, as everything does, under [Content.Use] or [Guard].
func (c *Content) CRC32(begin, end int64) uint32 { return c.sums.of(c.Data, begin, end) }

// glance has look see the file in a mapping.
func glance(f *os.File, size int, look func(data []byte) error) error {
	mapping, err := mapFile(f, size)
	if err != nil {
		return err
	}
	defer unmap(mapping)
	return Guard(func() error { return look(mapping) })
}

// Map maps a regular file, which whoever maps it trusts: what another process writes to the file shows up in Data, and
// what it cuts off can't be read any more, see [Guard]. [Content.Unchanged] tells afterwards.
func Map(path string) (*Content, error) {
	f, at, err := openSettled(path)
	if err != nil {
		return nil, err
	}
	data, err := mapFile(f, int(at.size))
	if err != nil {
		f.Close()
		return nil, err
	}
	return &Content{Data: data, holds: 1, file: f, at: at}, nil
}

func openSettled(path string) (*os.File, stamp, error) {
	f, err := Open(path)
	if err != nil {
		return nil, stamp{}, err
	}
	at, err := settled(f)
	if err == nil && at.size > math.MaxInt {
		err = &os.PathError{Op: "read", Path: path, Err: fmt.Errorf("it is too large for this system: %d bytes", at.size)}
	}
	if err != nil {
		f.Close()
		return nil, at, err
	}
	return f, at, nil
}

// Unchanged returns an error if a mapped file was written to since it was opened. A copy doesn't change, nor does nil.
func (c *Content) Unchanged() error {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.file == nil {
		return nil
	}
	return c.at.unchanged(c.file)
}

// Hold keeps the memory beyond Close: until release is called. Release may be called on any goroutine, and again
// without effect. Of a content that isn't a file's, nil, it does nothing.
func (c *Content) Hold() (release func()) {
	if c == nil {
		return func() {}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.holds++
	return sync.OnceFunc(func() { c.drop() })
}

// Use runs what reads the memory, which stays meanwhile, under [Guard]. Where it was given back already Use returns
// an error and runs nothing. Of a content that isn't a file's, nil, it only runs read.
func (c *Content) Use(read func() error) error {
	if c == nil {
		return read()
	}
	c.mu.Lock()
	gone := c.holds == 0
	if !gone {
		c.holds++
	}
	c.mu.Unlock()
	if gone {
		return errGone
	}
	defer c.drop()
	return Guard(read)
}

var errGone = errors.New("its file is closed: read it before, or keep the file's memory with Hold")

// Close gives the memory back, unless Hold keeps it. It can be called again without effect, and of nil.
func (c *Content) Close() error {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	closed := c.closed
	c.closed = true
	if c.file != nil {
		c.file.Close() // only read
		c.file = nil
	}
	c.mu.Unlock()
	if closed {
		return nil
	}
	return c.drop()
}

func (c *Content) drop() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.holds--
	if c.holds > 0 || c.Data == nil {
		return nil
	}
	data := c.Data
	c.Data = nil
	return unmap(data)
}
