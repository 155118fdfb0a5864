package vision

import (
	"errors"
	"fmt"
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// CreateBody makes the part of an architecture before its head, for images of nIn channels: N×nIn×H×W to
// N×[NumFeatures]×h×w, or N×[NumFeatures] where arch.Pooled says so (fastai's create_body and TimmBody). load fills the whole model
// with published weights before it is cut; nil leaves fresh ones. With the body come the architecture's names for its children.
func CreateBody(arch Arch, nIn int64, load func(whole nn.Module) error) (body nn.Module, names []string, err error) {
	if arch.New == nil {
		return nil, nil, errors.New("vision: CreateBody: the architecture is empty: pass one such as ResNet34")
	}
	classes := int64(1000) // as fastai makes it, so that a seed gives its weights
	if arch.Cut == 0 {
		classes = 0
	}
	whole, err := newWhole(arch, classes, nIn, load)
	if err != nil {
		return nil, nil, err
	}
	if err := torch.Try(func() { body, names = cut(whole, arch) }); err != nil {
		nn.Close(whole)
		return nil, nil, err
	}
	return body, names, nil
}

// cut keeps what comes before the head, without auxiliary heads, and closes the rest.
func cut(whole nn.Module, arch Arch) (body nn.Module, names []string) {
	if arch.Cut == 0 {
		return &TimmBody{Model: whole, pooled: arch.Pooled}, []string{""}
	}
	var kept []nn.Module
	aux, _ := whole.(models.Auxiliary)
	for i, child := range nn.Children(whole) {
		if i >= arch.Cut || aux != nil && slices.Contains(aux.AuxNames(), child.Name) {
			nn.Close(child.Module)
			continue
		}
		kept, names = append(kept, child.Module), append(names, child.Name)
	}
	return nn.NewSequential(kept...), names
}

// TimmBody is a whole model without its last layer as a body (fastai's).
type TimmBody struct {
	nn.Base
	Model  nn.Module
	pooled bool
}

// Forward maps N×C×H×W to N×features×h×w, or to N×features where the model pools by itself.
func (m *TimmBody) Forward(x *torch.Tensor) *torch.Tensor {
	if m == nil || m.Model == nil {
		panic(&torch.Error{Op: "forward", Msg: "the TimmBody is nil or empty: it is made by CreateBody"})
	}
	if f, ok := m.Model.(models.Features); ok && !m.pooled {
		return f.ForwardFeatures(x)
	}
	return nn.Call(m.Model, x)
}

// NumFeatures is the number of channels that leave a body, found out by a pass in evaluation mode (fastai's num_features_model). Pictures
// are of arch's size, or of as many pixels as the body can do with.
func NumFeatures(body nn.Module, arch Arch) (n int64, err error) {
	if err := nn.Check(body); err != nil {
		return 0, fmt.Errorf("vision: NumFeatures: %w", err)
	}
	if arch.Features > 0 {
		return arch.Features, nil
	}
	nIn, err := InChannels(body)
	if err != nil {
		return 0, err
	}
	var training []nn.Module
	nn.Walk(body, func(_ string, m nn.Module) {
		if nn.IsTraining(m) {
			training = append(training, m)
		}
	})
	nn.Eval(body)
	defer func() {
		for _, m := range training {
			nn.TrainAlone(m)
		}
	}()
	sizes := []int64{32, 64, 128, 256, 512}
	if arch.Size > 0 {
		sizes = []int64{arch.Size}
	}
	for _, size := range sizes {
		err = torch.Try(func() {
			torch.NoGrad(func() {
				s := torch.NewScope()
				defer s.Close()
				p := nn.Parameters(body)[0]
				x := s.With(p.DType(), p.Device()).Zeros(1, nIn, size, size)
				if arch.Cut > 0 { // fastai draws one, so that a seed gives its head
					x.Uniform_(-1, 1)
				}
				n = nn.Call(body, x).Size(1)
			})
		})
		if err == nil {
			return n, nil
		}
	}
	return 0, fmt.Errorf("vision: %s: its body can't be run to count its features, so set Features: %w", arch.Name, err)
}
