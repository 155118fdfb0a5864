package models

import (
	"math"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Source: Radosavovic et al., "Designing Network Design Spaces" (2020).

// regNet has the parameters from which the widths of all blocks follow; y has squeeze-and-excitation.
type regNet struct {
	depth, w0 int64
	wa, wm    float64
	group     int64
	y         bool
}

var regNets = map[string]regNet{
	"regnet_y_400mf": {16, 48, 27.89, 2.09, 8, true},
	"regnet_y_800mf": {14, 56, 38.84, 2.4, 16, true},
	"regnet_y_1_6gf": {27, 48, 20.71, 2.65, 24, true},
	"regnet_y_3_2gf": {21, 80, 42.63, 2.66, 24, true},
	"regnet_y_8gf":   {17, 192, 76.82, 2.19, 56, true},
	"regnet_y_16gf":  {18, 200, 106.23, 2.48, 112, true},
	"regnet_y_32gf":  {20, 232, 115.89, 2.53, 232, true},
	"regnet_y_128gf": {27, 456, 160.83, 2.52, 264, true},
	"regnet_x_400mf": {22, 24, 24.48, 2.54, 16, false},
	"regnet_x_800mf": {16, 56, 35.73, 2.28, 16, false},
	"regnet_x_1_6gf": {18, 80, 34.01, 2.25, 24, false},
	"regnet_x_3_2gf": {25, 88, 26.31, 2.25, 48, false},
	"regnet_x_8gf":   {23, 80, 49.56, 2.88, 120, false},
	"regnet_x_16gf":  {22, 216, 55.59, 2.1, 128, false},
	"regnet_x_32gf":  {23, 320, 69.86, 2.0, 168, false},
}

// regStage is a row of blocks of one width.
type regStage struct{ width, depth, group int64 }

// stages finds the widths, each block's being the nearest of a geometric row, in multiples of 8.
func (c regNet) stages() []regStage {
	var stages []regStage
	for i := range c.depth {
		w := float64(c.w0)
		k := math.RoundToEven(math.Log((float64(i)*c.wa+w)/w) / math.Log(c.wm))
		width := 8 * int64(math.RoundToEven(w*math.Pow(c.wm, k)/8))
		if n := len(stages); n > 0 && stages[n-1].width == width {
			stages[n-1].depth++
		} else {
			stages = append(stages, regStage{width, 1, c.group})
		}
	}
	for i, s := range stages {
		group := min(s.group, s.width)
		stages[i].width, stages[i].group = divisible(float64(s.width), group), group
	}
	return stages
}

// regBlock is a bottleneck of grouped convolutions, added to its input or to a projection of it.
type regBlock struct {
	nn.Base
	Proj       *nn.Sequential
	F          *nn.Sequential
	Activation *nn.ReLU
}

func newRegBlock(in, stride int64, stage regStage, y bool) nn.Module {
	s, out := style{batchNorm, relu}, stage.width
	m := &regBlock{Activation: &nn.ReLU{InPlace: true}}
	if in != out || stride != 1 {
		m.Proj = s.linear().conv(in, out, 1, stride, 1)
	}
	m.F = named(step{"a", s.conv(in, out, 1, 1, 1)}, step{"b", s.conv(out, out, 3, stride, out/stage.group)})
	if y {
		se := nn.NewSqueezeExcitation(out, int64(math.RoundToEven(0.25*float64(in))))
		m.F.Register("se", se)
	}
	m.F.Register("c", s.linear().conv(out, out, 1, 1, 1))
	return m
}

// Forward maps N×in×H×W to N×out×h×w.
func (m *regBlock) Forward(x *torch.Tensor) *torch.Tensor {
	shortcut := x
	if m.Proj != nil {
		shortcut = nn.Call(m.Proj, x)
		defer shortcut.Close()
	}
	return nn.Call(m.Activation, nn.Call(m.F, x).Add_(shortcut))
}

func newRegNet(c regNet, classes int64) nn.Module {
	m := newNet(step{"stem", style{batchNorm, relu}.conv(3, 32, 3, 2, 1)})
	trunk, in := &nn.Sequential{}, int64(32)
	for i, s := range c.stages() {
		stage, stride := &nn.Sequential{}, int64(2)
		for j := range s.depth {
			stage.Register("block"+itoa(i+1)+"-"+itoa(int(j)), newRegBlock(in, stride, s, c.y))
			in, stride = s.width, 1
		}
		trunk.Register("block"+itoa(i+1), stage)
	}
	for _, s := range []step{{"trunk_output", trunk}, {"avgpool", pool(1)}, {"", &nn.Flatten{}}, {"fc", nn.NewLinear(in, classes)}} {
		m.add(s)
	}
	nn.Walk(m, func(_ string, m nn.Module) {
		if conv, ok := m.(*nn.Conv2d); ok { // whatever its groups; a bias stays as it is
			w := conv.Weight
			nn.Normal_(w, 0, math.Sqrt(2/float64(w.Size(0)*w.Size(2)*w.Size(3))))
		}
	})
	fill(m, nil, normal(0.01))
	return m
}
