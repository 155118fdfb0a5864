package optim

import (
	"fmt"

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

// ScaleLoss is the loss to be differentiated, in loss's scope.
func (s *GradScaler) ScaleLoss(loss *torch.Tensor) *torch.Tensor { return loss.MulScalar(s.Scale) }

// Unscale divides the gradients of params by the scale, once a step and before they are
// clipped, and tells whether the step must be left out.
func (s *GradScaler) Unscale(params []*torch.Tensor) (skip bool) {
	s.foundInf, s.checked = torch.UnscaleGrads(params, s.Scale), true
	return s.foundInf
}

// Update changes the scale after a step, or one that was left out. Without an Unscale since
// the last one it does nothing.
func (s *GradScaler) Update() {
	if !s.checked {
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
	d := pth.NewDict()
	d.Set("scale", s.Scale)
	d.Set("growth_factor", s.GrowthFactor)
	d.Set("backoff_factor", s.BackoffFactor)
	d.Set("growth_interval", int64(s.GrowthInterval))
	d.Set("_growth_tracker", int64(s.tracker))
	return d
}

// LoadPTH takes over a state; if it lacks a number nothing changes.
func (s *GradScaler) LoadPTH(d *pth.Dict) error {
	values := map[string]float64{}
	for _, key := range []string{"scale", "growth_factor", "backoff_factor", "growth_interval", "_growth_tracker"} {
		v, ok := d.Get(key)
		n, isNumber := pth.Float(v)
		if !ok || !isNumber {
			return fmt.Errorf("the grad scaler's state has no number %s", key)
		}
		values[key] = n
	}
	s.Scale, s.GrowthFactor, s.BackoffFactor = values["scale"], values["growth_factor"], values["backoff_factor"]
	s.GrowthInterval, s.tracker = int(values["growth_interval"]), int(values["_growth_tracker"])
	return nil
}
