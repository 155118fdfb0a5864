package vision

import (
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// HeadOptions are those of fastai's create_head that a vision learner takes.
type HeadOptions struct {
	LinFtrs []int64   // widths of the hidden layers; nil is one of 512
	Ps      []float64 // dropout before each layer; one value is halved before hidden layers
	NoPool  bool      // what leaves the body is pooled already: N×features
}

// AdaptiveConcatPool2d joins max and average pooling: N×C×H×W to N×2C×1×1 (fastai's AdaptiveConcatPool2d).
type AdaptiveConcatPool2d struct {
	nn.Base
	avg nn.AdaptiveAvgPool2d
	max nn.AdaptiveMaxPool2d
}

// NewAdaptiveConcatPool2d makes the pooling.
func NewAdaptiveConcatPool2d() *AdaptiveConcatPool2d {
	p := &AdaptiveConcatPool2d{avg: nn.AdaptiveAvgPool2d{Size: 1}, max: nn.AdaptiveMaxPool2d{Size: 1}}
	p.Register("ap", &p.avg)
	p.Register("mp", &p.max)
	return p
}

// Forward pools x.
func (p *AdaptiveConcatPool2d) Forward(x *torch.Tensor) *torch.Tensor {
	if p == nil {
		panic(&torch.Error{Op: "forward", Msg: "the AdaptiveConcatPool2d is nil"})
	}
	mx, avg := p.max.Forward(x), p.avg.Forward(x)
	defer mx.Close()
	defer avg.Close()
	return torch.Cat(1, mx, avg)
}

// CreateHead makes fastai's head for features channels and nOut outputs: concat
// pooling, unless o.NoPool, then batch norm, dropout and linear layers with ReLU between them.
// Linear layers are filled by kaiming_normal_ (fastai's create_head and apply_init).
func CreateHead(features, nOut int64, o HeadOptions) nn.Module {
	var layers []nn.Module
	var linears []*nn.Linear
	if !o.NoPool {
		features *= 2
		layers = []nn.Module{NewAdaptiveConcatPool2d(), &nn.Flatten{}}
	}
	widths := []int64{features, 512, nOut}
	if o.LinFtrs != nil {
		widths = slices.Concat([]int64{features}, o.LinFtrs, []int64{nOut})
	}
	last := len(widths) - 2
	for i := range last + 1 {
		bn := nn.NewBatchNorm(widths[i])
		nn.Constant_(bn.Bias, 1e-3)
		layers = append(layers, bn)
		if p := dropoutAt(o.Ps, i, last); p != 0 {
			layers = append(layers, &nn.Dropout{P: p})
		}
		linear := nn.NewLinear(widths[i], widths[i+1], nn.NoBias())
		linears, layers = append(linears, linear), append(layers, linear)
		if i < last {
			layers = append(layers, &nn.ReLU{InPlace: true})
		}
	}
	for _, l := range linears { // all have been made before, so that a seed gives fastai's weights
		nn.KaimingNormal_(l.Weight, nn.FanIn)
	}
	return nn.NewSequential(layers...)
}

func dropoutAt(ps []float64, i, last int) float64 {
	switch {
	case len(ps) == 0 && i == last:
		return 0.5
	case len(ps) == 0:
		return 0.25
	case len(ps) == 1 && i < last:
		return ps[0] / 2
	case len(ps) == 1:
		return ps[0]
	}
	return ps[i]
}
