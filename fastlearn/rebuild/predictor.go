package rebuild

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/exportfile"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/files"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint/inspect"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/onnx"
	"github.com/fastlearn-go/fastlearn/torch/pth"
	"github.com/fastlearn-go/fastlearn/torch/safetensors"
	"github.com/fastlearn-go/fastlearn/vision"
)

// Predictor writes to out what predictor.Load reads, of the file at path, which fastai's learn.export() wrote: the weights, the classes, the transforms of
// validation, what the loss makes of the outputs, and the model's forward pass as a graph (see package torch/graph). Predictions are fastai's within rounding:
// pictures are decoded in full, as PIL does. The learner must be one of pictures that are resized to one size, with classes, several labels or numbers for targets.
// A file that is at out is replaced whole or not at all. Where out ends in .onnx, it is written as ONNX (see package torch/onnx).
func Predictor(path, out string, opts ...pth.Option) error {
	f, learner, model, err := open(path, opts)
	if err != nil {
		return err
	}
	defer f.Close()
	if learner == nil {
		return fmt.Errorf("rebuild: %s: %w: it is a model alone, so nothing tells the classes and transforms; load it by Module", path, ErrNoLearner)
	}
	e := exportfile.Description{Version: exportfile.Version, Versions: exportfile.CurrentVersions(), Sampling: exportfile.Samplings[vision.SamplingFastai],
		Model: nn.Spec{Type: exportfile.GraphModel}}
	if err := describe(learner, &e); err != nil {
		return fmt.Errorf("rebuild: %s: %w", path, err)
	}
	m, err := rebuilt(f, model, path)
	if err != nil {
		return err
	}
	defer nn.Close(m)
	if err := torch.Try(func() { nn.To(m, torch.Float32) }); err != nil { // as the predictor does
		return fmt.Errorf("rebuild: %s: %w", path, err)
	}
	if err := write(m, &e, out); err != nil {
		return fmt.Errorf("rebuild: %s: %w", path, err)
	}
	return nil
}

// Convert writes the file of weights at path anew: where out ends in .safetensors or .onnx a learner of fastai's becomes what [Predictor] writes, all
// else is converted by [inspect.Convert].
func Convert(path, out string, opts ...pth.Option) (*inspect.Conversion, error) {
	from, err := inspect.Describe(path, opts...)
	if err != nil {
		return nil, err
	}
	if from.Learner != nil && (files.HasExt(out, ".safetensors") || files.HasExt(out, ".onnx")) {
		switch err := Predictor(path, out, opts...); {
		case err == nil:
			return &inspect.Conversion{From: path, To: out, Totals: from.Totals, Left: []string{}}, nil
		case !errors.Is(err, ErrNoLearner):
			return nil, fmt.Errorf("%w; to a name that ends in .pth the weights alone are written", err)
		}
	}
	return inspect.Convert(path, out, opts...)
}

func describe(learner *pth.Object, e *exportfile.Description) error {
	if err := pictures(learner, e); err != nil {
		return err
	}
	return meaning(learner, e)
}

// write traces the model and writes all of it.
func write(m nn.Module, e *exportfile.Description, out string) error {
	pass, err := trace(m, e)
	if err != nil {
		return err
	}
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if _, err := exportfile.Parse(string(text)); err != nil {
		return err
	}
	state, err := nn.ToPTH(m)
	if err != nil {
		return err
	}
	defer state.Release()
	metadata := map[string]string{"format": "pt", files.ExportKey: string(text), graph.Key: pass}
	if files.HasExt(out, files.ONNX) {
		return onnx.WriteFile(out, state, metadata)
	}
	return safetensors.WriteFile(out, state, safetensors.Checksums(), safetensors.Metadata(metadata))
}

// trace is the model's forward pass on pictures such as the transforms make them.
func trace(m nn.Module, e *exportfile.Description) (string, error) {
	item, err := vision.ItemFrom(e.ItemTfms)
	if err != nil {
		return "", err
	}
	batch, err := vision.BatchFrom(e.BatchTfms, vision.SamplingFastai)
	if err != nil {
		return "", err
	}
	w, h, fixed := item.Size()
	if !fixed {
		return "", fmt.Errorf("its item transforms don't make pictures of one size, for which a graph is: add Resize to them in Python, and export it again")
	}
	var stored graph.Stored
	failure := torch.Try(func() {
		torch.NoGrad(func() {
			s := torch.NewScope()
			defer s.Close()
			pixels := make([]uint8, 2*h*w*e.NIn)
			for i := range pixels {
				pixels[i] = uint8(i * 7919 >> 3)
			}
			x := torch.FromSlice(s, pixels, 2, int64(h), int64(w), int64(e.NIn))
			x = batch.Apply(x.Permute(0, 3, 1, 2), nil, vision.Valid)
			if stored.Graph, err = nn.Trace(m, x); err == nil {
				e.NOut = int(nn.Call(m, x).Numel() / 2)
			}
		})
	})
	if failure != nil {
		err = failure
	}
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(stored)
	return string(text), err
}
