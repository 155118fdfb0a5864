// Package checkpoint opens files of weights without being told their kind: those of torch.save, zip or
// legacy, and safetensors. It is Go alone, as the packages pth and safetensors are that do the work.
//
//	f, err := checkpoint.Open(path)
//	if err != nil { … }
//	defer f.Close()
//	sd, err := f.StateDict() // bare, or within a checkpoint of fastai, Lightning, timm …
//
// [WriteFile] writes a state_dict as the kind that the file's name says.
package checkpoint

import (
	"encoding/binary"
	"errors"
	"io"
	"path/filepath"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/torch/pth"
	"github.com/fastlearn-go/fastlearn/torch/safetensors"

	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// Safetensors is the third format, besides [pth.Zip] and [pth.Legacy].
const Safetensors pth.Format = "safetensors"

// A File is a file of weights that was read. Its storages are views of the memory that it was read into, which goes with Close.
type File struct {
	Format   pth.Format
	Metadata map[string]string // the texts of a safetensors file; nil if there are none

	value any
	file  interface {
		Hold() (release func())
		Unchanged() error
		Close() error
	}
}

// Open reads the file at path into memory, whose kind its content tells. The options are for files of torch.save.
// Errors are those of the packages pth and safetensors.
func Open(path string, opts ...pth.Option) (*File, error) {
	return open(path, safetensors.Open, pth.Open, opts)
}

// OpenMapped is [Open] for a file that is trusted to stay as it is, see [pth.OpenMapped].
func OpenMapped(path string, opts ...pth.Option) (*File, error) {
	return open(path, safetensors.OpenMapped, pth.OpenMapped, opts)
}

func open(path string, asSafetensors func(string) (*safetensors.File, error), asTorch func(string, ...pth.Option) (*pth.File, error),
	opts []pth.Option) (*File, error) {
	if isSafetensors(path) {
		f, err := asSafetensors(path)
		if err != nil {
			return nil, err
		}
		return &File{Format: Safetensors, Metadata: f.Metadata, value: f.StateDict(), file: f}, nil
	}
	f, err := asTorch(path, opts...)
	if err != nil {
		return nil, err
	}
	return &File{Format: f.Format, value: f.Value(), file: f}, nil
}

// isSafetensors tells whether the file begins as a safetensors file does: with a length that the format allows, then
// a brace. One that begins as neither kind does is of the kind that its name says.
func isSafetensors(path string) bool {
	named := isNamedSafetensors(path)
	f, err := diskfile.Open(path)
	if err != nil {
		return named
	}
	defer f.Close()
	var b [9]byte
	if _, err := io.ReadFull(f, b[:]); err != nil {
		return named
	}
	isTorch := b[0] == 'P' && b[1] == 'K' || b[0] == 0x80 // a zip file or a pickle
	return binary.LittleEndian.Uint64(b[:]) <= 100_000_000 && b[8] == '{' || named && !isTorch
}

func isNamedSafetensors(path string) bool {
	return strings.EqualFold(filepath.Ext(path), ".safetensors")
}

// Value is the tree of values in the file; of a safetensors file it is a state_dict. See [pth.File.Value].
func (f *File) Value() any {
	if f == nil {
		return nil
	}
	return f.value
}

// open tells whether there is a file: f is neither nil nor a zero File.
func (f *File) open() bool { return f != nil && f.file != nil }

// StateDict finds the state_dict in the file, see [pth.StateDict].
func (f *File) StateDict() (pth.Found, error) {
	if err := guard.Given("checkpoint: StateDict", f); err != nil {
		return pth.Found{}, err
	}
	if d, ok := f.value.(*pth.Dict); ok && d.Len() == 0 && f.Format == Safetensors {
		return pth.Found{Dict: d, Kind: pth.BareStateDict}, nil
	}
	return pth.StateDict(f.value)
}

// StateDictAt returns the state_dict at a place of the file, see [pth.StateDictAt].
func (f *File) StateDictAt(path string) (pth.Found, error) {
	if err := guard.Given("checkpoint: StateDictAt", f); err != nil {
		return pth.Found{}, err
	}
	return pth.StateDictAt(f.value, path)
}

// Hold keeps the file's bytes beyond Close, until release is called.
func (f *File) Hold() (release func()) {
	if !f.open() {
		return func() {}
	}
	return f.file.Hold()
}

// Unchanged returns an error if a file that [OpenMapped] opened was written to since. What [Open] read stays as it is.
func (f *File) Unchanged() error {
	if !f.open() {
		return errors.New("checkpoint: Unchanged: the file is nil or empty: Open it")
	}
	return f.file.Unchanged()
}

// Close gives the file's bytes back, unless Hold keeps them. It can be called again without effect.
func (f *File) Close() error {
	if !f.open() {
		return nil
	}
	return f.file.Close()
}

// A WriteOption changes how a file is written.
type WriteOption func(*writeOptions)

type writeOptions struct{ noSync bool }

// NoSync returns from WriteFile before the file is on the disk. Quicker, and still atomic for every
// reader, but a power failure may leave an empty file.
func NoSync() WriteOption { return func(o *writeOptions) { o.noSync = true } }

// WriteFile writes a state_dict to a file, atomically: as safetensors if that is path's extension, else as torch.save
// does. A safetensors file says {"format": "pt"}, which programs on PyTorch look for, and has checksums; it has
// no place for a state_dict's _metadata, which PyTorch does without.
func WriteFile(path string, state *pth.Dict, opts ...WriteOption) error {
	if err := guard.Given("checkpoint: WriteFile", state); err != nil {
		return err
	}
	var o writeOptions
	if err := guard.Options("checkpoint: WriteFile", opts, func(opt WriteOption) { opt(&o) }); err != nil {
		return err
	}
	if isNamedSafetensors(path) {
		all := []safetensors.WriteOption{safetensors.Metadata(map[string]string{"format": "pt"}), safetensors.Checksums()}
		if o.noSync {
			all = append(all, safetensors.NoSync())
		}
		return safetensors.WriteFile(path, state, all...)
	}
	if o.noSync {
		return pth.WriteFile(path, state, pth.NoSync())
	}
	return pth.WriteFile(path, state)
}
