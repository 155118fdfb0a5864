package rebuild

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// ErrNoLearner is what errors.Is finds in Predictor's error about a file that isn't of fastai's learn.export().
var ErrNoLearner = errors.New("this isn't a file of fastai's learn.export()")

// Module makes the model in the file at path, of learn.export() or of torch.save(model, …), with its weights, in evaluation mode. Its
// parts have the names that they have in Python.
func Module(path string, opts ...pth.Option) (nn.Module, error) {
	f, _, model, err := open(path, opts)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return rebuilt(f, model, path)
}

// open reads a file, of which learner is nil where it holds a module alone.
func open(path string, opts []pth.Option) (f *checkpoint.File, learner, model *pth.Object, err error) {
	if f, err = checkpoint.Open(path, append([]pth.Option{pth.WithOpaque()}, opts...)...); err != nil {
		return nil, nil, nil, err
	}
	o, _ := f.Value().(*pth.Object)
	if pth.ModuleStateDict(o) != nil {
		return f, nil, o, nil
	}
	if inner, ok := o.Attr("model"); ok {
		if model, _ = inner.(*pth.Object); pth.ModuleStateDict(model) != nil {
			return f, o, model, nil
		}
	}
	f.Close()
	return nil, nil, nil, fmt.Errorf("rebuild: %s: %w, nor of torch.save(model, …)", path, ErrNoLearner)
}

// rebuilt makes a model with its weights.
func rebuilt(f *checkpoint.File, model *pth.Object, path string) (m nn.Module, err error) {
	nn.SkipInit(func() { m, err = new(builder).module(model, "") })
	if err != nil {
		return nil, fmt.Errorf("rebuild: %s: %w", path, err)
	}
	s := torch.NewScope()
	defer s.Close()
	state, err := nn.FromPTH(s, f, pth.ModuleStateDict(model))
	if err == nil {
		err = torch.Try(func() { nn.To(m, precision(state)) })
	}
	if err == nil {
		err = nn.LoadStateDict(m, state)
	}
	if err == nil {
		nn.Eval(m)
		return m, nil
	}
	nn.Close(m)
	var odd *nn.StateError
	if errors.As(err, &odd) {
		err = fmt.Errorf("the model's classes are of other versions than those that are known here: %w", err)
	}
	return nil, fmt.Errorf("rebuild: %s: %w", path, err)
}

// precision is the type of a state_dict's weights.
func precision(state map[string]*torch.Tensor) torch.DType {
	for _, name := range slices.Sorted(maps.Keys(state)) {
		if d := state[name].DType(); d.IsFloatingPoint() {
			return d
		}
	}
	return torch.Float32
}
