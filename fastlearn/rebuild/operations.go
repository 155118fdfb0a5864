package rebuild

import (
	"github.com/fastlearn-go/fastlearn/internal/windows"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// operations are what a block does beside calling its parts.
var operations map[string]func(c *compiler) step

func init() { // since the compiler asks for them
	operations = map[string]func(c *compiler) step{
		"mean":           always(func(x *torch.Tensor) *torch.Tensor { return x.KeepDim().Mean(2, 3) }),
		"flatten":        always(func(x *torch.Tensor) *torch.Tensor { return x.Flatten(1, -1) }),
		"channels_last":  always(func(x *torch.Tensor) *torch.Tensor { return x.Permute(0, 2, 3, 1) }),
		"channels_first": always(func(x *torch.Tensor) *torch.Tensor { return x.Permute(0, 3, 1, 2) }),
		"gamma":          gamma,
		"layer_scale":    layerScale,
		"batch_norm":     ownBatchNorm,
		"grn":            responseNorm,
		"concat_pool":    concatPool,
		"merging":        merging,
		"features":       features,
		"relu":           always(func(x *torch.Tensor) *torch.Tensor { return x.Relu() }),
		"first":          always(func(x *torch.Tensor) *torch.Tensor { return x.Select(1, 0) }),
		"join":           func(*compiler) step { return scoped(windows.Join) },
		"dense":          dense,
		"self_attention": selfAttention,
		"attention":      jointAttention,
		"class_token":    classToken,
		"positions":      positions,
		"patches":        patches,
		"tokens":         tokens,
		"token_pool":     tokenPool,
		"windows":        windowed,
		"within_windows": withinWindows,
		"own_windows":    ownWindows,
		"scale":          scale,
	}
}

func always(f func(x *torch.Tensor) *torch.Tensor) func(*compiler) step {
	return func(*compiler) step { return func(_, x *torch.Tensor) *torch.Tensor { return f(x) } }
}

// scale multiplies the channels of …×C.
func scale(c *compiler) step {
	gamma := c.tensor("gamma", false)
	return func(_, x *torch.Tensor) *torch.Tensor { return x.Mul(gamma) }
}

// gamma scales channels, where the block has one.
func gamma(c *compiler) step {
	scale := c.tensor("gamma", true)
	return func(_, x *torch.Tensor) *torch.Tensor {
		if scale == nil {
			return x
		}
		g := scale.In(x.Scope()).Reshape(1, -1, 1, 1)
		defer g.Close()
		return x.Mul(g)
	}
}

func layerScale(c *compiler) step {
	scale := c.tensor("layer_scale", false)
	return func(_, x *torch.Tensor) *torch.Tensor { return scale.Mul(x) }
}

// ownBatchNorm is the batch norm that a block is itself.
func ownBatchNorm(c *compiler) step {
	weight, bias := c.tensor("weight", true), c.tensor("bias", true)
	mean, variance := c.tensor("running_mean", false), c.tensor("running_var", false)
	c.tensor("num_batches_tracked", true)
	eps, momentum := c.float("eps", 1e-5), c.float("momentum", 0.1)
	return func(_, x *torch.Tensor) *torch.Tensor {
		return torch.Call("aten::batch_norm", x, weight, bias, mean, variance, false, momentum, eps, true)[0].(*torch.Tensor)
	}
}

// responseNorm is timm's GlobalResponseNorm.
func responseNorm(c *compiler) step {
	weight, bias, eps := c.tensor("weight", false), c.tensor("bias", false), c.float("eps", 1e-6)
	spatial, channel, shape := []int64{2, 3}, int64(1), []int64{1, -1, 1, 1}
	if dims := c.ints("spatial_dim", 2, 2); dims[0] == 1 && dims[1] == 2 {
		spatial, channel, shape = dims, -1, []int64{1, 1, 1, -1}
	} else if tuple, _ := c.get("spatial_dim", nil).(pth.Tuple); len(tuple) == 2 && (dims[0] != 2 || dims[1] != 3) {
		c.odd("spatial_dim", tuple, "(1, 2) or (2, 3)")
	}
	return func(_, x *torch.Tensor) *torch.Tensor {
		norm := torch.Call("aten::linalg_vector_norm", x, 2.0, spatial, true)[0].(*torch.Tensor)
		relative := norm.Div(norm.KeepDim().Mean(channel).AddScalar(eps))
		return x.Add(torch.Call("aten::addcmul", bias.In(x.Scope()).Reshape(shape...), weight.In(x.Scope()).Reshape(shape...), x.Mul(relative))[0].(*torch.Tensor))
	}
}

// concatPool is fastai's AdaptiveConcatPool2d.
func concatPool(c *compiler) step {
	largest, mean := c.part("mp", false), c.part("ap", false)
	return func(_, x *torch.Tensor) *torch.Tensor {
		mp, ap := nn.Call(largest, x), nn.Call(mean, x)
		defer mp.Close()
		defer ap.Close()
		return torch.Cat(1, mp, ap)
	}
}

// merging is fastai's SequentialEx: some of its layers take its input, too.
func merging(c *compiler) step {
	list, _ := c.part("layers", false).(*block)
	if list == nil {
		return nil
	}
	var inner []step
	for _, child := range nn.Children(list) {
		m := child.Module
		if p, ok := m.(*productOfInputs); ok {
			inner = append(inner, p.merge)
			continue
		}
		inner = append(inner, func(_, x *torch.Tensor) *torch.Tensor { return nn.Call(m, x) })
	}
	return func(_, x *torch.Tensor) *torch.Tensor { return list.run(x, inner) }
}

// productOfInputs is fastai's ProdLayer or MergeLayer, which a SequentialEx around it runs.
type productOfInputs struct {
	nn.Base
	merge step
}

// Forward panics: only a SequentialEx knows the other input.
func (m *productOfInputs) Forward(*torch.Tensor) *torch.Tensor {
	panic(&torch.Error{Op: "forward", Msg: "a ProdLayer or MergeLayer is run by the SequentialEx around it"})
}

func prodLayer(*attrs) nn.Module {
	return &productOfInputs{merge: func(in, x *torch.Tensor) *torch.Tensor { return x.Mul(in) }}
}

func mergeLayer(a *attrs) nn.Module {
	if a.flag("dense", false) {
		return &productOfInputs{merge: func(in, x *torch.Tensor) *torch.Tensor { return torch.Cat(1, x, in) }}
	}
	return &productOfInputs{merge: func(in, x *torch.Tensor) *torch.Tensor { return x.Add(in) }}
}

// features are what fastai's TimmBody takes of a model: all before its head.
func features(c *compiler) step {
	m, _ := c.part("model", false).(*block)
	if m == nil || m.features == 0 {
		if c.err == nil && c.flag("needs_pool", false) {
			c.err = c.fault("wants the features of a model that isn't one of timm's here")
		}
		return nil
	}
	return func(_, x *torch.Tensor) *torch.Tensor { return m.run(x, m.steps[:m.features]) }
}
