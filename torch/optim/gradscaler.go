package optim

import (
	"errors"
	"fmt"
	"math"

	"github.com/fastlearn-go/fastlearn/torch"
)

// GradScaler scales the loss so that small gradients do not vanish in float16, and
// leaves out steps whose gradients overflowed (torch.amp.GradScaler). [NewGradScaler]
// makes it with PyTorch's defaults.
//
//	scaler.ScaleLoss(loss).Backward()
//	scaler.Unscale(opt) // before gradients are clipped; otherwise Step does it
//	scaler.Step(opt)
//	scaler.Update()
//
// Several optimizers on one device may share a scaler: the gradients of each decide on its own step, and Update comes after the last.
//
// Its numbers lie on the parameters' device from the first step until [GradScaler.Close], so on a GPU the host waits for none of these four where
// the rule is [Adam] or [SGD], with defaults by [With] too; with another rule Step waits once.
type GradScaler struct {
	InitScale      float64 // with which it begins, or goes on after LoadPTH and Close
	GrowthFactor   float64 // of the scale after GrowthInterval steps without overflow
	BackoffFactor  float64 // of the scale after an overflow
	GrowthInterval int

	tracker int      // steps since the last overflow or growth, before it begins
	skipped int      // likewise
	on      *scaling // nil before it begins
}

// progress is how far an optimizer's step is: whether its overflow was read too, and what was.
type progress struct {
	of                      *Optimizer
	found                   *torch.Tensor // 1 if the gradients overflowed, else 0
	stepped, read, foundInf bool
}

func (p *progress) overflowed() bool {
	if !p.read {
		p.foundInf, p.read = p.found.Item() != 0, true
	}
	return p.foundInf
}

// NewGradScaler begins at 65,536, doubles after 2,000 steps and halves after an overflow.
func NewGradScaler() *GradScaler {
	return &GradScaler{InitScale: 65536, GrowthFactor: 2, BackoffFactor: 0.5, GrowthInterval: 2000}
}

// smallestScale is the smallest normal float32. Gradients are multiplied by the scale's reciprocal, which is infinite below 2⁻¹²⁸, so even those that
// didn't overflow would become infinite, or NaN.
const smallestScale = 0x1p-126

// check refuses what torch.amp.GradScaler refuses when it is made, and a scale or an interval that can't be.
func (s *GradScaler) check() error {
	switch {
	case s == nil:
		return errors.New("the grad scaler is nil: make it by NewGradScaler")
	case !(s.InitScale >= smallestScale && s.InitScale <= math.MaxFloat32):
		return fmt.Errorf("the grad scaler's InitScale is %v: want a number from %.3g to %.3g, so that gradients can be divided by it", s.InitScale, smallestScale, math.MaxFloat32)
	case !(s.GrowthFactor > 1 && s.GrowthFactor <= math.MaxFloat32):
		return fmt.Errorf("the grad scaler's GrowthFactor is %v: want more than 1", s.GrowthFactor)
	case !(s.BackoffFactor > 0 && s.BackoffFactor < 1):
		return fmt.Errorf("the grad scaler's BackoffFactor is %v: want a number above 0 and below 1", s.BackoffFactor)
	case s.GrowthInterval < 1 || s.GrowthInterval > math.MaxInt32:
		return fmt.Errorf("the grad scaler's GrowthInterval is %d: want 1 or more, and at most %d", s.GrowthInterval, math.MaxInt32)
	}
	return nil
}

// Scale returns the scale of the next loss. Here and below, on a GPU the host waits for it.
func (s *GradScaler) Scale() float64 {
	switch {
	case s == nil:
		return math.NaN()
	case s.on == nil:
		return s.InitScale
	}
	return s.on.scale.Item()
}

// Skipped returns how many steps were left out.
func (s *GradScaler) Skipped() int {
	switch {
	case s == nil:
		return 0
	case s.on == nil:
		return s.skipped
	}
	return int(s.on.skipped.Item())
}

// FoundInf reports whether gradients that were unscaled since the last Update overflowed, so that their optimizer's step is left out.
func (s *GradScaler) FoundInf() bool {
	found := false
	if s != nil && s.on != nil {
		for i := range s.on.since {
			found = s.on.since[i].overflowed() || found
		}
	}
	return found
}

// ScaleLoss is the loss to be differentiated, in loss's scope.
func (s *GradScaler) ScaleLoss(loss *torch.Tensor) *torch.Tensor {
	refuse("grad_scaler", s.check())
	d := loss.Device()
	if s.on == nil {
		s.begin(d)
	}
	if s.on.scale.Device() == d {
		return loss.Mul(s.on.scale)
	}
	there := s.on.scale.To(d)
	defer there.Close()
	return loss.Mul(there)
}

// of returns how far o's step is, nil where its gradients aren't unscaled.
func (s *GradScaler) of(o *Optimizer) *progress {
	if s.on != nil {
		for i := range s.on.since {
			if p := &s.on.since[i]; p.of == o {
				return p
			}
		}
	}
	return nil
}

// Unscale divides the gradients of o's parameters, which are on one device, by the scale, once a step and before they are
// clipped. A second time before the next Update is an error, and so are
// parameters in float16, whose gradients would vanish.
func (s *GradScaler) Unscale(o *Optimizer) {
	refuse("unscale", s.check())
	refuse("unscale", o.check())
	if s.of(o) != nil {
		refuse("unscale", errors.New("the optimizer's gradients are unscaled already: an Update comes first"))
	}
	params := o.tensors()
	if len(params) == 0 {
		refuse("unscale", errors.New("there are no parameters"))
	}
	for _, p := range params {
		if p.DType() == torch.Float16 {
			refuse("unscale", errors.New("attempting to unscale float16 gradients: keep the parameters in float32"))
		}
	}
	d := params[0].Device()
	if s.on != nil && s.on.scale.Device() != d {
		if len(s.on.since) > 0 {
			refuse("unscale", fmt.Errorf("the parameters are on %s, those of another optimizer with this grad scaler on %s: give each its own", d, s.on.scale.Device()))
		}
		s.Close()
	}
	on := s.begin(d)
	found := on.nextFound()
	unscaleGrads(params, on.scale, found)
	on.since = append(on.since, progress{of: o, found: found})
}

// Step makes o's step, unless its gradients overflowed; it unscales them where [GradScaler.Unscale] hasn't. A scaler that is nil just makes it.
func (s *GradScaler) Step(o *Optimizer) {
	refuse("step", o.check())
	if s == nil {
		o.Step()
		return
	}
	if s.of(o) == nil {
		s.Unscale(o)
	}
	p := s.of(o)
	if p.stepped {
		refuse("step", errors.New("the grad scaler has made the optimizer's step already: an Update comes first"))
	}
	p.stepped = true
	if inPlaceOf(o.rule) != nil && !p.read {
		o.stepUnless(p.found)
	} else if !p.overflowed() {
		o.Step()
	}
}

// Update changes the scale after the steps, made or left out. Without an Unscale since
// the last one it does nothing.
func (s *GradScaler) Update() {
	if s == nil || s.on == nil || len(s.on.since) == 0 {
		return
	}
	on := s.on
	for _, p := range on.since {
		on.skipped.Add_(p.found)
	}
	found := on.since[0].found
	for _, p := range on.since[1:] {
		found.Add_(p.found)
	}
	torch.Call("aten::_amp_update_scale_", on.scale, on.tracker, found, s.GrowthFactor, s.BackoffFactor, s.GrowthInterval)
	torch.Call("aten::clamp_min_", on.scale, smallestScale)
	clear(on.since)
	on.since = on.since[:0]
}
