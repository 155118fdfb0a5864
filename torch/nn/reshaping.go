package nn

import (
	"strings"

	"github.com/fastlearn-go/fastlearn/torch"
)

// Upsample resizes N×C×…, see [torch.Interpolate] (torch.nn.Upsample).
type Upsample struct {
	Base
	Options torch.InterpolateOptions
}

// PixelShuffle maps N×C·r²×H×W to N×C×H·r×W·r, where r is Factor (torch.nn.PixelShuffle).
type PixelShuffle struct {
	Base
	Factor int64
}

// Pad is torch.nn.ZeroPad2d, ReflectionPad1d, ReplicationPad3d and the like, see [torch.Pad].
type Pad struct {
	Base
	Pads  []int64 // of the last dimension, then of the one before it, and so on: left, right, top, bottom
	Mode  string  // "constant" ("" too), "reflect", "replicate" or "circular"
	Value float64 // of "constant"
}

// Identity returns its input (torch.nn.Identity).
type Identity struct{ Base }

// Lambda is a function as a module (fastai's Lambda).
type Lambda struct {
	Base
	F func(x *torch.Tensor) *torch.Tensor
}

// Forward maps N×C×… to the new size.
func (m *Upsample) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.ran(x, torch.Interpolate(x, m.Options))
}

// Forward moves channels into rows and columns.
func (m *PixelShuffle) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.ran(x, call("aten::pixel_shuffle", x, m.Factor))
}

// Forward makes the last dimensions larger.
func (m *Pad) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	mode := m.Mode
	if mode == "" {
		mode = "constant"
	}
	return m.ran(x, torch.Pad(x, m.Pads, mode, m.Value))
}

// Forward returns x itself.
func (m *Identity) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.ran(x, x)
}

// Forward calls F.
func (m *Lambda) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	check("lambda", m.F != nil, "F is nil")
	return m.ran(x, m.F(x))
}

func (m *Upsample) String() string {
	return printed(m, func() string {
		mode := m.Options.Mode
		if mode == "" {
			mode = "nearest"
		}
		what, numbers := "scale_factor=", []string{}
		for _, f := range m.Options.ScaleFactor {
			numbers = append(numbers, py(f))
		}
		if m.Options.Size != nil {
			what = "size="
			for _, n := range m.Options.Size {
				numbers = append(numbers, py(n))
			}
		}
		return repr(m, "%v, mode='%v'", what+tuple(numbers), mode)
	})
}
func (m *PixelShuffle) String() string {
	return printed(m, func() string { return repr(m, "upscale_factor=%v", m.Factor) })
}
func (m *Pad) String() string {
	return printed(m, func() string {
		name := map[string]string{"": "ConstantPad", "constant": "ConstantPad", "reflect": "ReflectionPad", "replicate": "ReplicationPad", "circular": "CircularPad"}[m.Mode]
		if name == "ConstantPad" && m.Value == 0 {
			name = "ZeroPad"
		}
		s := name + py(int64(len(m.Pads)/2)) + "d(" + py(m.Pads)
		if name == "ConstantPad" {
			s = name + py(int64(len(m.Pads)/2)) + "d(padding=" + py(m.Pads) + ", value=" + py(m.Value)
		}
		return s + ")"
	})
}
func (m *Identity) String() string { return printed(m, func() string { return repr(m, "") }) }

// tuple writes several numbers in brackets, one without.
func tuple(numbers []string) string {
	if len(numbers) == 1 {
		return numbers[0]
	}
	return "(" + strings.Join(numbers, ", ") + ")"
}
