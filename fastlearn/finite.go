package fastlearn

import (
	"math"

	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// LossValue returns the loss of the batch in hand, or of the last one; NaN for a nil Loop. On a GPU losses stay there until somebody
// calls it or [Recorder.SmoothLoss], which makes the host wait for the device, or there are 16 of them: use WithLoss where a value may come late.
// Where the device fails it panics with a [*torch.Error].
func (l *Loop) LossValue() float64 {
	if l == nil {
		return math.NaN()
	}
	return l.losses.Last()
}

// WithLoss hands f the loss of the batch in hand: now, or on a GPU when it is read, before the part of the epoch ends.
func (l *Loop) WithLoss(f func(loss float64)) {
	if l != nil && f != nil {
		l.losses.Then(f)
	}
}

// readLosses reads the losses that are still on the device, at the end of something that ended with err.
func (l *Loop) readLosses(err error) error {
	if reading := torch.Try(l.losses.Read); err == nil {
		err = reading
	}
	return err
}

// checkFinite returns a [*predictor.NotFiniteError] for weights that [nn.NotFinite] lists.
func checkFinite(m nn.Module) error {
	bad, err := nn.NotFinite(m)
	if err == nil && bad != nil {
		err = &predictor.NotFiniteError{Tensors: bad}
	}
	return err
}

// notFinite is the error of a prediction that isn't finite.
func (l *Learner) notFinite(item int, value float64) error {
	bad, err := nn.NotFinite(l.Model)
	if err != nil {
		return err
	}
	return &predictor.NotFiniteError{Tensors: bad, Outputs: true, Item: item, Value: value}
}

// noteNotFinite returns what logs a fit's first loss that is not finite, for the batch in hand. The fit goes on, as fastai's does.
func (l *Learner) noteNotFinite() func(loss float64) {
	part, epoch, at, of := "validation", l.Epoch, l.Iter+1, l.NIter
	if l.Training {
		part = "training"
	}
	return func(loss float64) {
		if l.diverged || !(math.IsNaN(loss) || math.IsInf(loss, 0)) {
			return
		}
		l.diverged = true
		l.Logf("The loss is %v in epoch %d, at batch %d of %d of %s: lower the rate, or look for NaN in the data and the model. TerminateOnNaN() ends a fit there.",
			loss, epoch, at, of, part)
	}
}
