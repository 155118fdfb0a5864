package nn

import (
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
)

// Pooling layers take N×C×… or C×… with as many dimensions behind C as their name says.
type (
	// MaxPool2d takes the largest element of each window of Kernel×Kernel. A Stride of 0 is the Kernel's.
	MaxPool2d struct {
		Base
		Kernel, Stride, Padding int64
		CeilMode                bool // a last window that is not full counts
	}
	// AvgPool2d averages each window of Kernel×Kernel, with the padding's zeros. A Stride of 0 is the Kernel's.
	AvgPool2d struct {
		Base
		Kernel, Stride, Padding int64
		CeilMode                bool // a last window that is not full counts
		ExcludePad              bool // the padding doesn't count (count_include_pad=False)
	}
	MaxPool1d MaxPool2d // of sequences
	MaxPool3d MaxPool2d // of volumes
	AvgPool1d AvgPool2d // of sequences
	AvgPool3d AvgPool2d // of volumes

	// AdaptiveAvgPool2d averages to N×C×Size×Size.
	AdaptiveAvgPool2d struct {
		Base
		Size int64
	}
	// AdaptiveMaxPool2d takes the largest elements, to N×C×Size×Size.
	AdaptiveMaxPool2d struct {
		Base
		Size int64
	}
	AdaptiveAvgPool1d AdaptiveAvgPool2d // to N×C×Size
	AdaptiveAvgPool3d AdaptiveAvgPool2d // to N×C×Size×Size×Size
	AdaptiveMaxPool1d AdaptiveMaxPool2d // to N×C×Size
	AdaptiveMaxPool3d AdaptiveMaxPool2d // to N×C×Size×Size×Size
)

func (b *Base) maxPool(x *torch.Tensor, n int, op string, kernel, stride, padding int64, ceil bool) *torch.Tensor {
	all := func(v int64) []int64 { return slices.Repeat([]int64{v}, n) }
	return b.ran(x, call(op, x, all(kernel), all(usual(stride, kernel)), all(padding), all(1), ceil))
}

func (b *Base) avgPool(x *torch.Tensor, n int, op string, kernel, stride, padding int64, ceil, excludePad bool) *torch.Tensor {
	all := func(v int64) []int64 { return slices.Repeat([]int64{v}, n) }
	return b.ran(x, call(op, x, all(kernel), all(usual(stride, kernel)), all(padding), ceil, !excludePad))
}

// adaptive returns the first result: the maxima come with their indices.
func (b *Base) adaptive(x *torch.Tensor, n int, op string, size int64) *torch.Tensor {
	check(op[len("aten::"):], size >= 0, "Size is %d: want 0 or more", size)
	all := torch.Call(op, x, slices.Repeat([]int64{size}, n))
	for _, indices := range all[1:] {
		indices.(*torch.Tensor).Close()
	}
	return b.ran(x, all[0].(*torch.Tensor))
}

// Forward maps N×C×L to as many smaller dimensions.
func (m *MaxPool1d) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.maxPool(x, 1, "aten::max_pool1d", m.Kernel, m.Stride, m.Padding, m.CeilMode)
}

// Forward maps N×C×L to as many smaller dimensions.
func (m *AvgPool1d) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.avgPool(x, 1, "aten::avg_pool1d", m.Kernel, m.Stride, m.Padding, m.CeilMode, m.ExcludePad)
}

// Forward maps N×C×L to dimensions of Size.
func (m *AdaptiveAvgPool1d) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.adaptive(x, 1, "aten::adaptive_avg_pool1d", m.Size)
}

// Forward maps N×C×L to dimensions of Size.
func (m *AdaptiveMaxPool1d) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.adaptive(x, 1, "aten::adaptive_max_pool1d", m.Size)
}

// Forward maps N×C×H×W to as many smaller dimensions.
func (m *MaxPool2d) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	if m.CeilMode {
		return m.maxPool(x, 2, "aten::max_pool2d", m.Kernel, m.Stride, m.Padding, true)
	}
	return m.ran(x, torch.MaxPool2d(x, m.Kernel, m.Stride, m.Padding))
}

// Forward maps N×C×H×W to as many smaller dimensions.
func (m *AvgPool2d) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.avgPool(x, 2, "aten::avg_pool2d", m.Kernel, m.Stride, m.Padding, m.CeilMode, m.ExcludePad)
}

// Forward maps N×C×H×W to dimensions of Size.
func (m *AdaptiveAvgPool2d) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.adaptive(x, 2, "aten::adaptive_avg_pool2d", m.Size)
}

// Forward maps N×C×H×W to dimensions of Size.
func (m *AdaptiveMaxPool2d) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.adaptive(x, 2, "aten::adaptive_max_pool2d", m.Size)
}

// Forward maps N×C×D×H×W to as many smaller dimensions.
func (m *MaxPool3d) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.maxPool(x, 3, "aten::max_pool3d", m.Kernel, m.Stride, m.Padding, m.CeilMode)
}

// Forward maps N×C×D×H×W to as many smaller dimensions.
func (m *AvgPool3d) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.avgPool(x, 3, "aten::avg_pool3d", m.Kernel, m.Stride, m.Padding, m.CeilMode, m.ExcludePad)
}

// Forward maps N×C×D×H×W to dimensions of Size.
func (m *AdaptiveAvgPool3d) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.adaptive(x, 3, "aten::adaptive_avg_pool3d", m.Size)
}

// Forward maps N×C×D×H×W to dimensions of Size.
func (m *AdaptiveMaxPool3d) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.adaptive(x, 3, "aten::adaptive_max_pool3d", m.Size)
}

func (m *AvgPool1d) String() string {
	return printed(m, func() string {
		one := func(v int64) []int64 { return []int64{v} }
		return repr(m, "kernel_size=%v, stride=%v, padding=%v", one(m.Kernel), one(usual(m.Stride, m.Kernel)), one(m.Padding))
	})
}

func (m *MaxPool1d) String() string {
	return printed(m, func() string {
		return repr(m, "kernel_size=%v, stride=%v, padding=%v, dilation=1, ceil_mode=%v", m.Kernel, usual(m.Stride, m.Kernel), m.Padding, m.CeilMode)
	})
}
func (m *AdaptiveAvgPool1d) String() string {
	return printed(m, func() string { return repr(m, "output_size=%v", m.Size) })
}
func (m *AdaptiveMaxPool1d) String() string {
	return printed(m, func() string { return repr(m, "output_size=%v", m.Size) })
}

func (m *AvgPool2d) String() string {
	return printed(m, func() string {
		return repr(m, "kernel_size=%v, stride=%v, padding=%v", m.Kernel, usual(m.Stride, m.Kernel), m.Padding)
	})
}

func (m *MaxPool2d) String() string {
	return printed(m, func() string {
		return repr(m, "kernel_size=%v, stride=%v, padding=%v, dilation=1, ceil_mode=%v", m.Kernel, usual(m.Stride, m.Kernel), m.Padding, m.CeilMode)
	})
}
func (m *AdaptiveAvgPool2d) String() string {
	return printed(m, func() string { return repr(m, "output_size=%v", m.Size) })
}
func (m *AdaptiveMaxPool2d) String() string {
	return printed(m, func() string { return repr(m, "output_size=%v", m.Size) })
}

func (m *AvgPool3d) String() string {
	return printed(m, func() string {
		return repr(m, "kernel_size=%v, stride=%v, padding=%v", m.Kernel, usual(m.Stride, m.Kernel), m.Padding)
	})
}

func (m *MaxPool3d) String() string {
	return printed(m, func() string {
		return repr(m, "kernel_size=%v, stride=%v, padding=%v, dilation=1, ceil_mode=%v", m.Kernel, usual(m.Stride, m.Kernel), m.Padding, m.CeilMode)
	})
}
func (m *AdaptiveAvgPool3d) String() string {
	return printed(m, func() string { return repr(m, "output_size=%v", m.Size) })
}
func (m *AdaptiveMaxPool3d) String() string {
	return printed(m, func() string { return repr(m, "output_size=%v", m.Size) })
}
