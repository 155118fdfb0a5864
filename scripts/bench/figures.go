package main

import (
	"runtime"
	"slices"
	"time"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

var figures = slices.Concat(forwardFigures(), wholeFigures(), modelStepFigures(), loadFigures(), residentFigures(), deployFigures(), []figure{
	{group: "op", name: "add of 8 elements", target: 1, open: openAdd},
	{group: "op", name: "adam step, resnet34", target: 8, open: openAdam, roofline: moveAdam},
	{group: "op", name: "adam step, resnet34, fused AdamW", target: 0.9, open: openAdam},
	{group: "loader", name: "500-pixel photographs to 224", target: 1.7, open: openLoader("500px"), roofline: decodeWhole("500px")},
	{group: "loader", name: "12-megapixel photographs to 224", target: 4, open: openLoader("12mp")},
	{group: "augment", name: "64 at 256 to 224", target: 1.5, open: openAugment(vision.SamplingFastai, vision.Size(224))},
	{group: "augment", name: "64 at 256 to 224, min_scale 0.75", target: 1.5, open: openAugment(vision.SamplingFastai, vision.Size(224), vision.MinScale(0.75))},
	{group: "augment", name: "the same, sampled once", target: 1.5, open: openAugment(vision.SamplingOnce, vision.Size(224), vision.MinScale(0.75))},
	{group: "checkpoint", name: "read resnet50, beside mmap=True", target: 1, open: openRead(".pth", checkpoint.Open)},
	{group: "checkpoint", name: "read resnet50, beside torch.load", target: 3, open: openRead(".pth", checkpoint.Open)},
	{group: "checkpoint", name: "write resnet50, no fsync", target: 1, open: openWrite(".pth")},
	{group: "checkpoint", name: "read resnet50, safetensors", target: 1, open: openRead(".safetensors", checkpoint.Open)},
	{group: "checkpoint", name: "map resnet50, safetensors", target: 1, open: openRead(".safetensors", checkpoint.OpenMapped)},
	{group: "checkpoint", name: "write resnet50, safetensors, no fsync", target: 1, open: openWrite(".safetensors")},
	{group: "train", name: "step, resnet18, 32 at 128", target: 1, open: openStep},
	{group: "train", name: "resnet18 at 128", target: 1.25, open: openTraining(small, channelsLast)},
	{group: "train", name: "resnet18 at 128, bfloat16", target: 2.2, open: openTraining(small, bfloat16), needs: withBF16},
	{group: "train", name: "resnet18 at 128, bfloat16, tuned PyTorch", target: 0.97, open: openTraining(small, bfloat16), needs: withBF16},
	{group: "train", name: "resnet34 at 224", target: 1.25, open: openTraining(article, channelsLast)},
	{group: "train", name: "resnet34 at 224, bfloat16", target: 2.2, open: openTraining(article, bfloat16), needs: withBF16},
	{group: "train", name: "resnet34 at 224, bfloat16, tuned PyTorch", target: 0.97, open: openTraining(article, bfloat16), needs: withBF16},
	{group: "predict", name: "one picture, resnet18 at 128", target: 2, open: openPredict(small)},
	{group: "predict", name: "one picture, resnet34 at 224", target: 2, open: openPredict(article)},
	{group: "process", name: "first batch, resnet18 at 128", target: 4, open: cost(toFirst).ours(small, "float32"), theirs: cost(toFirst).python(small)},
	{group: "process", name: "first batch, resnet34 at 224", target: 4, open: cost(toFirst).ours(article, "float32"), theirs: cost(toFirst).python(article)},
	{group: "process", name: "memory, resnet34 at 224", unit: "bytes", target: 1 / 0.85, open: cost(peakMemory).ours(article, "float32"), theirs: cost(peakMemory).python(article)},
	{group: "process", name: "memory, resnet34 at 224, bfloat16", unit: "bytes", target: 1 / 0.65, open: cost(peakMemory).ours(article, "bfloat16"), theirs: cost(peakMemory).python(article), needs: withBF16},
	{group: "parallel", name: "2 processes, beside 2 plain runs", target: 0.9, open: openTogether(small, 2), theirs: plainRuns(small, 2, 2), needs: processors(2)},
	{group: "parallel", name: "2 processes, beside a plain run", target: 0.8, open: openTogether(small, 2), theirs: plainRuns(small, 1, 2), needs: processors(2)},
	{group: "parallel", name: "4 processes, beside 4 plain runs", target: 0.9, open: openTogether(small, 4), theirs: plainRuns(small, 4, 4), needs: processors(4)},
	{group: "shared", name: "resnet18 at 128, alone, beside fixed threads", target: 0.97, open: openTraining(small, bfloat16), theirs: alone(true, 1, small, bfloat16)},
	{group: "shared", name: "resnet18 at 128, two loops, beside a fair share", target: 0.8, open: openBeside(2, small, bfloat16), theirs: alone(false, fair(2), small, bfloat16)},
	{group: "shared", name: "resnet18 at 128, one loop, beside a fair share", target: 0.8, open: openBeside(1, small, bfloat16), theirs: alone(false, fair(1), small, bfloat16)},
	{group: "shared", name: "resnet18 at 128, after two loops, beside alone", target: 0.95, open: openBack(2, small, bfloat16), theirs: alone(false, 1, small, bfloat16)},
	{group: "shared", name: "resnet18 at 128, a cgroup of one core, beside one core", target: 1, open: cost(inCgroup).ours(small, "bfloat16"), theirs: cost(onOneCore).again(small, "bfloat16"), needs: cgroups},
	{group: "shared", name: "resnet18 at 128, two loops", target: 2, loops: 2, open: openBeside(2, small, bfloat16)},
	{group: "gpu", name: "files to weights, resnet34", target: 0.97, open: openGPU(vision.ResNet34)},
	{group: "gpu", name: "files to weights, resnet50", target: 0.97, open: openGPU(vision.ResNet50)},
	{group: "gpu-fastai", name: "files to weights, resnet34", target: 1.5, open: openGPU(vision.ResNet34)},
	{group: "gpu-fastai", name: "files to weights, resnet50", target: 1.5, open: openGPU(vision.ResNet50)},
})

// openAdd measures one operation on tensors of 8 elements, its result freed.
func openAdd() (func() (float64, error), func(), error) {
	s := torch.NewScope()
	x, y := s.Ones(8), s.Ones(8)
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
		p.SetGrad(s.Randn(p.Shape()...))
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

// moveAdam measures what the step can't be faster than: moving as many bytes, four tensors of
// all parameters that are read and three that are written, as adding two tensors does it.
func moveAdam() (float64, error) {
	m := models.ResNet34(10)
	n := int64(0)
	for _, p := range nn.Parameters(m) {
		n += p.Numel()
	}
	nn.Close(m)
	s := torch.NewScope()
	defer s.Close()
	x, y := s.Ones(n), s.Ones(n)
	x.Add_(y)
	const times = 5
	start := time.Now()
	for range times {
		x.Add_(y) // two are read, one is written
	}
	return time.Since(start).Seconds() / times * 7 / 3, nil
}

// openStep measures a training step of a vision model, unfrozen, without data.
func openStep() (func() (float64, error), func(), error) {
	runtime.LockOSThread()
	whole := models.ResNet18(1)
	var body []nn.Module
	for _, c := range nn.Children(whole)[:vision.ResNet18.Cut] {
		body = append(body, c.Module)
	}
	m := nn.NewSequential(nn.NewSequential(body...), vision.CreateHead(512, 10, vision.HeadOptions{}))
	opt := optim.New(optim.Adam{}, nn.Parameters(m))
	s := torch.NewScope()
	x := s.Randn(32, 3, 128, 128)
	y := s.With(torch.Int64).Zeros(32)
	const n = 3
	measure := func() (float64, error) {
		start := time.Now()
		for range n {
			step := s.Child()
			out := m.Forward(x.In(step))
			torch.CrossEntropy(out, y, torch.CrossEntropyOptions{Reduction: torch.ReductionMean}).Backward()
			opt.Step()
			opt.ZeroGrad()
			step.Close()
		}
		return time.Since(start).Seconds() / n, nil
	}
	return measure, func() { s.Close(); opt.Close(); nn.Close(m); nn.Close(whole); runtime.UnlockOSThread() }, nil
}
