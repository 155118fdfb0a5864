// Package inspect reports what is in a file of weights: torch.save's, of fastai, Lightning, timm or PyTorch alone, and
// safetensors. It is Go alone, builds without cgo and libtorch, and never executes anything in a file.
//
//	report, err := inspect.Describe("models/flowers.pth") // or Stats, Compare, Convert
//	if err != nil { … }
//	err = report.Print(os.Stdout) // a table for people; json.Marshal for machines
package inspect

import (
	"encoding/json"
	"io"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// A Result is a [Report], a [Difference] or a [Conversion]. Print writes it for people, and encoding/json for machines.
type Result interface{ Print(w io.Writer) error }

// Describe lists the tensors of the file at path, what kind of file it is, its values and hyperparameters. The options
// are those of [checkpoint.Open].
func Describe(path string, opts ...pth.Option) (*Report, error) {
	return describe(path, false, opts)
}

// Stats is [Describe] with the minimum, mean, maximum and number of NaNs of each tensor, for which all of the file is read.
func Stats(path string, opts ...pth.Option) (*Report, error) { return describe(path, true, opts) }

func describe(path string, withStats bool, opts []pth.Option) (r *Report, err error) {
	err = look(func(f []*file) error { r = f[0].report(withStats); return nil }, opts, path)
	return r, err
}

// Compare reports in what the tensors of two files differ, whatever the kinds of the files.
func Compare(path, other string, opts ...pth.Option) (d *Difference, err error) {
	err = look(func(f []*file) error { d = compare(f[0], f[1]); return nil }, opts, path, other)
	return d, err
}

// Convert writes the state_dict of the file at path to out, atomically: as safetensors if that is out's extension; as a model of ONNX
// if it is .onnx, for which the file must be one of Learner.Export (see package torch/onnx); else as torch.save does. The result tells what the new file lacks.
func Convert(path, out string, opts ...pth.Option) (*Conversion, error) {
	f, err := open(path, checkpoint.Open, opts)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return convert(f, out)
}

// look maps files, of whatever size, and lets do read them.
func look(do func([]*file) error, opts []pth.Option, paths ...string) error {
	return diskfile.Guard(func() error {
		var all []*file
		for _, path := range paths {
			f, err := open(path, checkpoint.OpenMapped, opts)
			if err != nil {
				return err
			}
			defer f.Close()
			all = append(all, f)
		}
		if err := do(all); err != nil {
			return err
		}
		for _, f := range all {
			if err := f.Unchanged(); err != nil {
				return err
			}
		}
		return nil
	})
}

// Write prints a result: for people, or as indented JSON.
func Write(w io.Writer, r Result, asJSON bool) error {
	if err := guard.Given("inspect: Write", w, r); err != nil {
		return err
	}
	if !asJSON {
		return r.Print(w)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}
