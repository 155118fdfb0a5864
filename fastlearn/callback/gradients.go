package callback

import (
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// GradientClip is a callback that scales the gradients of a step down where their norm, of all
// parameters together, is above maxNorm; normType is its order, 2 or math.Inf(1) for the
// largest gradient (fastai's GradientClip, with 1 and 2). In float16 it clips after unscaling.
func GradientClip(maxNorm, normType float64) fastlearn.Callback {
	return gradientClip{maxNorm, normType}
}

type gradientClip struct{ maxNorm, normType float64 }

// Order is fastai's: after mixed precision.
func (gradientClip) Order() int { return 11 }

// ClipsAnyGradients says that a step that is left out may be clipped.
func (gradientClip) ClipsAnyGradients() {}

func (g gradientClip) Identity() string {
	return fmt.Sprintf("GradientClip(%v, %v)", g.maxNorm, g.normType)
}

func (g gradientClip) AfterCreate(*fastlearn.Learner) error {
	if !(g.maxNorm > 0) || !(g.normType > 0) {
		return fmt.Errorf("GradientClip(%v, %v): want two numbers above 0", g.maxNorm, g.normType)
	}
	return nil
}

// BeforeStep clips as torch.nn.utils.clip_grad_norm_ does. Nothing waits for the device.
func (g gradientClip) BeforeStep(l *fastlearn.Learner) error {
	s := torch.NewScope()
	defer s.Close()
	return torch.Try(func() { nn.ClipGradNorm_(s, nn.Parameters(l.Model), g.maxNorm, g.normType) })
}

// GradientAccumulation is a callback that steps only when nAcc items or more have been seen, whose
// gradients it adds up and weighs as one batch of nAcc items (fastai's GradientAccumulation,
// whose nAcc is 32). As in fastai, what is left over at the end of a fit stays in the gradients.
func GradientAccumulation(nAcc int) fastlearn.Callback { return &gradientAccumulation{nAcc: nAcc} }

type gradientAccumulation struct{ nAcc, count int }

// Order is fastai's: before mixed precision.
func (*gradientAccumulation) Order() int { return 6 }

// TrainOnly leaves validation alone.
func (*gradientAccumulation) TrainOnly() {}

func (g *gradientAccumulation) Identity() string {
	return fmt.Sprintf("GradientAccumulation(%d)", g.nAcc)
}

func (g *gradientAccumulation) AfterCreate(*fastlearn.Learner) error {
	if g.nAcc < 1 {
		return fmt.Errorf("GradientAccumulation(%d): want 1 or more", g.nAcc)
	}
	return nil
}

func (g *gradientAccumulation) BeforeFit(*fastlearn.Learner) error {
	g.count = 0
	return nil
}

// part is the weight of the batch in hand.
func (g *gradientAccumulation) part(l *fastlearn.Learner) float64 {
	return float64(g.nAcc) / float64(l.Y().Size(0))
}

// AfterLoss weighs what is differentiated; the loss that is recorded stays.
func (g *gradientAccumulation) AfterLoss(l *fastlearn.Learner) error {
	if l.Y() == nil {
		return nil
	}
	return torch.Try(func() { l.LossGrad = l.LossGrad.DivScalar(g.part(l)) })
}

// BeforeStep leaves out the step, and the zeroing of the gradients, until there are enough items.
func (g *gradientAccumulation) BeforeStep(l *fastlearn.Learner) error {
	err := torch.Try(func() {
		torch.NoGrad(func() { l.LossGrad = l.LossGrad.MulScalar(g.part(l)) })
		g.count += int(l.Y().Size(0))
	})
	if err != nil {
		return err
	}
	if g.count < g.nAcc {
		return fastlearn.ErrCancelBatch
	}
	g.count = 0
	return nil
}

// State is the number of items since the last step.
func (g *gradientAccumulation) State(*fastlearn.Learner) (*pth.Dict, error) {
	d := pth.NewDict()
	d.Set("count", int64(g.count))
	return d, nil
}

// LoadState takes it over.
func (g *gradientAccumulation) LoadState(_ *fastlearn.Learner, _ torch.Holder, d *pth.Dict) error {
	return pth.LoadNumbers(d, map[string]any{"count": &g.count})
}
