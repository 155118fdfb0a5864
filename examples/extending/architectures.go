package extending

import (
	"strconv"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// PlainNet is a row of a family of architectures: the channels of its stages. Each stage halves the image's sides.
type PlainNet struct{ Widths []int64 }

// PlainNets are the family, by name.
var PlainNets = map[string]PlainNet{
	"plain_tiny":  {Widths: []int64{8, 16}},
	"plain_small": {Widths: []int64{16, 32, 64}},
}

// Build makes a model for images of so many channels.
func (p PlainNet) Build(classes, channels int64) nn.Module {
	var layers []nn.Module
	for _, width := range p.Widths {
		conv := nn.NewConv2d(channels, width, 3, nn.Stride(2), nn.Padding(1), nn.NoBias())
		layers = append(layers, nn.NewSequential(conv, nn.NewBatchNorm(width), &nn.ReLU{InPlace: true}))
		channels = width
	}
	return nn.NewSequential(append(layers, &nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, nn.NewLinear(channels, classes))...)
}

// Arch tells a vision learner how to cut a row's model and how to group its parameters.
func (p PlainNet) Arch(name string) vision.Arch {
	stages := len(p.Widths)
	return vision.Arch{
		Name:  name,
		New:   func(classes int64) nn.Module { return p.Build(classes, 3) },
		NewIn: p.Build,
		Cut:   stages,                                 // its first children are the body
		Split: []string{strconv.Itoa(stages - 1)},     // the last stage begins the second group; the head is the third
		Head:  []string{strconv.Itoa(stages+2) + "."}, // keys of a file of weights that the body doesn't have
	}
}

// PatchNet is an architecture as a module: patches of 4×4 pixels, mixed with their neighbours, averaged and classified.
type PatchNet struct {
	nn.Base
	Stem *nn.Conv2d
	Norm *nn.BatchNorm
	Mix  *nn.Conv2d
	Head *nn.Linear // nil for no classes
}

// NewPatchNet makes one; classes of 0 leave its head out.
func NewPatchNet(classes int64) nn.Module {
	m := &PatchNet{Stem: nn.NewConv2d(3, 32, 4, nn.Stride(4)), Norm: nn.NewBatchNorm(32), Mix: nn.NewConv2d(32, 32, 3, nn.Padding(1))}
	if classes > 0 {
		m.Head = nn.NewLinear(32, classes)
	}
	return m
}

// ForwardFeatures maps N×3×H×W to N×32×H/4×W/4.
func (m *PatchNet) ForwardFeatures(x *torch.Tensor) *torch.Tensor {
	return nn.Call(m.Mix, nn.Call(m.Norm, nn.Call(m.Stem, x)).Relu_())
}

// Forward maps N×3×H×W to logits N×classes.
func (m *PatchNet) Forward(x *torch.Tensor) *torch.Tensor {
	return nn.Call(m.Head, m.ForwardFeatures(x).Mean(2, 3))
}

// PatchNetArch has the whole model for a body, since it sets no Cut.
var PatchNetArch = vision.Arch{Name: "patchnet", New: NewPatchNet, Head: []string{"head."}}
