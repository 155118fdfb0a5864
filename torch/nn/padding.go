package nn

import (
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
)

// PaddingMode sets what a convolution pads with: "zeros", the default, "reflect", "replicate" or "circular" (padding_mode).
func PaddingMode(mode string) ConvOption {
	return convOption(func(c *convConfig) { c.paddingMode = mode })
}

// SamePadding has a convolution of stride 1 keep the size of its input, whatever the kernel and the dilation (padding='same').
func SamePadding() ConvOption { return convOption(func(c *convConfig) { c.same = true }) }

// padding is what a convolution puts around its input by an operation of its own. A nil one leaves the input alone.
type padding struct {
	pads []int64 // of the last dimension, then of the one before it
	mode string  // of torch.Pad
}

// extract returns the padding that the convolution's operation can't do, and takes it out of o. PyTorch's padding is
// returned for printing.
func (c convConfig) extract(op string, kernel []int64, o *torch.ConvolutionOptions) (p *padding, printed string) {
	mode := c.paddingMode
	check(op, slices.Contains([]string{"", "zeros", "reflect", "replicate", "circular"}, mode), "PaddingMode is %q: want zeros, reflect, replicate or circular", mode)
	zeros := mode == "" || mode == "zeros"
	check(op, !o.Transposed || zeros && !c.same, "a transposed convolution takes neither PaddingMode nor SamePadding")
	if c.same {
		check(op, slices.Max(o.Stride) == 1, "SamePadding needs a stride of 1, got %v: padding='same' is not supported for strided convolutions", o.Stride)
		check(op, len(c.padding) == 0, "SamePadding and Padding exclude each other")
		printed = ", padding=same"
	} else if slices.Max(o.Padding) != 0 || slices.Min(o.Padding) != 0 {
		printed = ", padding=" + py(o.Padding)
	}
	odd := false // one side gets more than the other
	p = &padding{mode: mode}
	for i := len(kernel) - 1; i >= 0; i-- {
		left, right := o.Padding[i], o.Padding[i]
		if c.same {
			total := o.Dilation[i] * (kernel[i] - 1)
			left, right = total/2, total-total/2
			o.Padding[i] = left
		}
		odd = odd || left != right
		p.pads = append(p.pads, left, right)
	}
	if zeros && !odd {
		return nil, printed
	}
	if zeros {
		p.mode = "constant"
	}
	o.Padding = make([]int64, len(kernel))
	return p, printed
}

// around runs f on x with the padding around it.
func (p *padding) around(x *torch.Tensor, f func(x *torch.Tensor) *torch.Tensor) *torch.Tensor {
	if p == nil {
		return f(x)
	}
	padded := torch.Pad(x, p.pads, p.mode, 0)
	defer padded.Close()
	return f(padded)
}
