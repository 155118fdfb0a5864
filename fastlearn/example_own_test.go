package fastlearn_test

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
	"github.com/fastlearn-go/fastlearn/vision"
)

// spikes counts the batches whose loss is far above what it was lately.
type spikes struct{ n int }

func (*spikes) Order() int { return 55 } // after the recorder, which smooths the loss
func (*spikes) TrainOnly() {}            // not for validation's batches

func (s *spikes) AfterBatch(l *fastlearn.Learner) error {
	if l.LossValue() > 2*l.Recorder.SmoothLoss() {
		s.n++
	}
	return nil
}

// squeeze weighs channels by what they hold on average: a part of a model.
type squeeze struct {
	nn.Base
	FC *nn.Linear // fc in the state_dict
}

func newSqueeze(channels int64) *squeeze {
	return &squeeze{FC: nn.NewLinear(channels, channels)}
}

func (s *squeeze) Forward(x *torch.Tensor) *torch.Tensor {
	weights := s.FC.Forward(x.Mean(2, 3)).Sigmoid()
	return x.Mul(weights.View(x.Size(0), x.Size(1), 1, 1))
}

// newSmallNet makes a whole model of it.
func newSmallNet(classes int64) nn.Module {
	return nn.NewSequential(
		nn.NewConv2d(3, 16, 3, nn.Stride(2)), nn.NewBatchNorm(16), &nn.ReLU{InPlace: true}, newSqueeze(16),
		&nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, nn.NewLinear(16, classes))
}

// bodyAndHead makes two parameter groups, the last layer being the second.
func bodyAndHead(m nn.Module) [][]*torch.Tensor {
	groups := make([][]*torch.Tensor, 2)
	layers := nn.Children(m)
	for i, layer := range layers {
		group := i / (len(layers) - 1)
		groups[group] = append(groups[group], nn.Parameters(layer.Module)...)
	}
	return groups
}

// poly1 is cross-entropy that also counts how far the target's probability is from 1
// (Leng and others 2022). What it doesn't say it has from CrossEntropy.
type poly1 struct{ loss.CrossEntropy }

func (p poly1) Loss(pred, target *torch.Tensor, r torch.Reduction) *torch.Tensor {
	each := p.CrossEntropy.Loss(pred, target, torch.ReductionNone)
	loss := each.Add(each.Neg().Exp().Neg().AddScalar(1))
	switch r {
	case torch.ReductionMean:
		return loss.Mean()
	case torch.ReductionSum:
		return loss.Sum()
	}
	return loss
}

// signSGD steps by the sign of each gradient (Bernstein and others 2018).
type signSGD struct{}

func (signSGD) Defaults() optim.Hypers { return optim.Hypers{"lr": 1e-3, "wd": 0} }

func (signSGD) Step(params []*optim.Param, h optim.Hypers) {
	torch.NoGrad(func() {
		for _, p := range params {
			s := torch.NewScope() // a parameter has none, so its gradient needs one to be freed with
			g := p.Grad().MoveTo(s)
			sign := g.Div(g.Abs().AddScalar(1e-12))
			p.MulScalar_(1 - h["lr"]*h["wd"]).Sub_(sign.MulScalar(h["lr"]))
			s.Close()
		}
	})
}

// All that a learner is made of can be replaced.
func Example_extending() {
	defer flowers(4)()
	noise := vision.Augment("Noise", func(x *torch.Tensor, rng *rand.Rand) *torch.Tensor {
		noise := x.Scope().With(x.Device()).Empty(x.Shape()...).NormalSeeded_(0, 0.05, rng.Uint64())
		return x.Add_(noise).Clamp_(0, 1)
	})
	sure := metric.Avg("sure", func(pred, target *torch.Tensor) *torch.Tensor {
		return pred.Softmax(-1).GtScalar(0.9).To(torch.Float32).Sum(-1).Mean()
	})

	dls, err := data.FromFolder("flowers", data.BatchSize(8), data.ItemTfms(vision.Resize(32)),
		data.BatchTfms(vision.AugTransforms().With(noise)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	spiked := &spikes{}
	learn, err := fastlearn.NewLearner(dls, newSmallNet(int64(dls.Outputs())), fastlearn.SplitBy(bodyAndHead),
		fastlearn.LossFunc(poly1{}), fastlearn.OptFunc(signSGD{}), fastlearn.Metrics(metric.Accuracy(), sure),
		fastlearn.Callbacks(spiked), fastlearn.NoLogging())
	if err != nil {
		log.Fatal(err)
	}
	defer learn.Close()
	err = learn.FitOneCycle(context.Background(), 2, fastlearn.Slice(1e-3, 1e-2))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(learn.Recorder.MetricNames, len(learn.Opt.Groups), "groups,", spiked.n, "spikes")
	// Output: [epoch train_loss valid_loss accuracy sure time] 2 groups, 0 spikes
}

// A custom architecture gets fastai's head, freezing and rates like any other.
func ExampleVisionLearner_arch() {
	defer flowers(4)()
	arch := vision.Arch{
		Name:     "smallnet",
		New:      newSmallNet,
		Cut:      4, // its first four children are the body
		Split:    []string{"2"},
		Features: 16,
	}
	dls, err := data.FromFolder("flowers", data.BatchSize(8), data.ItemTfms(vision.Resize(32)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, arch, fastlearn.FromScratch(), fastlearn.NoLogging())
	if err != nil {
		log.Fatal(err)
	}
	defer learn.Close()
	if err := learn.FineTune(context.Background(), 1); err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(learn.Opt.Groups), "groups,", nn.StateDict(learn.Model)[0].Name)
	// Output: 3 groups, 0.0.weight
}
