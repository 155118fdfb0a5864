package models

import (
	"fmt"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// timmNet is a net whose first steps make its features.
type timmNet struct {
	net
	features int
}

// newTimmNet makes one of the steps for the features, and of those for the head.
func newTimmNet(features, head []step) *timmNet {
	m := &timmNet{features: len(features)}
	for _, s := range append(features[:len(features):len(features)], head...) {
		m.add(s)
	}
	return m
}

// Forward maps N×3×H×W to logits N×classes.
func (m *timmNet) Forward(x *torch.Tensor) *torch.Tensor { return m.net.Forward(x) }

// ForwardFeatures maps N×3×H×W to N×C×h×w.
func (m *timmNet) ForwardFeatures(x *torch.Tensor) *torch.Tensor {
	return chain(x, m.steps[:m.features]...)
}

// classifier is a last layer of that name; none for no classes.
func classifier(name string, features, classes int64) []step {
	if classes == 0 {
		return nil
	}
	return []step{{name, nn.NewLinear(features, classes)}}
}

// skipNet is a net whose output is added to its input, where both have one shape.
type skipNet struct {
	net
	adds bool
}

func newSkipNet(adds bool, steps []step) *skipNet {
	return &skipNet{net: *newNet(steps...), adds: adds}
}

// Forward maps N×in×H×W to N×out×h×w.
func (m *skipNet) Forward(x *torch.Tensor) *torch.Tensor {
	y := m.net.Forward(x)
	if m.adds {
		y.Add_(x)
	}
	return y
}

// sized refuses images of other sizes than side×side.
type sized struct {
	nn.Base
	side int64
}

// Forward returns x.
func (m *sized) Forward(x *torch.Tensor) *torch.Tensor {
	wantSize(x, m.side)
	return x
}

func wantSize(x *torch.Tensor, side int64) {
	if x.Dim() != 4 || x.Size(2) != side || x.Size(3) != side {
		panic(&torch.Error{Op: "forward", Msg: fmt.Sprintf("the model takes images of %[1]d×%[1]d, got %[2]v: resize them", side, x.Shape())})
	}
}
