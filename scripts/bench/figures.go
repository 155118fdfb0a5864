package main

import (
	"runtime"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

var figures = []figure{
	{"op", "add of 8 elements", "seconds", 1, openAdd, nil},
	{"op", "adam step, resnet34", "seconds", 8, openAdam, nil},
	{"loader", "500-pixel photographs to 224", "seconds", 1.7, openLoader("500px"), decodeWhole("500px")},
	{"loader", "12-megapixel photographs to 224", "seconds", 4, openLoader("12mp"), nil},
	{"augment", "64 at 256 to 224", "seconds", 1.5, openAugment(vision.SamplingFastai, vision.Size(224)), nil},
	{"augment", "64 at 256 to 224, min_scale 0.75", "seconds", 1.5, openAugment(vision.SamplingFastai, vision.Size(224), vision.MinScale(0.75)), nil},
	{"augment", "the same, sampled once", "seconds", 1.5, openAugment(vision.SamplingOnce, vision.Size(224), vision.MinScale(0.75)), nil},
	{"train", "step, resnet18, 32 at 128", "seconds", 1, openStep, nil},
	{"train", "files to weights, resnet18 at 128", "seconds", 1.25, openTraining(func(l *fastlearn.Learner) { l.ToChannelsLast() }), nil},
	{"train", "the same in bfloat16", "seconds", 2.2, openTraining(func(l *fastlearn.Learner) { l.ToChannelsLast().ToBF16() }), nil},
}

// openAdd measures one operation on tensors of 8 elements, its result freed.
func openAdd() (func() (float64, error), func(), error) {
	s := torch.NewScope()
	x, y := s.Ones([]int64{8}), s.Ones([]int64{8})
	const n = 100_000
	return func() (float64, error) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		start := time.Now()
		for range n {
			x.Add(y).Close()
		}
		return time.Since(start).Seconds() / n, nil
	}, s.Close, nil
}

// openAdam measures the optimizer's step over all of ResNet-34's parameters.
func openAdam() (func() (float64, error), func(), error) {
	runtime.LockOSThread()
	m := models.ResNet34(10)
	s := torch.NewScope()
	for _, p := range nn.Parameters(m) {
		p.SetGrad(s.Randn(p.Shape()))
	}
	opt := optim.New(optim.Adam{}, nn.Parameters(m))
	const n = 10
	measure := func() (float64, error) {
		start := time.Now()
		for range n {
			opt.Step()
		}
		return time.Since(start).Seconds() / n, nil
	}
	return measure, func() { opt.Close(); nn.Close(m); s.Close(); runtime.UnlockOSThread() }, nil
}

// openStep measures a training step of a vision model, unfrozen, without data.
func openStep() (func() (float64, error), func(), error) {
	runtime.LockOSThread()
	whole := models.ResNet18(1)
	var body []nn.Module
	for _, c := range nn.Children(whole)[:vision.ResNet18.Cut] {
		body = append(body, c.Module)
	}
	m := nn.NewSequential(nn.NewSequential(body...), fastlearn.CreateHead(512, 10, fastlearn.HeadOptions{}))
	opt := optim.New(optim.Adam{}, nn.Parameters(m))
	s := torch.NewScope()
	x := s.Randn([]int64{32, 3, 128, 128})
	y := s.Zeros([]int64{32}, torch.Int64)
	const n = 3
	measure := func() (float64, error) {
		start := time.Now()
		for range n {
			step := s.Child()
			out := m.Forward(x.Alias().MoveTo(step))
			torch.CrossEntropy(out, y, torch.CrossEntropyOptions{Reduction: torch.ReductionMean}).Backward()
			opt.Step()
			opt.ZeroGrad()
			step.Close()
		}
		return time.Since(start).Seconds() / n, nil
	}
	return measure, func() { s.Close(); opt.Close(); nn.Close(m); nn.Close(whole); runtime.UnlockOSThread() }, nil
}
