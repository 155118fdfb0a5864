// Package visionmodel makes the model of a vision learner: a body that is cut from an architecture, and a head.
package visionmodel

import (
	"context"
	"fmt"
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/hub"
)

// Config is what a vision learner's options say of its model.
type Config struct {
	Ctx        context.Context // of a download
	Pretrained bool
	Weights    string // a file or a name; empty: the architecture's published ones
	Load       nn.LoadOptions
	Normalize  bool // batches, as the weights were trained
	Head       vision.HeadOptions
	CustomHead nn.Module // nil: fastai's, by Head
	NIn, NOut  int64     // channels and outputs

	found hub.Checkpoint // what Weights names
}

// Default returns what holds without an option.
func Default() Config {
	return Config{Ctx: context.Background(), Pretrained: true, Normalize: true}
}

// New makes a body and a head, and returns with them the architecture's names
// for the body's children.
func New(arch vision.Arch, c Config) (model nn.Module, names []string, err error) {
	var load func(whole nn.Module) error
	if c.Pretrained {
		load = func(whole nn.Module) error { return loadBody(whole, arch, c) }
	}
	body, names, err := vision.CreateBody(arch, c.NIn, load)
	if err != nil {
		return nil, nil, fmt.Errorf("fastlearn: %w", err)
	}
	features, err := vision.NumFeatures(body, arch)
	if err == nil {
		err = torch.Try(func() { model = nn.NewSequential(body, c.newHead(features, arch.Pooled)) })
	}
	if err != nil {
		nn.Close(body)
	}
	return model, names, err
}

func (c Config) newHead(features int64, pooled bool) nn.Module {
	if c.CustomHead == nil {
		c.Head.NoPool = c.Head.NoPool || pooled
		return vision.CreateHead(features, c.NOut, c.Head)
	}
	fill := func(weight, bias *torch.Tensor) {
		nn.KaimingNormal_(weight, nn.FanIn)
		if bias != nil {
			nn.Constant_(bias, 0)
		}
	}
	nn.Walk(c.CustomHead, func(_ string, m nn.Module) {
		switch m := m.(type) {
		case *nn.Linear:
			fill(m.Weight, m.Bias)
		case *nn.Conv2d:
			fill(m.Weight, m.Bias)
		}
	})
	return c.CustomHead
}

// Splitter divides a model that [New] made: the body at arch.Split, then the head.
func Splitter(arch vision.Arch) func(nn.Module) [][]*torch.Tensor {
	return func(m nn.Module) [][]*torch.Tensor {
		parts := nn.Children(m)
		groups := [][]*torch.Tensor{nil}
		seen := map[*torch.Tensor]bool{}
		nn.Walk(parts[0].Module, func(name string, m nn.Module) {
			if slices.Contains(arch.Split, name) {
				groups = append(groups, nil)
			}
			for _, p := range nn.Own(m) {
				if last := len(groups) - 1; !seen[p.Tensor] {
					groups[last], seen[p.Tensor] = append(groups[last], p.Tensor), true
				}
			}
		})
		for _, part := range parts[1:] {
			groups = append(groups, nn.Parameters(part.Module))
		}
		return groups
	}
}

// HasDepthwise tells whether a model has depthwise convolutions, whose backward pass takes a CPU several times as long in row-major order: kernels of one
// channel behind the first layer, which has them for grey pictures.
func HasDepthwise(m nn.Module) bool {
	first := true
	return slices.ContainsFunc(nn.Parameters(m), func(p *torch.Tensor) bool {
		if p.Dim() != 4 {
			return false
		}
		shape := p.Shape()
		depthwise := !first && shape[0] > 1 && shape[1] == 1 && shape[2]*shape[3] > 1
		first = false
		return depthwise
	})
}
