package rebuild

import (
	"fmt"

	"github.com/fastlearn-go/fastlearn/internal/windows"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// scoped is a step that leaves nothing behind but what f returns.
func scoped(f func(x *torch.Tensor) *torch.Tensor) step {
	return func(_, x *torch.Tensor) *torch.Tensor {
		s := x.Scope().Child()
		defer s.Close()
		return f(x.In(s)).MoveTo(x.Scope())
	}
}

// attend is the attention of so many heads to what one layer made of N×L×C: N×L×3C to N×L×C. A scale of 0 is the usual one; the norms, nil for
// none, are of queries and keys.
func attend(qkv *torch.Tensor, heads int64, scale float64, norms ...nn.Module) *torch.Tensor {
	n, l := qkv.Size(0), qkv.Size(1)
	parts := qkv.Reshape(n, l, 3, heads, -1).Permute(2, 0, 3, 1, 4).Unbind(0)
	for i, norm := range norms {
		if norm != nil {
			parts[i] = nn.Call(norm, parts[i])
		}
	}
	y := torch.ScaledDotProductAttention(parts[0], parts[1], parts[2], torch.AttentionOptions{Scale: scale})
	return y.Transpose(1, 2).Reshape(n, l, -1)
}

// selfAttention is torch.nn.MultiheadAttention of an input to itself.
func selfAttention(c *compiler) step {
	weight, bias, proj := c.tensor("in_proj_weight", false), c.tensor("in_proj_bias", true), c.part("out_proj", false)
	heads, batchFirst := c.same("num_heads", 1, 1), c.flag("batch_first", false)
	c.must("add_zero_attn", false)
	return scoped(func(x *torch.Tensor) *torch.Tensor {
		if !batchFirst {
			x = x.Transpose(0, 1)
		}
		y := nn.Call(proj, attend(torch.Linear(x, weight, bias), heads, 0))
		if !batchFirst {
			y = y.Transpose(0, 1)
		}
		return y
	})
}

// jointAttention is timm's Attention.
func jointAttention(c *compiler) step {
	qkv, proj, norm := c.part("qkv", false), c.part("proj", false), c.part("norm", true)
	norms := []nn.Module{c.part("q_norm", true), c.part("k_norm", true)}
	c.part("attn_drop", true)
	c.part("proj_drop", true)
	heads, scale := c.same("num_heads", 1, 1), c.float("scale", 0)
	return scoped(func(x *torch.Tensor) *torch.Tensor {
		y := attend(nn.Call(qkv, x), heads, scale, norms...)
		if norm != nil {
			y = nn.Call(norm, y)
		}
		return nn.Call(proj, y)
	})
}

// flat lists the pixels of N×C×h×w: N×hw×C.
func flat(x *torch.Tensor) *torch.Tensor { return x.Flatten(2, -1).Transpose(1, 2) }

// before puts a token, 1×L×C, before those of each item.
func before(token, x *torch.Tensor) *torch.Tensor {
	return torch.Cat(1, token.In(x.Scope()).Expand(x.Size(0), -1, -1), x)
}

// classToken is how torchvision's VisionTransformer makes tokens of patches.
func classToken(c *compiler) step {
	token := c.tensor("class_token", false)
	return scoped(func(x *torch.Tensor) *torch.Tensor { return before(token, flat(x)) })
}

func positions(c *compiler) step {
	table := c.tensor("pos_embedding", false)
	return func(_, x *torch.Tensor) *torch.Tensor { return x.Add(table) }
}

// patches is what timm's PatchEmbed makes of its convolution's output.
func patches(c *compiler) step {
	c.must("dynamic_img_pad", false)
	format := c.text("output_fmt", "NCHW")
	if c.flag("flatten", true) {
		format = "NLC"
	}
	switch format {
	case "NLC":
		return scoped(flat)
	case "NHWC":
		return func(_, x *torch.Tensor) *torch.Tensor { return x.Permute(0, 2, 3, 1) }
	case "NCHW":
		return nil
	}
	c.odd("output_fmt", format, "NCHW, NHWC or NLC")
	return nil
}

// tokens adds the class's token, registers and positions (timm's VisionTransformer).
func tokens(c *compiler) step {
	class, registers, table := c.tensor("cls_token", true), c.tensor("reg_token", true), c.tensor("pos_embed", true)
	c.must("dynamic_img_size", false)
	first := c.flag("no_embed_class", false) // positions are those of patches alone
	return scoped(func(x *torch.Tensor) *torch.Tensor {
		place := func() {
			if table != nil {
				x = x.Add(table)
			}
		}
		if first {
			place()
		}
		for _, token := range []*torch.Tensor{registers, class} {
			if token != nil {
				x = before(token, x)
			}
		}
		if !first {
			place()
		}
		return x
	})
}

// tokenPool makes of N×L×C one of each item (timm's VisionTransformer).
func tokenPool(c *compiler) step {
	c.must("pool_include_prefix", false)
	prefix := c.same("num_prefix_tokens", 1, 1)
	switch how := c.text("global_pool", "token"); how {
	case "token":
		return func(_, x *torch.Tensor) *torch.Tensor { return x.Select(1, 0) }
	case "avg":
		return scoped(func(x *torch.Tensor) *torch.Tensor { return x.Narrow(1, prefix, x.Size(1)-prefix).Mean(1) })
	case "":
		return nil
	default:
		c.odd("global_pool", how, "token or avg")
		return nil
	}
}

// windowed is torchvision's ShiftedWindowAttention and its version 2.
func windowed(c *compiler) step {
	m := c.windows(c.block, c.attrs)
	m.RelativePositionIndex = c.tensor("relative_position_index", false)
	m.Window, m.Shift = c.same("window_size", 2, 1), c.same("shift_size", 2, 0)
	m.LogitScale = c.tensor("logit_scale", true)
	m.RelativePositionBiasTable = c.tensor("relative_position_bias_table", m.LogitScale != nil)
	if m.LogitScale != nil {
		m.RelativeCoordsTable, m.CPB = c.tensor("relative_coords_table", false), c.part("cpb_mlp", false)
	}
	return func(_, x *torch.Tensor) *torch.Tensor { return nn.Call(m, x) }
}

// windows is an attention with a block's parts.
func (c *compiler) windows(b *block, a *attrs) *windows.Attention {
	qkv, _ := b.parts["qkv"].(*nn.Linear)
	if (qkv == nil || b.parts["proj"] == nil) && c.err == nil {
		c.err = a.fault("has no linear layers qkv and proj: it is of another version than those that are known here")
	}
	c.used["qkv"], c.used["proj"] = true, true
	return &windows.Attention{RelativePositionBiasTable: b.own["relative_position_bias_table"], QKV: qkv, Proj: b.parts["proj"], Heads: a.same("num_heads", 1, 1)}
}

// withinWindows is timm's WindowAttention, which the block around it runs.
func withinWindows(c *compiler) step {
	for _, name := range []string{"qkv", "proj"} {
		c.part(name, false)
	}
	c.part("attn_drop", true)
	c.part("proj_drop", true)
	c.part("softmax", true)
	c.tensor("relative_position_bias_table", false)
	return func(_, x *torch.Tensor) *torch.Tensor {
		panic(&torch.Error{Op: "forward", Msg: "a WindowAttention is run by the SwinTransformerBlock around it"})
	}
}

// ownWindows is the attention of timm's SwinTransformerBlock.
func ownWindows(c *compiler) step {
	inner, _ := c.part("attn", false).(*block)
	o, _ := pth.Get[*pth.Object](c.modules(), "attn")
	if inner == nil || o == nil {
		return nil
	}
	a := &attrs{o: o, where: c.where + ": its attn"}
	m := c.windows(inner, a)
	if a.err != nil {
		c.err = a.err
	}
	m.Window, m.Shift = c.same("window_size", 2, 1), c.same("shift_size", 2, 0)
	return func(_, x *torch.Tensor) *torch.Tensor {
		if x.Dim() != 4 || x.Size(1)%m.Window != 0 || x.Size(2)%m.Window != 0 {
			panic(&torch.Error{Op: "forward", Msg: fmt.Sprintf("the SwinTransformerBlock takes N×H×W×C with sides that its window of %d divides, got %v", m.Window, x.Shape())})
		}
		return nn.Call(m, x)
	}
}

// dense gives each layer the outputs of all before it, and joins them (DenseNet).
func dense(c *compiler) step {
	var all []nn.Module
	for _, child := range nn.Children(c.block) {
		all = append(all, c.part(child.Name, false))
	}
	return scoped(func(x *torch.Tensor) *torch.Tensor {
		features := []*torch.Tensor{x}
		for _, layer := range all {
			features = append(features, nn.Call(layer, torch.Cat(1, features...)))
		}
		return torch.Cat(1, features...)
	})
}
