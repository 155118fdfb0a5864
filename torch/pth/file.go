package pth

import (
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
)

// Format tells how a file was written.
type Format string

const (
	Zip    Format = "zip"    // torch.save since PyTorch 1.6
	Legacy Format = "legacy" // torch.save before 1.6, or with _use_new_zipfile_serialization=False
)

// A File is a PyTorch file that was read as a whole: its tree of values, whose storages are
// views of the file's bytes.
type File struct {
	Format  Format
	Archive string // the folder in a zip file, which is mostly the name the file was saved under

	value   any
	mu      sync.Mutex
	mapping *diskfile.Mapping // nil for a file in memory
	holds   int               // users of the mapping, the open File being one
	closed  bool
}

// Open maps and reads the file at path. The storages in its Value are views of the
// mapping: they must not be used after Close, unless [File.Hold] keeps the mapping.
func Open(path string, opts ...Option) (*File, error) {
	f, err := diskfile.Open(path)
	if err != nil {
		return nil, &Error{Path: path, Err: cause(err)}
	}
	defer f.Close()
	mapping, err := diskfile.Map(f)
	if err != nil {
		return nil, &Error{Path: path, Err: cause(err)}
	}
	var file *File
	err = diskfile.Guard(func() (err error) {
		file, err = decode(mapping.Data, opts)
		return err
	})
	if err != nil {
		mapping.Unmap()
		e := asError(err)
		e.Path = path
		return nil, e
	}
	file.mapping, file.holds = mapping, 1
	return file, nil
}

// cause strips the path off an *os.PathError, which our error names already.
func cause(err error) error {
	if e, ok := err.(*os.PathError); ok {
		return e.Err
	}
	return err
}

// Read reads a file of the given size from r into memory.
func Read(r io.ReaderAt, size int64, opts ...Option) (*File, error) {
	if size < 0 {
		return nil, errorf("a file of %d bytes", size)
	}
	if size > 0 { // before memory is taken for what is not there
		if n, err := r.ReadAt(make([]byte, 1), size-1); n < 1 {
			return nil, &Error{Err: err, Msg: fmt.Sprintf("the file should have %d bytes", size)}
		}
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(io.NewSectionReader(r, 0, size), data); err != nil {
		return nil, &Error{Err: err}
	}
	return Decode(data, opts...)
}

// Decode reads a file whose bytes are data. The storages in its Value are views of data.
func Decode(data []byte, opts ...Option) (*File, error) {
	file, err := decode(data, opts)
	if err != nil {
		return nil, asError(err)
	}
	return file, nil
}

func decode(data []byte, opts []Option) (*File, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	switch {
	case isZip(data):
		return decodeZip(data, o)
	case isLegacy(data):
		return decodeLegacy(data, o)
	}
	return nil, foreign(data)
}

// Value is the tree of values in the file: Dict, List, Tuple, Tensor and the others of this package,
// and nil, bool, int64, *big.Int, float64, complex128, string and []byte for None and Python's own.
func (f *File) Value() any { return f.value }

// Hold keeps the file's bytes, and the storages in them, beyond Close: until release is called. Release
// may be called on any goroutine, and again without effect.
func (f *File) Hold() (release func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.holds++
	return sync.OnceFunc(func() { f.drop() })
}

// Close gives the file's bytes back, unless Hold keeps them. It can be called again without effect.
func (f *File) Close() error {
	f.mu.Lock()
	closed := f.closed
	f.closed = true
	f.mu.Unlock()
	if closed {
		return nil
	}
	return f.drop()
}

func (f *File) drop() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.holds--
	if f.holds > 0 || f.mapping == nil {
		return nil
	}
	return f.mapping.Unmap()
}
