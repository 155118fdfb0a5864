package callback

import (
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// EMA is a callback that keeps an exponential moving average of the weights: after each step it
// becomes decay·average + (1-decay)·weight (Polyak and Juditsky 1992; the numbers are those of
// torch.optim.swa_utils.AveragedModel with get_ema_multi_avg_fn, 0.999 there). fastai has no
// such callback.
//
// The average stands in the model's place from an epoch's validation to its end, so that what
// validation measures and [SaveModel] saves is the average; training goes on with the weights. When
// a fit ends the average is what stays in the model; when it fails or is cancelled, the weights.
// Buffers, such as the averages of batch norms, are the model's own.
func EMA(decay float64) fastlearn.Callback { return &ema{decay: decay} }

type ema struct {
	decay    float64
	other    []*torch.Tensor // the averages, or while those are in the model the weights; nil between fits
	averaged int             // steps that are in the average
	swapped  bool            // the averages are in the model
	skipped  bool            // the step in hand was left out
}

// Order is before that of the callbacks that save.
func (*ema) Order() int { return 55 }

// NotInLRFind leaves the learning rate finder alone.
func (*ema) NotInLRFind() {}

func (e *ema) Identity() string { return fmt.Sprintf("EMA(%v)", e.decay) }

func (e *ema) AfterCreate(*fastlearn.Learner) error {
	if !(e.decay >= 0 && e.decay < 1) {
		return fmt.Errorf("EMA(%v): want a number from 0 to below 1", e.decay)
	}
	return nil
}

// BeforeFit begins an average with the weights.
func (e *ema) BeforeFit(l *fastlearn.Learner) error {
	e.free()
	return torch.Try(func() {
		torch.NoGrad(func() {
			for _, p := range nn.Parameters(l.Model) {
				e.other = append(e.other, p.Clone().Keep())
			}
		})
	})
}

func (e *ema) free() {
	for _, t := range e.other {
		t.Close()
	}
	*e = ema{decay: e.decay}
}

// BeforeTrain puts the weights back into the model.
func (e *ema) BeforeTrain(l *fastlearn.Learner) error { return e.put(l, false) }

// AfterCancelStep leaves a step that wasn't made out of the average.
func (e *ema) AfterCancelStep(*fastlearn.Learner) error {
	e.skipped = true
	return nil
}

// AfterStep averages. The first step's weights are the first average.
func (e *ema) AfterStep(l *fastlearn.Learner) error {
	if e.skipped {
		e.skipped = false
		return nil
	}
	return torch.Try(func() {
		torch.NoGrad(func() {
			for i, p := range nn.Parameters(l.Model) {
				if e.averaged == 0 {
					e.other[i].Copy_(p)
				} else {
					e.other[i].LerpScalar_(p, 1-e.decay)
				}
			}
		})
		e.averaged++
	})
}

// BeforeValidate puts the average into the model.
func (e *ema) BeforeValidate(l *fastlearn.Learner) error { return e.put(l, true) }

// AfterFit leaves the average in the model, or the weights where the fit failed.
func (e *ema) AfterFit(l *fastlearn.Learner) error {
	err := e.put(l, !l.Failed)
	e.free()
	return err
}

// put exchanges the numbers of weights and averages, if the wrong ones are in the model. Between
// fits, as in a lone validation, there is nothing to exchange.
func (e *ema) put(l *fastlearn.Learner, averages bool) error {
	if e.other == nil || e.swapped == averages {
		return nil
	}
	return torch.Try(func() {
		torch.NoGrad(func() {
			for i, p := range nn.Parameters(l.Model) {
				kept := p.Clone()
				p.Copy_(e.other[i])
				e.other[i].Copy_(kept)
				kept.Close()
			}
		})
		e.swapped = averages
	})
}

// State is what is not in the model.
func (e *ema) State(*fastlearn.Learner) (*pth.Dict, error) {
	other := pth.NewList()
	for _, t := range e.other {
		saved, err := torch.ToPTH(t)
		if err != nil {
			return nil, err
		}
		other.Items = append(other.Items, saved)
	}
	d := pth.NewDict()
	d.Set("averaged", int64(e.averaged))
	d.Set("swapped", e.swapped)
	d.Set("other", other)
	return d, nil
}

// LoadState takes it over.
func (e *ema) LoadState(_ *fastlearn.Learner, f torch.Holder, d *pth.Dict) error {
	other, ok := pth.Get[*pth.List](d, "other")
	swapped, ok2 := pth.Get[bool](d, "swapped")
	if !ok || !ok2 || other.Len() != len(e.other) {
		return fmt.Errorf("it isn't an average of %d parameters", len(e.other))
	}
	s := torch.NewScope()
	defer s.Close()
	for i, v := range other.Items {
		if err := torch.CopyPTH(e.other[i], f, v); err != nil {
			return fmt.Errorf("average %d: %w", i, err)
		}
	}
	e.swapped = swapped
	return pth.LoadNumbers(d, map[string]any{"averaged": &e.averaged})
}
