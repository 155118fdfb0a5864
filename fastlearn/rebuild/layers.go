package rebuild

import (
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// layers are the classes without parts. Their sizes come from the weights in the file, their settings from its attributes.
var layers = map[string]func(a *attrs) nn.Module{
	"torch:conv.Conv1d":                            func(a *attrs) nn.Module { return conv(a, 1) },
	"torch:conv.Conv2d":                            func(a *attrs) nn.Module { return conv(a, 2) },
	"timm:conv2d_same.Conv2dSame":                  newSameConv,
	"torch:linear.Linear":                          linear,
	"torch:linear.NonDynamicallyQuantizableLinear": linear,
	"torch:batchnorm.BatchNorm1d":                  batchNorm,
	"torch:batchnorm.BatchNorm2d":                  batchNorm,
	"torch:normalization.LayerNorm":                layerNorm,
	"torch:normalization.GroupNorm":                groupNorm,
	"timm:norm.LayerNorm":                          layerNorm,
	"timm:norm.LayerNorm2d":                        layerNorm2d,
	"torchvision:convnext.LayerNorm2d":             layerNorm2d,

	"torch:pooling.MaxPool2d":                       maxPool,
	"torch:pooling.AvgPool2d":                       avgPool,
	"torch:pooling.AdaptiveAvgPool2d":               func(a *attrs) nn.Module { return &nn.AdaptiveAvgPool2d{Size: a.same("output_size", 2, 1)} },
	"torch:pooling.AdaptiveMaxPool2d":               func(a *attrs) nn.Module { return &nn.AdaptiveMaxPool2d{Size: a.same("output_size", 2, 1)} },
	"timm:adaptive_avgmax_pool.FastAdaptiveAvgPool": fastPool,

	"torch:linear.Identity":                        plainLayer(func() nn.Module { return &nn.Identity{} }),
	"fastai:layers.Identity":                       plainLayer(func() nn.Module { return &nn.Identity{} }),
	"torch:flatten.Flatten":                        flatten,
	"fastai:layers.Flatten":                        fastaiFlatten,
	"torchvision:misc.Permute":                     permute,
	"torch:dropout.Dropout":                        func(a *attrs) nn.Module { return &nn.Dropout{P: a.float("p", 0.5)} },
	"torch:dropout.Dropout2d":                      func(a *attrs) nn.Module { return &nn.Dropout2d{P: a.float("p", 0.5)} },
	"timm:drop.DropPath":                           func(a *attrs) nn.Module { return &nn.StochasticDepth{P: a.float("drop_prob", 0), Mode: "row"} },
	"torchvision:stochastic_depth.StochasticDepth": func(a *attrs) nn.Module { return &nn.StochasticDepth{P: a.float("p", 0), Mode: a.text("mode", "row")} },

	"torch:activation.ReLU":        func(a *attrs) nn.Module { return &nn.ReLU{InPlace: a.flag("inplace", false)} },
	"torch:activation.ReLU6":       func(a *attrs) nn.Module { return &nn.ReLU6{InPlace: a.flag("inplace", false)} },
	"torch:activation.SiLU":        func(a *attrs) nn.Module { return &nn.SiLU{InPlace: a.flag("inplace", false)} },
	"torch:activation.Mish":        func(a *attrs) nn.Module { return &nn.Mish{InPlace: a.flag("inplace", false)} },
	"torch:activation.Hardswish":   func(a *attrs) nn.Module { return &nn.Hardswish{InPlace: a.flag("inplace", false)} },
	"torch:activation.Hardsigmoid": func(a *attrs) nn.Module { return &nn.Hardsigmoid{InPlace: a.flag("inplace", false)} },
	"torch:activation.LeakyReLU": func(a *attrs) nn.Module {
		return &nn.LeakyReLU{NegativeSlope: nonZero(a, "negative_slope", 0.01), InPlace: a.flag("inplace", false)}
	},
	"torch:activation.ELU": func(a *attrs) nn.Module {
		return &nn.ELU{Alpha: nonZero(a, "alpha", 1), InPlace: a.flag("inplace", false)}
	},
	"torch:activation.GELU":       func(a *attrs) nn.Module { return &nn.GELU{Approximate: a.text("approximate", "none")} },
	"torch:activation.Softmax":    func(a *attrs) nn.Module { return &nn.Softmax{Dim: a.same("dim", 1, 0)} },
	"torch:activation.Sigmoid":    plainLayer(func() nn.Module { return &nn.Sigmoid{} }),
	"torch:activation.Tanh":       plainLayer(func() nn.Module { return &nn.Tanh{} }),
	"timm:activations.GELU":       plainLayer(func() nn.Module { return &nn.GELU{} }),
	"timm:activations.GELUTanh":   plainLayer(func() nn.Module { return &nn.GELU{Approximate: "tanh"} }),
	"timm:activations.Sigmoid":    plainLayer(func() nn.Module { return &nn.Sigmoid{} }),
	"timm:activations.Swish":      plainLayer(func() nn.Module { return &nn.SiLU{} }),
	"fastai:layers.Swish":         plainLayer(func() nn.Module { return &nn.SiLU{} }),
	"fastai:layers.SwishJit":      plainLayer(func() nn.Module { return &nn.SiLU{} }),
	"fastai:layers.Mish":          plainLayer(func() nn.Module { return &nn.Mish{} }),
	"fastai:layers.MishJitAutoFn": plainLayer(func() nn.Module { return &nn.Mish{} }),
	"fastai:layers.ProdLayer":     prodLayer,
	"fastai:layers.MergeLayer":    mergeLayer,
	"fastai:layers.SigmoidRange": func(a *attrs) nn.Module {
		return &nn.SigmoidRange{Low: a.float("low", 0), High: a.float("high", 1)}
	},
}

func plainLayer(make func() nn.Module) func(*attrs) nn.Module {
	return func(*attrs) nn.Module { return make() }
}

// nonZero is a number that package nn takes for unset where it is 0.
func nonZero(a *attrs, name string, missing float64) float64 {
	f := a.float(name, missing)
	if f == 0 {
		a.odd(name, f, "another number than 0")
	}
	return f
}

// conv makes a convolution of so many dimensions.
func conv(a *attrs, dims int) nn.Module {
	shape := a.shape("weight", dims+2)
	groups := a.same("groups", 1, 1)
	if groups < 1 || shape[0]%groups != 0 {
		a.odd("groups", groups, "a number that divides the channels")
		return nil
	}
	opts := []nn.ConvOption{nn.KernelSize(shape[2:]...), nn.Stride(a.ints("stride", dims, 1)...), nn.Dilation(a.ints("dilation", dims, 1)...), nn.Groups(groups)}
	switch p := a.get("padding", int64(0)); p {
	case "same":
		opts = append(opts, nn.SamePadding())
	case "valid":
	default:
		opts = append(opts, nn.Padding(a.ints("padding", dims, 0)...))
	}
	if mode := a.text("padding_mode", "zeros"); mode != "zeros" {
		opts = append(opts, nn.PaddingMode(mode))
	}
	if a.weight("bias") == nil {
		opts = append(opts, nn.NoBias())
	}
	if a.err != nil {
		return nil
	}
	if dims == 1 {
		return nn.NewConv1d(shape[1]*groups, shape[0], shape[2], opts...)
	}
	return nn.NewConv2d(shape[1]*groups, shape[0], shape[2], opts...)
}

// sameConv pads as TensorFlow does, by what the size of the picture asks for (timm's Conv2dSame).
type sameConv struct {
	*nn.Conv2d
	kernel, stride, dilation []int64
}

func newSameConv(a *attrs) nn.Module {
	m := &sameConv{kernel: a.shape("weight", 4)[2:], stride: a.ints("stride", 2, 1), dilation: a.ints("dilation", 2, 1)}
	inner, _ := conv(a, 2).(*nn.Conv2d)
	if m.Conv2d = inner; inner == nil {
		return nil
	}
	return m
}

// Forward pads x and convolves it.
func (m *sameConv) Forward(x *torch.Tensor) *torch.Tensor {
	var pads []int64 // of the last dimension first
	for i := 1; i >= 0; i-- {
		side, s := x.Size(2+i), m.stride[i]
		all := max((side+s-1)/s*s-s+(m.kernel[i]-1)*m.dilation[i]+1-side, 0)
		pads = append(pads, all/2, all-all/2)
	}
	if slices.Max(pads) == 0 {
		return m.Conv2d.Forward(x)
	}
	padded := torch.Pad(x, pads, "constant", 0)
	defer padded.Close()
	return m.Conv2d.Forward(padded)
}

func linear(a *attrs) nn.Module {
	shape := a.shape("weight", 2)
	var opts []nn.LinearOption
	if a.weight("bias") == nil {
		opts = append(opts, nn.NoBias())
	}
	return nn.NewLinear(shape[1], shape[0], opts...)
}
