package pth

import (
	"io"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/internal/torchzip"
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
	content *diskfile.Content // nil for a file in memory
}

// Open reads the file at path into memory, compares its checksums and decodes it. The storages in its Value are views
// of that memory: their Data must not be used after Close, unless [File.Hold] keeps it, and methods of tensors return an error then.
// A file that another process writes
// to meanwhile is an error; without checksums (see [SkipCRC], and files of before PyTorch 1.6) that is noticed by the
// file's size and times.
func Open(path string, opts ...Option) (*File, error) {
	content, err := diskfile.CopySummed(path, func(data []byte) error {
		_, err := decode(data, glance, nil, opts)
		return err
	})
	return decodeContent(path, content, err, opts)
}

// OpenMapped is [Open] for a file that is trusted to stay as it is: it is mapped, and read where it is looked at
// (torch.load's mmap=True). Together with [SkipCRC] a file of any size opens at once. What another process writes to
// it in place shows up in its storages, and to look at what was cut off ends the program;
// [File.Unchanged] tells afterwards. Replacing the file by a rename does no harm.
func OpenMapped(path string, opts ...Option) (*File, error) {
	content, err := diskfile.Map(path)
	return decodeContent(path, content, err, opts)
}

func decodeContent(path string, content *diskfile.Content, err error, opts []Option) (*File, error) {
	file, err := diskfile.Decode(content, err, func(c *diskfile.Content) (*File, error) { return decode(c.Data, owned, c, opts) })
	if err != nil {
		if known := identifyPath(path); known != nil {
			err = known
		}
		e := asError(err)
		e.Path = path
		return nil, e
	}
	return file, nil
}

// Read reads a file of the given size from r into memory.
func Read(r io.ReaderAt, size int64, opts ...Option) (*File, error) {
	if err := guard.Given("pth: Read", r); err != nil {
		return nil, err
	}
	data, err := diskfile.ReadAt(r, size)
	if err != nil {
		return nil, asError(err)
	}
	return Decode(data, opts...)
}

// Decode reads a file whose bytes are data. The storages in its Value are views of data.
func Decode(data []byte, opts ...Option) (*File, error) {
	file, err := decode(data, borrowed, nil, opts)
	if err != nil {
		return nil, asError(err)
	}
	return file, nil
}

// A mode is what may be done with the bytes that are decoded.
type mode int

const (
	borrowed mode = iota // they are the caller's, and are only read
	owned                // they are the file's own: storages may be moved to where they are aligned
	glance               // they are looked at before they are copied: no storage is read
)

func decode(data []byte, m mode, file *diskfile.Content, opts []Option) (*File, error) {
	o := options{mode: m, file: file}
	if err := guard.Options("pth", opts, func(opt Option) { opt(&o) }); err != nil {
		return nil, err
	}
	read := func([]byte, options) (*File, error) { return nil, identify(data) }
	switch {
	case torchzip.IsZip(data):
		read = decodeZip
	case isLegacy(data):
		read = decodeLegacy
	}
	f, err := read(data, o)
	if err != nil {
		return nil, err
	}
	f.content = file
	return f, nil
}

// Value is the tree of values in the file: Dict, List, Tuple, Tensor and the others of this package,
// and nil, bool, int64, *big.Int, float64, complex128, string and []byte for None and Python's own.
func (f *File) Value() any {
	if f == nil {
		return nil
	}
	return f.value
}

// Hold keeps the file's bytes, and the storages in them, beyond Close: until release is called. Release
// may be called on any goroutine, and again without effect.
func (f *File) Hold() (release func()) {
	if f == nil {
		return func() {}
	}
	return f.content.HoldWith(f) // storages of Go's memory are f's
}

// Unchanged returns an error if a file that [OpenMapped] opened was written to since. What [Open] read stays as it is.
func (f *File) Unchanged() error {
	if err := guard.Given("pth: Unchanged", f); err != nil {
		return err
	}
	return f.content.Unchanged()
}

// Close gives the file's bytes back, unless Hold keeps them. It can be called again without effect.
func (f *File) Close() error {
	if f == nil {
		return nil
	}
	return f.content.Close()
}

// An Option changes how a file is read.
type Option func(*options)

type options struct {
	mode            mode
	file            *diskfile.Content // that the storages are a part of, or nil
	opaque, skipCRC bool
}

// WithOpaque keeps objects of unknown classes as inert [Object] values, so that the rest of the file can
// be had: the tensors of a whole checkpoint of a training framework. Nothing is executed. Where an object
// refers to one that it is part of, there stands an Object without content.
func WithOpaque() Option { return func(o *options) { o.opaque = true } }

// SkipCRC leaves the checksums of all records but the pickle unread: damage in the tensors' numbers goes
// unnoticed. A file that has no checksums, as PyTorch writes it after
// torch.serialization.set_crc32_options(False), is read with this option alone.
func SkipCRC() Option { return func(o *options) { o.skipCRC = true } }
