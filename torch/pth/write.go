package pth

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/internal/torchzip"
)

// A WriteOption changes how a file is written.
type WriteOption func(*writeOptions)

type writeOptions struct {
	archive string
	noSync  bool
}

// Archive names the folder in the zip file. By default it is the file's name without
// directory and extension, as torch.save has it, or "archive".
func Archive(name string) WriteOption { return func(o *writeOptions) { o.archive = name } }

// NoSync returns from WriteFile before the file is on the disk. Quicker, and still atomic for every
// reader, but a power failure may leave an empty file.
func NoSync() WriteOption { return func(o *writeOptions) { o.noSync = true } }

// Write writes value as torch.save does, in the form that torch.load reads with weights_only=True and
// mmap=True. It can write every value that this package reads, but for numpy arrays and dtypes, frozensets
// and Objects, which torch.load would refuse; and Go's ints, floats, slices of them, []any and map[string]any (in the
// order of its keys). A fastcore L is written as a list, a defaultdict and a Namespace as a dict, a numpy scalar as a number.
// Storages go from their Data to w without a copy; those that tensors share are written once.
func Write(w io.Writer, value any, opts ...WriteOption) error {
	if err := guard.Given("pth: Write", w); err != nil {
		return err
	}
	var o writeOptions
	if err := guard.Options("pth: Write", opts, func(opt WriteOption) { opt(&o) }); err != nil {
		return err
	}
	if err := write(w, value, o.archive); err != nil {
		return asError(err)
	}
	return nil
}

// WriteFile writes value to a file, atomically: at every moment path is the old file or the new one, whole.
// See [Write] for what is written.
func WriteFile(path string, value any, opts ...WriteOption) error {
	var o writeOptions
	if err := guard.Options("pth: WriteFile", opts, func(opt WriteOption) { opt(&o) }); err != nil {
		return err
	}
	if o.archive == "" {
		base := filepath.Base(path)
		o.archive = strings.TrimSuffix(base, filepath.Ext(base))
	}
	err := diskfile.Replace(path, !o.noSync, func(f *os.File) error { return write(f, value, o.archive) })
	if err == nil {
		return nil
	}
	e := asError(err)
	e.Path, e.Err = path, diskfile.Cause(e.Err)
	return e
}

func write(w io.Writer, value any, folder string) error {
	pickle, storages, err := pickled(value)
	if err != nil {
		return err
	}
	z := torchzip.NewWriter(w, archiveName(folder))
	add := func(name string, data []byte) {
		if err == nil {
			err = z.Add(name, data)
		}
	}
	add("data.pkl", pickle)
	add(".format_version", []byte("1"))
	add(".storage_alignment", []byte("64"))
	add("byteorder", []byte("little"))
	for i, s := range storages {
		if err == nil {
			err = s.use(func() error { return z.Add("data/"+strconv.Itoa(i), s.Data) })
		}
	}
	add("version", []byte("3\n"))
	add(".data/serialization_id", z.SerializationID())
	if err != nil {
		return err
	}
	return z.Close()
}

// archiveName is name if PyTorch's writer would use it: it does for ASCII.
func archiveName(name string) string {
	for _, c := range name {
		if c < ' ' || c > '~' || c == '/' || c == '\\' {
			return "archive"
		}
	}
	if name == "" || name == "." || name == ".." {
		return "archive"
	}
	return name
}
