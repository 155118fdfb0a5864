package fastlearn

import (
	"math"

	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

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

// noteNotFinite logs a fit's first loss that is not finite. The fit goes on, as fastai's does.
func (l *Learner) noteNotFinite() {
	if l.journal == nil || l.diverged || l.LossGrad == nil || !(math.IsNaN(l.LossValue) || math.IsInf(l.LossValue, 0)) {
		return
	}
	l.diverged = true
	part := "validation"
	if l.Training {
		part = "training"
	}
	l.Logf("The loss is %v in epoch %d, at batch %d of %d of %s: lower the rate, or look for NaN in the data and the model. TerminateOnNaN() ends a fit there.",
		l.LossValue, l.Epoch, l.Iter+1, l.NIter, part)
}
