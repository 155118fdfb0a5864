package nn

import (
	"fmt"
	"math"

	"github.com/fastlearn-go/fastlearn/torch"
)

// The initialisers of torch.nn.init. They draw from libtorch's generator in the
// order in which PyTorch does: the same seed gives the same weights.

// Mode chooses which side's connections KaimingNormal_ counts.
type Mode int

// The modes, as torch.nn.init names them.
const (
	FanIn Mode = iota
	FanOut
)

// fans counts the connections into and out of one unit of a weight out×in×….
func fans(t *torch.Tensor) (in, out float64) {
	shape := t.Shape()
	if len(shape) < 2 {
		panic(&torch.Error{Op: "init", Msg: fmt.Sprintf("a weight has at least 2 dimensions, got shape %v", shape)})
	}
	field := 1.0
	for _, d := range shape[2:] {
		field *= float64(d)
	}
	return float64(shape[1]) * field, float64(shape[0]) * field
}

// KaimingNormal_ fills t from the normal distribution of deviation √2/√fan, the
// gain of ReLU (He et al. 2015, torch.nn.init.kaiming_normal_).
func KaimingNormal_(t *torch.Tensor, mode Mode) {
	check("kaiming_normal_", mode == FanIn || mode == FanOut, "Mode(%d) is neither FanIn nor FanOut", mode)
	in, out := fans(t)
	if t.Numel() == 0 {
		return
	}
	fan := in
	if mode == FanOut {
		fan = out
	}
	draw(func() { t.Normal_(0, math.Sqrt(2)/math.Sqrt(fan)) })
}

// KaimingUniform_ fills t uniformly within ±√6/√fan_in, with the gain of ReLU (torch.nn.init.kaiming_uniform_).
func KaimingUniform_(t *torch.Tensor) {
	in, _ := fans(t)
	if t.Numel() == 0 {
		return
	}
	std := math.Sqrt2 / math.Sqrt(in)
	bound := math.Sqrt(3) * std
	draw(func() { t.Uniform_(-bound, bound) })
}

// Normal_ fills t from the normal distribution (torch.nn.init.normal_).
func Normal_(t *torch.Tensor, mean, std float64) { draw(func() { t.Normal_(mean, std) }) }

// Uniform_ fills t uniformly between from and to (torch.nn.init.uniform_).
func Uniform_(t *torch.Tensor, from, to float64) { draw(func() { t.Uniform_(from, to) }) }

// XavierUniform_ fills t uniformly within ±√6/√(fan_in+fan_out) (Glorot 2010, torch.nn.init.xavier_uniform_).
func XavierUniform_(t *torch.Tensor) {
	in, out := fans(t)
	check("xavier_uniform_", in+out > 0, "the weight %v has no connections", t.Shape())
	std := math.Sqrt(2 / (in + out))
	bound := math.Sqrt(3) * std
	draw(func() { t.Uniform_(-bound, bound) })
}

// TruncNormal_ fills t from the normal distribution, cut off at ±2 (torch.nn.init.trunc_normal_ and timm's).
func TruncNormal_(t *torch.Tensor, mean, std float64) {
	check("trunc_normal_", std > 0, "std is %v: want more than 0", std)
	const low, high = -2, 2
	cdf := func(x float64) float64 { return (1 + math.Erf(x/math.Sqrt2)) / 2 }
	l, u := cdf((low-mean)/std), cdf((high-mean)/std)
	draw(func() {
		t.Uniform_(2*l-1, 2*u-1)
		drawn := t.Erfinv()
		defer drawn.Close()
		t.Copy_(drawn.MulScalar_(std*math.Sqrt2).AddScalar_(mean).Clamp_(low, high))
	})
}

// defaultWeight_ is how PyTorch fills the weight of a new Conv2d or Linear:
// kaiming_uniform_ with a = √5, that is uniformly within ±1/√fan_in.
func defaultWeight_(t *torch.Tensor) {
	in, _ := fans(t)
	if t.Numel() == 0 {
		return
	}
	std := math.Sqrt(2.0/(1+5)) / math.Sqrt(in)
	bound := math.Sqrt(3) * std
	draw(func() { t.Uniform_(-bound, bound) })
}

// defaultBias_ fills the bias that goes with weight uniformly within ±1/√fan_in.
func defaultBias_(t, weight *torch.Tensor) {
	bound := 0.0
	if in, _ := fans(weight); in > 0 {
		bound = 1 / math.Sqrt(in)
	}
	draw(func() { t.Uniform_(-bound, bound) })
}

// draw fills a new weight, unless [SkipInit] leaves it as it is.
func draw(fill func()) {
	if !skipsInit() {
		torch.NoGrad(fill)
	}
}

// Constant_ fills t with v.
func Constant_(t *torch.Tensor, v float64) { torch.NoGrad(func() { t.Fill_(v) }) }

// check panics with a [*torch.Error] of this operation unless ok.
func check(op string, ok bool, format string, args ...any) {
	if !ok {
		panic(&torch.Error{Op: op, Msg: fmt.Sprintf(format, args...)})
	}
}

// given refuses a module that is nil.
func given[M any](m *M) { check("forward", m != nil, "the %T is nil", m) }

func empty(shape ...int64) *torch.Tensor { return (*torch.Scope)(nil).Empty(shape...) }
