// Package windows is what Swin Transformers do beside their usual layers. Sources: Liu et al., "Swin Transformer" (2021) and "Swin Transformer V2"
// (2021); torchvision.models.swin_transformer.
package windows

import (
	"math"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Attention is attention within windows of pixels, which may be shifted, with a bias for each distance: from a table, or in
// version 2, whose attention is by cosines, from a small network.
type Attention struct {
	nn.Base
	RelativePositionBiasTable *torch.Tensor // (2w-1)²×heads, of version 1
	LogitScale                *torch.Tensor // heads×1×1, of version 2
	RelativeCoordsTable       *torch.Tensor `nn:",buffer"` // 1×(2w-1)×(2w-1)×2, of version 2
	RelativePositionIndex     *torch.Tensor `nn:",buffer"` // w⁴; nil finds it out in each pass
	QKV                       *nn.Linear    `nn:"qkv"`
	Proj                      nn.Module
	CPB                       nn.Module `nn:"cpb_mlp"` // of version 2
	Heads, Window, Shift      int64
}

// Kind is how an Attention finds its biases.
type Kind int

// The kinds of Attention.
const (
	WithIndex    Kind = iota // from a table, by a stored index (torchvision)
	WithoutIndex             // from a table (timm)
	ByCosines                // torchvision's version 2
)

// New makes one with fresh weights, drawn in Python's order.
func New(width, heads, window, shift int64, kind Kind) *Attention {
	var own *torch.Scope
	m := &Attention{Heads: heads, Window: window, Shift: shift, QKV: nn.NewLinear(width, 3*width), Proj: nn.NewLinear(width, width)}
	if kind != WithoutIndex {
		m.RelativePositionIndex = RelativePositions(window, window*window*window*window)
	}
	if kind != ByCosines {
		m.RelativePositionBiasTable = own.Zeros((2*window-1)*(2*window-1), heads)
		nn.TruncNormal_(m.RelativePositionBiasTable, 0, 0.02)
		return m
	}
	s := torch.NewScope()
	defer s.Close()
	m.LogitScale = s.Full(10, heads, 1, 1).Log().Keep()
	m.RelativeCoordsTable = relativeCoords(s, window).Keep()
	m.CPB = nn.NewSequential(nn.NewLinear(2, 512), &nn.ReLU{InPlace: true}, nn.NewLinear(512, heads, nn.NoBias()))
	return m
}

// RelativePositions are the rows of a table of distances, for each pair of places in a window.
func RelativePositions(window int64, shape ...int64) *torch.Tensor {
	var index []int64
	for i := range window * window {
		for j := range window * window {
			dy, dx := i/window-j/window+window-1, i%window-j%window+window-1
			index = append(index, dy*(2*window-1)+dx)
		}
	}
	return torch.FromSlice[int64](nil, index, shape...)
}

// Offsets are how far, down and to the right, every n-th token in both directions of a grid of side×side is from each token: L×side².
func Offsets(x *torch.Tensor, side, every int64) (dy, dx *torch.Tensor) {
	at := x.Scope().With(torch.Float32, x.Device()).Arange(side)
	grid := func(at *torch.Tensor) (ys, xs *torch.Tensor) {
		n := at.Size(0)
		return at.Unsqueeze(1).Expand(n, n).Reshape(-1), at.Unsqueeze(0).Expand(n, n).Reshape(-1)
	}
	ys, xs := grid(at)
	fromY, fromX := grid(at.Slice(0, 0, side, every))
	return fromY.Unsqueeze(1).Sub(ys.Unsqueeze(0)), fromX.Unsqueeze(1).Sub(xs.Unsqueeze(0))
}

// relativeCoords are the distances in a window, by logarithm.
func relativeCoords(s *torch.Scope, window int64) *torch.Tensor {
	var at []float32
	for y := 1 - window; y < window; y++ {
		for x := 1 - window; x < window; x++ {
			at = append(at, float32(y), float32(x))
		}
	}
	t := torch.FromSlice(s, at, 1, 2*window-1, 2*window-1, 2).DivScalar(float64(window - 1)).MulScalar(8)
	return t.Sign().Mul(t.Abs().AddScalar(1).Log2()).DivScalar(3)
}

// bias is what is added to the attention: 1×heads×w²×w².
func (m *Attention) bias(x *torch.Tensor) *torch.Tensor {
	table := m.RelativePositionBiasTable
	if m.LogitScale != nil {
		table = nn.Call(m.CPB, m.RelativeCoordsTable.In(x.Scope())).View(-1, m.Heads)
	} else {
		table = table.In(x.Scope())
	}
	n, index := m.Window*m.Window, m.RelativePositionIndex
	if index == nil {
		dy, dx := Offsets(x, m.Window, 1)
		last := float64(m.Window - 1)
		index = dy.AddScalar(last).MulScalar(2*last+1).Add(dx.AddScalar(last)).To(torch.Int64).Flatten(0, -1)
	}
	b := table.IndexSelect(0, index).View(n, n, -1).Permute(2, 0, 1).Contiguous().Unsqueeze(0)
	if m.LogitScale != nil {
		b = b.Sigmoid().MulScalar(16)
	}
	return b
}

// qkv are the queries, keys and values of windows M×w²×C, each M×heads×w²×C/heads. Version 2 has no bias for keys.
func (m *Attention) qkv(x *torch.Tensor) (q, k, v *torch.Tensor) {
	c := x.Size(2)
	var y *torch.Tensor
	if m.LogitScale != nil {
		b := m.QKV.Bias.In(x.Scope())
		y = torch.Linear(x, m.QKV.Weight, torch.Cat(0, b.Narrow(0, 0, c), torch.ZerosLike(b.Narrow(0, c, c)), b.Narrow(0, 2*c, c)))
	} else {
		y = nn.Call(m.QKV, x)
	}
	all := y.Reshape(x.Size(0), x.Size(1), 3, m.Heads, c/m.Heads).Permute(2, 0, 3, 1, 4)
	return all.Select(0, 0), all.Select(0, 1), all.Select(0, 2)
}

// weights are the attention's, before its softmax.
func (m *Attention) weights(q, k *torch.Tensor) *torch.Tensor {
	if m.LogitScale == nil {
		return q.MulScalar(math.Sqrt(1 / float64(q.Size(-1)))).MatMul(k.Transpose(-2, -1))
	}
	unit := func(t *torch.Tensor) *torch.Tensor {
		return t.Div(torch.Call("aten::clamp_min", t.KeepDim().Norm(2, -1), 1e-12)[0].(*torch.Tensor))
	}
	scale := torch.Call("aten::clamp_max", m.LogitScale.In(q.Scope()), math.Log(100))[0].(*torch.Tensor).Exp()
	return unit(q).MatMul(unit(k).Transpose(-2, -1)).Mul(scale)
}

// Forward maps N×H×W×C to its own shape.
func (m *Attention) Forward(x *torch.Tensor) *torch.Tensor {
	whole := x.Scope()
	s := whole.Child()
	defer s.Close()
	x = x.In(s)
	n, h, w, c, size := x.Size(0), x.Size(1), x.Size(2), x.Size(3), m.Window
	fill := func(side int64) int64 { return (size - side%size) % size }
	x = torch.Pad(x, []int64{0, 0, 0, fill(w), 0, fill(h)}, "constant", 0)
	ph, pw := h+fill(h), w+fill(w)
	sh, sw := m.Shift, m.Shift
	if size >= ph {
		sh = 0
	}
	if size >= pw {
		sw = 0
	}
	shifts := sh+sw > 0
	if shifts {
		x = x.Roll([]int64{-sh, -sw}, []int64{1, 2})
	}
	rows, cols := ph/size, pw/size
	x = x.View(n, rows, size, cols, size, c).Permute(0, 1, 3, 2, 4, 5).Reshape(n*rows*cols, size*size, c)
	q, k, v := m.qkv(x)
	a := m.weights(q, k).Add(m.bias(x))
	if shifts {
		a = a.View(n, rows*cols, m.Heads, size*size, size*size).Add(m.mask(x, ph, pw, sh, sw)).View(-1, m.Heads, size*size, size*size)
	}
	x = a.Softmax(-1).MatMul(v).Transpose(1, 2).Reshape(n*rows*cols, size*size, c)
	x = nn.Call(m.Proj, x).View(n, rows, cols, size, size, c).Permute(0, 1, 3, 2, 4, 5).Reshape(n, ph, pw, c)
	if shifts {
		x = x.Roll([]int64{sh, sw}, []int64{1, 2})
	}
	return x.Narrow(1, 0, h).Narrow(2, 0, w).Contiguous().MoveTo(whole)
}

// mask is -100 between pixels that are neighbours only because the picture was rolled: 1×windows×1×w²×w².
func (m *Attention) mask(x *torch.Tensor, h, w, sh, sw int64) *torch.Tensor {
	size := m.Window
	regions := func(side, shift int64) *torch.Tensor { // 0, 1 or 2
		at := x.Scope().With(x.DType(), x.Device()).Arange(side)
		return at.GeScalar(float64(side - size)).To(x.DType()).Add(at.GeScalar(float64(side - shift)).To(x.DType()))
	}
	ids := regions(h, sh).MulScalar(3).Unsqueeze(1).Add(regions(w, sw).Unsqueeze(0))
	ids = ids.View(h/size, size, w/size, size).Permute(0, 2, 1, 3).Reshape(-1, size*size)
	other := ids.Unsqueeze(1).Ne(ids.Unsqueeze(2)).To(x.DType())
	return other.MulScalar(-100).Unsqueeze(1).Unsqueeze(0)
}

// Join joins each square of four pixels of N×H×W×C, and fills up an odd side with zeros: N×H/2×W/2×4C.
func Join(x *torch.Tensor) *torch.Tensor {
	h, w := x.Size(1), x.Size(2)
	x = torch.Pad(x, []int64{0, 0, 0, w % 2, 0, h % 2}, "constant", 0)
	var parts []*torch.Tensor
	for _, at := range [][2]int64{{0, 0}, {1, 0}, {0, 1}, {1, 1}} {
		parts = append(parts, x.Slice(1, at[0], h+h%2, 2).Slice(2, at[1], w+w%2, 2))
	}
	return torch.Cat(-1, parts...)
}
