package models

import (
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// xResNet is a row of fastai's XResNets; kind says how wide a block's convolutions are.
type xResNet struct {
	kind              xKind
	expansion         int64
	depths            []int
	groups, reduction int64 // reduction 0: no squeeze-and-excitation
	attends           bool  // the last block of a stage has a SimpleSelfAttention (fastai's sa)
	drop              float64
}

type xKind int

const (
	xPlain xKind = iota // fastai's ResBlock
	xSE                 // its SEBlock
	xNeXt               // its SEResNeXtBlock
)

var (
	x18, x34, x101, x152 = []int{2, 2, 2, 2}, []int{3, 4, 6, 3}, []int{3, 4, 23, 3}, []int{3, 8, 36, 3}
	x18Deep, x34Deep     = []int{2, 2, 2, 2, 1, 1}, []int{3, 4, 6, 3, 1, 1}
	x18Deeper            = []int{2, 2, 1, 1, 1, 1, 1, 1}
	x34Deeper, xSEDeeper = []int{3, 4, 6, 3, 1, 1, 1, 1}, []int{3, 4, 4, 2, 2, 1, 1, 1}
)

// xResNets are those in fastai's model_meta.
var xResNets = map[string]xResNet{
	"xresnet18": {xPlain, 1, x18, 1, 0, false, 0}, "xresnet34": {xPlain, 1, x34, 1, 0, false, 0}, "xresnet50": {xPlain, 4, x34, 1, 0, false, 0},
	"xresnet101": {xPlain, 4, x101, 1, 0, false, 0}, "xresnet152": {xPlain, 4, x152, 1, 0, false, 0},
}

// xOthers are the others.
var xOthers = map[string]xResNet{
	"xresnet18_deep": {xPlain, 1, x18Deep, 1, 0, false, 0}, "xresnet34_deep": {xPlain, 1, x34Deep, 1, 0, false, 0}, "xresnet50_deep": {xPlain, 4, x34Deep, 1, 0, false, 0},
	"xresnet18_deeper": {xPlain, 1, x18Deeper, 1, 0, false, 0}, "xresnet34_deeper": {xPlain, 1, x34Deeper, 1, 0, false, 0}, "xresnet50_deeper": {xPlain, 4, x34Deeper, 1, 0, false, 0},
	"xse_resnet18": {xSE, 1, x18, 1, 16, false, 0}, "xse_resnet34": {xSE, 1, x34, 1, 16, false, 0}, "xse_resnet50": {xSE, 4, x34, 1, 16, false, 0},
	"xse_resnet101": {xSE, 4, x101, 1, 16, false, 0}, "xse_resnet152": {xSE, 4, x152, 1, 16, false, 0},
	"xsenet154":     {xSE, 4, x152, 64, 16, false, 0.2}, // as fastai means it: its own raises
	"xse_resnext18": {xNeXt, 1, x18, 32, 16, false, 0}, "xse_resnext34": {xNeXt, 1, x34, 32, 16, false, 0}, "xse_resnext50": {xNeXt, 4, x34, 32, 16, false, 0}, "xse_resnext101": {xNeXt, 4, x101, 32, 16, false, 0},
	"xresnext18": {xNeXt, 1, x18, 32, 0, false, 0}, "xresnext34": {xNeXt, 1, x34, 32, 0, false, 0}, "xresnext50": {xNeXt, 4, x34, 32, 0, false, 0}, "xresnext101": {xNeXt, 4, x101, 32, 0, false, 0},
	"xse_resnext18_deep": {xNeXt, 1, x18Deep, 32, 16, false, 0}, "xse_resnext34_deep": {xNeXt, 1, x34Deep, 32, 16, false, 0}, "xse_resnext50_deep": {xNeXt, 4, x34Deep, 32, 16, false, 0},
	"xse_resnext18_deeper": {xNeXt, 1, x18Deeper, 32, 16, false, 0}, "xse_resnext34_deeper": {xNeXt, 1, xSEDeeper, 32, 16, false, 0}, "xse_resnext50_deeper": {xNeXt, 4, xSEDeeper, 32, 16, false, 0},
}

// xConv is fastai's ConvLayer: convolution, norm and, unless last, ReLU.
func xConv(in, out, kernel, stride, groups int64, last bool) *nn.Sequential {
	conv := convOf(in, out, kernel, stride, groups).(*nn.Conv2d)
	if last {
		return nn.NewSequential(conv, batchNorm(out))
	}
	nn.KaimingUniform_(conv.Weight)
	return nn.NewSequential(conv, batchNorm(out), &nn.ReLU{})
}

// xBlock is fastai's ResBlock.
type xBlock struct {
	nn.Base
	ConvPath *nn.Sequential `nn:"convpath"`
	IDPath   *nn.Sequential `nn:"idpath"`
	Act      *nn.ReLU
}

// newBlock makes one of nf·expansion channels; the norm before its sum begins at 0.
func (c xResNet) newBlock(in, nf, stride int64, attends bool) nn.Module {
	h1, h2 := nf, nf
	switch c.kind {
	case xSE:
		h1, h2 = 2*nf, nf*c.expansion
	case xNeXt:
		h1, h2 = nf/16*c.groups, nf/16*c.groups
	}
	in, out := in*c.expansion, nf*c.expansion
	var path, way []nn.Module
	if c.expansion == 1 {
		path = []nn.Module{xConv(in, h2, 3, stride, c.groups, false), xConv(h2, out, 3, 1, 1, true)}
	} else {
		path = []nn.Module{xConv(in, h1, 1, 1, 1, false), xConv(h1, h2, 3, stride, c.groups, false), xConv(h2, out, 1, 1, 1, true)}
	}
	last := nn.Children(path[len(path)-1])[1].Module.(*nn.BatchNorm)
	nn.Constant_(last.Weight, 0)
	if c.reduction > 0 {
		path = append(path, newXSE(out, (out/c.reduction+7)/8*8))
	}
	if attends {
		path = append(path, nn.NewSimpleSelfAttention(out))
	}
	if stride != 1 {
		way = append(way, &nn.AvgPool2d{Kernel: stride, CeilMode: true})
	}
	if in != out {
		way = append(way, xConv(in, out, 1, 1, 1, true))
	}
	return &xBlock{ConvPath: nn.NewSequential(path...), IDPath: nn.NewSequential(way...), Act: &nn.ReLU{InPlace: true}}
}

// Forward maps N×in×H×W to N×out×h×w.
func (m *xBlock) Forward(x *torch.Tensor) *torch.Tensor {
	return within(x, func(x *torch.Tensor) *torch.Tensor {
		return nn.Call(m.Act, nn.Call(m.ConvPath, x).Add(nn.Call(m.IDPath, x)))
	})
}

// newXSE is fastai's SEModule.
func newXSE(channels, squeezed int64) nn.Module {
	conv := func(in, out int64, act nn.Module, fill func(w *torch.Tensor)) nn.Module {
		c := nn.NewConv2d(in, out, 1)
		nn.Normal_(c.Bias, 0, 0.01)
		fill(c.Weight)
		return nn.NewSequential(c, act)
	}
	layers := nn.NewSequential(pool(1), conv(channels, squeezed, &nn.ReLU{}, nn.KaimingUniform_), conv(squeezed, channels, &nn.Sigmoid{}, nn.XavierUniform_))
	m := &gated{}
	m.add(step{"layers", layers})
	return m
}

func newXResNet(c xResNet, classes int64) nn.Module {
	layers := []nn.Module{xConv(3, 32, 3, 2, 1, false), xConv(32, 32, 3, 1, 1, false), xConv(32, 64, 3, 1, 1, false), maxPool(3, 2, 1)}
	in, widths := 64/c.expansion, []int64{64, 128, 256, 512, 256, 256, 256, 256}
	for i, depth := range c.depths {
		var blocks []nn.Module
		stride := int64(2)
		if i == 0 {
			stride = 1
		}
		for j := range depth {
			blocks = append(blocks, c.newBlock(in, widths[i], stride, c.attends && i == len(c.depths)-4 && j == depth-1))
			in, stride = widths[i], 1
		}
		layers = append(layers, nn.NewSequential(blocks...))
	}
	m := nn.NewSequential(append(layers, pool(1), &nn.Flatten{}, &nn.Dropout{P: c.drop}, nn.NewLinear(in*c.expansion, classes))...)
	fill(m, kaimingIn, kaimingIn)
	return m
}

// fastai are its own architectures, cut before their pooling; those with sa=True are called _ssa, and aren't in its model_meta.
func fastai() []family {
	var all []family
	for i, rows := range []map[string]xResNet{xResNets, xOthers} {
		for name, row := range rows {
			f := family{table(map[string]xResNet{name: row}, newXResNet), Arch{Cut: 4 + len(row.depths), Head: []string{itoa(7+len(row.depths)) + "."}}}
			if i == 0 {
				f.Split = []string{"3"}
			}
			all = append(all, f)
			if name == "xsenet154" { // takes no sa
				continue
			}
			row.attends, f.Split = true, nil
			f.builds = table(map[string]xResNet{name + "_ssa": row}, newXResNet)
			all = append(all, f)
		}
	}
	return all
}
