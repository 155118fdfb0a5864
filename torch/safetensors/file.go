package safetensors

import (
	"encoding/binary"
	"fmt"
	"io"
	"sync"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

var le = binary.LittleEndian

// A File is a safetensors file: its tensors, whose storages are views of the file's bytes, and its metadata.
type File struct {
	// Metadata are the texts under "__metadata__" but for checksums; nil if the file has none.
	Metadata map[string]string
	// Checked says that the file has checksums, which were compared; see [Checksums].
	Checked bool

	state   *pth.Dict
	mu      sync.Mutex
	mapping *diskfile.Mapping // nil for a file in memory
	holds   int               // users of the mapping, the open File being one
	closed  bool
}

// Open maps and reads the file at path. The storages of its tensors are views of the mapping: they must not be
// used after Close, unless [File.Hold] keeps the mapping.
func Open(path string) (*File, error) {
	f, err := diskfile.Open(path)
	if err != nil {
		return nil, inFile(path, err)
	}
	defer f.Close()
	mapping, err := diskfile.Map(f)
	if err != nil {
		return nil, inFile(path, err)
	}
	var file *File
	err = diskfile.Guard(func() (err error) {
		file, err = Decode(mapping.Data)
		return err
	})
	if err != nil {
		mapping.Unmap()
		return nil, inFile(path, err)
	}
	file.mapping, file.holds = mapping, 1
	return file, nil
}

// Read reads a file of the given size from r into memory.
func Read(r io.ReaderAt, size int64) (*File, error) {
	if size < 0 {
		return nil, errorf("a file can't have %d bytes", size)
	}
	if size > 0 { // the last byte first: memory is for what is there, not for what size says
		if n, err := r.ReadAt(make([]byte, 1), size-1); n == 0 {
			return nil, &Error{Err: fmt.Errorf("there are no %d bytes to read: %w", size, err)}
		}
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(io.NewSectionReader(r, 0, size), data); err != nil {
		return nil, &Error{Err: err}
	}
	return Decode(data)
}

// Decode reads a file whose bytes are data. The storages of its tensors are views of data.
func Decode(data []byte) (*File, error) {
	h, rest, err := readHeader(data)
	if err != nil {
		return nil, err
	}
	file := &File{state: pth.NewOrderedDict()}
	s := scanner{data: h.json}
	for _, p := range h.tensors {
		s.pos = int(p.at)
		name, _ := s.text("")
		s.skip(':')
		in, _ := s.info(nil) // checked, like all that is read here, by readHeader
		file.state.Set(name.String(), pth.NewTensor(in.dtype, in.shape, rest[in.begin:in.end:in.end]))
	}
	if h.metadata != 0 {
		file.Metadata = make(map[string]string, h.texts)
		s.pos = int(h.metadata)
		s.skip('{')
		for more := !s.skip('}'); more; more, _ = s.another('}') {
			key, value, _ := s.pair()
			if !key.is(checksumsKey) {
				file.Metadata[key.String()] = value.String()
				continue
			}
			if err := h.check(data[:8+len(h.json)], value, 8+s.pos-1-len(value.raw), rest); err != nil {
				return nil, err
			}
			file.Checked = true
		}
	}
	return file, nil
}

// StateDict are the tensors by name, in the order of their bytes in the file, as the Python library's load_file
// has them. Each is contiguous and has a storage of its own.
func (f *File) StateDict() *pth.Dict { return f.state }

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
