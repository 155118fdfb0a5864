package safetensors

import (
	"encoding/binary"
	"io"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/internal/guard"
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
	content *diskfile.Content // nil for a file in memory
}

// Open reads the file at path into memory and decodes it. The storages of its tensors are views of that memory: their
// Data must not be used after Close, unless [File.Hold] keeps it, and methods of tensors return an error then. The format has no checksums: a file that another process
// writes to meanwhile is an error by its size and times, and damage to its numbers goes unnoticed.
func Open(path string) (*File, error) {
	content, err := diskfile.Copy(path, func(data []byte) error {
		if _, _, err := readHeader(data); err != nil {
			return err
		}
		return nil
	})
	return decodeContent(path, content, err)
}

// OpenMapped is [Open] for a file that is trusted to stay as it is: it is mapped, and read where it is looked at, so that
// one of any size opens at once. What another process writes to it in place shows up in its storages, and to look at what
// was cut off ends the program; [File.Unchanged] tells afterwards. Replacing the file by a rename does no harm.
func OpenMapped(path string) (*File, error) {
	content, err := diskfile.Map(path)
	return decodeContent(path, content, err)
}

func decodeContent(path string, content *diskfile.Content, err error) (*File, error) {
	file, err := diskfile.Decode(content, err, func(c *diskfile.Content) (*File, error) { return decode(c.Data, c) })
	if err != nil {
		return nil, inFile(path, err)
	}
	return file, nil
}

// Read reads a file of the given size from r into memory.
func Read(r io.ReaderAt, size int64) (*File, error) {
	if err := guard.Given("safetensors: Read", r); err != nil {
		return nil, err
	}
	data, err := diskfile.ReadAt(r, size)
	if err != nil {
		return nil, &Error{Err: err}
	}
	return Decode(data)
}

// Decode reads a file whose bytes are data. The storages of its tensors are views of data.
func Decode(data []byte) (*File, error) { return decode(data, nil) }

func decode(data []byte, content *diskfile.Content) (*File, error) {
	h, rest, err := readHeader(data)
	if err != nil {
		return nil, err
	}
	file := &File{state: pth.NewOrderedDict(), content: content}
	s := scanner{data: h.json}
	for _, p := range h.tensors {
		s.pos = int(p.at)
		name, _ := s.text("")
		s.skip(':')
		in, _ := s.info(nil) // checked, like all that is read here, by readHeader
		file.state.Set(name.String(), pth.NewMapped(in.dtype, in.shape, rest[in.begin:in.end:in.end], content))
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
func (f *File) StateDict() *pth.Dict {
	if f == nil {
		return nil
	}
	return f.state
}

// Hold keeps the file's bytes, and the storages in them, beyond Close: until release is called. Release
// may be called on any goroutine, and again without effect.
func (f *File) Hold() (release func()) {
	if f == nil {
		return func() {}
	}
	return f.content.HoldWith(f) // the bytes of a file in memory are f's
}

// Unchanged returns an error if a file that [OpenMapped] opened was written to since. What [Open] read stays as it is.
func (f *File) Unchanged() error {
	if err := guard.Given("safetensors: Unchanged", f); err != nil {
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
