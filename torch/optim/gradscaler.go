package optim

import (
	"errors"
	"fmt"
	"math"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// GradScaler scales the loss so that small gradients do not vanish in float16, and
// leaves out steps whose gradients overflowed (torch.amp.GradScaler). [NewGradScaler]
// makes it with PyTorch's defaults.
type GradScaler struct {
	Scale          float64
	GrowthFactor   float64 // of the scale after GrowthInterval steps without overflow
	BackoffFactor  float64 // of the scale after an overflow
	GrowthInterval int
	Skipped        int // steps that were left out

	tracker  int // steps since the last overflow or growth
	foundInf bool
	checked  bool // since the last Update
}

// NewGradScaler begins at 65,536, doubles after 2,000 steps and halves after an overflow.
func NewGradScaler() *GradScaler {
	return &GradScaler{Scale: 65536, GrowthFactor: 2, BackoffFactor: 0.5, GrowthInterval: 2000}
}

// check refuses what torch.amp.GradScaler refuses when it is made, and a scale or an interval that can't be.
func (s *GradScaler) check() error {
	positive := func(v float64) bool { return v > 0 && !math.IsInf(v, 1) }
	switch {
	case s == nil:
		return errors.New("the grad scaler is nil: make it by NewGradScaler")
	case !positive(s.Scale):
		return fmt.Errorf("the grad scaler's Scale is %v: want a number above 0", s.Scale)
	case !positive(s.GrowthFactor - 1):
		return fmt.Errorf("the grad scaler's GrowthFactor is %v: want more than 1", s.GrowthFactor)
	case !(s.BackoffFactor > 0 && s.BackoffFactor < 1):
		return fmt.Errorf("the grad scaler's BackoffFactor is %v: want a number above 0 and below 1", s.BackoffFactor)
	case s.GrowthInterval < 1:
		return fmt.Errorf("the grad scaler's GrowthInterval is %d: want 1 or more", s.GrowthInterval)
	}
	return nil
}

// ScaleLoss is the loss to be differentiated, in loss's scope.
func (s *GradScaler) ScaleLoss(loss *torch.Tensor) *torch.Tensor {
	refuse("grad_scaler", s.check())
	return loss.MulScalar(s.Scale)
}

// Unscale divides the gradients of params by the scale, once a step and before they are
// clipped, and tells whether the step must be left out. A second time before the next Update is an error, and so are
// parameters in float16, whose gradients would vanish.
func (s *GradScaler) Unscale(params []*torch.Tensor) (skip bool) {
	refuse("unscale", s.check())
	if s.checked {
		refuse("unscale", errors.New("the gradients are unscaled already: an Update comes first"))
	}
	for _, p := range params {
		if p.DType() == torch.Float16 {
			refuse("unscale", errors.New("attempting to unscale float16 gradients: keep the parameters in float32"))
		}
	}
	s.foundInf, s.checked = unscaleGrads(params, s.Scale), true
	return s.foundInf
}

// Update changes the scale after a step, or one that was left out. Without an Unscale since
// the last one it does nothing.
func (s *GradScaler) Update() {
	if s == nil || !s.checked {
		return
	}
	if s.checked = false; s.foundInf {
		s.Scale *= s.BackoffFactor
		s.tracker = 0
		s.Skipped++
		return
	}
	if s.tracker++; s.tracker == s.GrowthInterval {
		s.Scale *= s.GrowthFactor
		s.tracker = 0
	}
}

// ToPTH is the state with the keys of PyTorch's state_dict.
func (s *GradScaler) ToPTH() *pth.Dict {
	if s == nil {
		return nil
	}
	d := pth.NewDict()
	d.Set("scale", s.Scale)
	d.Set("growth_factor", s.GrowthFactor)
	d.Set("backoff_factor", s.BackoffFactor)
	d.Set("growth_interval", int64(s.GrowthInterval))
	d.Set("_growth_tracker", int64(s.tracker))
	return d
}

// LoadPTH takes over a state; if it lacks a number, or has one that no training leaves, nothing changes.
func (s *GradScaler) LoadPTH(d *pth.Dict) error {
	if err := guard.Given("optim: GradScaler.LoadPTH", s, d); err != nil {
		return err
	}
	values := map[string]float64{}
	for _, key := range []string{"scale", "growth_factor", "backoff_factor", "growth_interval", "_growth_tracker"} {
		v, ok := d.Get(key)
		n, isNumber := pth.Float(v)
		if !ok || !isNumber {
			return fmt.Errorf("the grad scaler's state has no number %s", key)
		}
		values[key] = n
	}
	read := *s
	read.Scale, read.GrowthFactor, read.BackoffFactor = values["scale"], values["growth_factor"], values["backoff_factor"]
	read.GrowthInterval, read.tracker = int(values["growth_interval"]), int(values["_growth_tracker"])
	if err := read.check(); err != nil {
		return err
	}
	*s = read
	return nil
}
