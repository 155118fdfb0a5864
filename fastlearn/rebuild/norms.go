package rebuild

import (
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

func batchNorm(a *attrs) nn.Module {
	opts := []nn.BatchNormOption{nn.Eps(a.float("eps", 1e-5))}
	if a.get("momentum", 0.1) == nil {
		opts = append(opts, nn.CumulativeAverage())
	} else {
		opts = append(opts, nn.Momentum(a.float("momentum", 0.1)))
	}
	features := a.same("num_features", 1, 0)
	if a.flag("affine", true) {
		features = a.shape("weight", 1)[0]
	} else {
		opts = append(opts, nn.NoAffine())
	}
	if !a.flag("track_running_stats", true) {
		opts = append(opts, nn.NoRunningStats())
	} else if t, _ := pth.Get[*pth.Tensor](a.dict("_buffers"), "running_mean"); t == nil || t.Len() != features {
		a.odd("num_features", features, "the number of its running means")
	}
	if a.err != nil {
		return nil
	}
	return nn.NewBatchNorm(features, opts...)
}

// affine are the options of a norm, and whether it has weights.
func affine(a *attrs, eps float64) []nn.NormOption {
	opts := []nn.NormOption{nn.Eps(a.float("eps", eps))}
	switch {
	case a.weight("weight") == nil:
		opts = append(opts, nn.NoAffine())
	case a.weight("bias") == nil:
		opts = append(opts, nn.NoBias())
	}
	return opts
}

func layerNorm(a *attrs) nn.Module {
	tuple, _ := a.get("normalized_shape", nil).(pth.Tuple)
	shape := a.ints("normalized_shape", max(len(tuple), 1), 0)
	if a.weight("weight") != nil {
		shape = a.shape("weight", len(shape))
	}
	return nn.NewLayerNorm(0, append(affine(a, 1e-5), nn.NormShape(shape...))...)
}

func layerNorm2d(a *attrs) nn.Module {
	return nn.NewLayerNorm2d(a.shape("weight", 1)[0], affine(a, 1e-6)...)
}

func groupNorm(a *attrs) nn.Module {
	channels, groups := a.shape("weight", 1)[0], a.same("num_groups", 1, 1)
	if groups < 1 {
		a.odd("num_groups", groups, "1 or more")
		return nil
	}
	return nn.NewGroupNorm(groups, channels, affine(a, 1e-5)...)
}

func maxPool(a *attrs) nn.Module {
	a.must("dilation", int64(1))
	a.must("return_indices", false)
	return &nn.MaxPool2d{Kernel: a.same("kernel_size", 2, 1), Stride: a.same("stride", 2, 1), Padding: a.same("padding", 2, 0), CeilMode: a.flag("ceil_mode", false)}
}

func avgPool(a *attrs) nn.Module {
	a.must("divisor_override", nil)
	return &nn.AvgPool2d{Kernel: a.same("kernel_size", 2, 1), Stride: a.same("stride", 2, 1), Padding: a.same("padding", 2, 0),
		CeilMode: a.flag("ceil_mode", false), ExcludePad: !a.flag("count_include_pad", true)}
}

// fastPool averages all of a picture.
func fastPool(a *attrs) nn.Module {
	flat, sides := a.flag("flatten", false), []int64{2, 3}
	if a.get("dim", nil) != nil {
		sides = a.ints("dim", 2, 0)
	}
	return &nn.Lambda{F: func(x *torch.Tensor) *torch.Tensor {
		if flat {
			return x.Mean(sides...)
		}
		return x.KeepDim().Mean(sides...)
	}}
}

func flatten(a *attrs) nn.Module {
	a.must("start_dim", int64(1))
	a.must("end_dim", int64(-1))
	return &nn.Flatten{}
}

func fastaiFlatten(a *attrs) nn.Module {
	a.must("full", false)
	return &nn.Flatten{}
}

func permute(a *attrs) nn.Module {
	list, _ := a.get("dims", nil).(*pth.List)
	var dims []int64
	if list != nil {
		for _, item := range list.Items {
			if i, ok := pth.Int(item); ok {
				dims = append(dims, i)
			}
		}
	}
	if len(dims) == 0 || len(dims) != list.Len() {
		a.odd("dims", a.get("dims", nil), "a list of whole numbers")
	}
	return &nn.Lambda{F: func(x *torch.Tensor) *torch.Tensor { return x.Permute(dims...) }}
}
