package main

import (
	"runtime"
	"time"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// modelStepFigures are training steps of whole models of timm's, channels-last, beside PyTorch's with its fused AdamW: those of depthwise
// convolutions, of layer norms over channels, and of attention.
func modelStepFigures() (all []figure) {
	for _, arch := range []string{"tf_efficientnet_lite0", "convnext_tiny", "vit_tiny_patch16_224"} {
		all = append(all, figure{group: "train", name: "step, " + arch + ", 8 at 224, tuned PyTorch", target: 0.97, open: openModelStep(arch)})
	}
	return all
}

func openModelStep(name string) func() (func() (float64, error), func(), error) {
	return func() (func() (float64, error), func(), error) {
		arch, err := models.Get(name)
		if err != nil {
			return nil, nil, err
		}
		runtime.LockOSThread()
		m := arch.New(10)
		nn.ToFormat(m, torch.ChannelsLast)
		opt := optim.New(optim.Adam{}, nn.Parameters(m))
		s := torch.NewScope()
		x := s.Randn(8, 3, 224, 224).ToFormat(torch.ChannelsLast)
		y := s.With(torch.Int64).Zeros(8)
		measure := func() (float64, error) {
			start := time.Now()
			step := s.Child()
			defer step.Close()
			torch.CrossEntropy(m.Forward(x.In(step)), y, torch.CrossEntropyOptions{Reduction: torch.ReductionMean}).Backward()
			opt.Step()
			opt.ZeroGrad()
			return time.Since(start).Seconds(), nil
		}
		return measure, func() { s.Close(); opt.Close(); nn.Close(m); runtime.UnlockOSThread() }, nil
	}
}
