package vision

import (
	"errors"
	"fmt"
	"slices"

	"github.com/fastlearn-go/fastlearn/internal/guard"
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
	classes := int64(1)
	if arch.Cut == 0 {
		classes = 0
	}
	var whole nn.Module
	if err := torch.Try(func() { guard.Do("Arch.New", arch.New, func() { whole = arch.New(classes) }) }); err != nil {
		return nil, nil, err
	}
	if load != nil {
		err = load(whole)
	}
	if err == nil {
		err = adaptInput(whole, nIn, load != nil)
	}
	if err == nil {
		err = torch.Try(func() { body, names = cut(whole, arch) })
	}
	if err != nil {
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
				n = nn.Call(body, s.With(p.DType(), p.Device()).Zeros(1, nIn, size, size)).Size(1)
			})
		})
		if err == nil {
			return n, nil
		}
	}
	return 0, fmt.Errorf("vision: %s: its body can't be run to count its features, so set Features: %w", arch.Name, err)
}

// InChannels is the number of channels that a model's first convolution takes.
func InChannels(m nn.Module) (int64, error) {
	if err := nn.Check(m); err != nil {
		return 0, fmt.Errorf("vision: %w", err)
	}
	first := firstConv(m)
	if first == nil || first.Weight == nil {
		return 0, errors.New("vision: the model has no Conv2d")
	}
	return first.Weight.Size(1), nil
}

func firstConv(m nn.Module) (first *nn.Conv2d) {
	nn.Walk(m, func(_ string, m nn.Module) {
		if conv, ok := m.(*nn.Conv2d); ok && first == nil {
			first = conv
		}
	})
	return first
}

// adaptInput gives the first convolution nIn channels (fastai's _update_first_layer).
func adaptInput(body nn.Module, nIn int64, pretrained bool) error {
	first := firstConv(body)
	switch {
	case nIn == 3:
		return nil
	case nIn < 1:
		return fmt.Errorf("vision: NIn(%d): want 1 or more channels", nIn)
	case first == nil || first.Weight.Size(1) != 3:
		return fmt.Errorf("vision: NIn(%d): the model does not begin with a Conv2d of 3 channels", nIn)
	}
	return torch.Try(func() {
		var opts []nn.ConvOption
		if first.Bias == nil {
			opts = append(opts, nn.NoBias())
		}
		fresh := nn.NewConv2d(nIn, first.Weight.Size(0), first.Weight.Size(2), opts...)
		if pretrained {
			torch.NoGrad(func() { copyChannels(fresh.Weight, first.Weight) })
		}
		first.Weight.Assign(fresh.Weight)
		if fresh.Bias != nil {
			first.Bias.Assign(fresh.Bias)
		}
	})
}

// copyChannels fills out×n×k×k weights from those of three channels.
func copyChannels(to, from *torch.Tensor) {
	s := torch.NewScope()
	defer s.Close()
	from = from.In(s)
	switch n := to.Size(1); n {
	case 1:
		to.Copy_(from.KeepDim().Sum(1))
	case 2:
		to.Copy_(from.Narrow(1, 0, 2).MulScalar(1.5))
	default:
		to.Zero_()
		part := to.In(s).Narrow(1, 0, 3)
		part.Copy_(from)
	}
}
