// Package callback has fastai's callbacks, and a few others. Each is written with what anybody's callback may use; see
// [fastlearn.Callback] for how.
package callback

import (
	"fmt"
	"math"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// TerminateOnNaN is a callback that ends a fit when a batch's loss, in training or in
// validation, is infinite or no number (fastai's TerminateOnNaNCallback).
func TerminateOnNaN() fastlearn.Callback { return terminateOnNaN{} }

type terminateOnNaN struct{}

// Order is fastai's.
func (terminateOnNaN) Order() int { return -9 }

func (terminateOnNaN) AfterBatch(l *fastlearn.Learner) error {
	if loss := l.LossValue(); math.IsNaN(loss) || math.IsInf(loss, 0) {
		return fastlearn.ErrCancelFit
	}
	return nil
}

// ShortEpochOption changes a default of [ShortEpoch].
type ShortEpochOption func(*shortEpoch)

// WholeValid leaves validation whole.
func WholeValid() ShortEpochOption { return func(s *shortEpoch) { s.shortValid = false } }

// ShortEpoch is a callback that ends an epoch's training after a part of its batches, from 0 to 1, and its validation too
// (fastai's ShortEpochCallback, with 0.01). The batch that reaches the part is done. As in fastai the row of the table lacks the
// losses of what was cut short.
func ShortEpoch(pct float64, opts ...ShortEpochOption) fastlearn.Callback {
	s := shortEpoch{pct: pct, shortValid: true}
	s.err = guard.Options("ShortEpoch", opts, func(o ShortEpochOption) { o(&s) })
	return s
}

type shortEpoch struct {
	pct        float64
	shortValid bool
	err        error // of the options
}

func (s shortEpoch) Identity() string { return fmt.Sprintf("ShortEpoch(%v, %v)", s.pct, s.shortValid) }

func (s shortEpoch) AfterCreate(*fastlearn.Learner) error {
	if s.err != nil {
		return s.err
	}
	if !(s.pct >= 0 && s.pct <= 1) {
		return fmt.Errorf("ShortEpoch(%v): want a part from 0 to 1", s.pct)
	}
	return nil
}

// Trains returns how many of n batches come before the end.
func (s shortEpoch) Trains(n int) int {
	for i := range n {
		if float64(i)/float64(n) >= s.pct {
			return i + 1
		}
	}
	return n
}

func (s shortEpoch) AfterBatch(l *fastlearn.Learner) error {
	switch {
	case float64(l.Iter)/float64(l.NIter) < s.pct:
		return nil
	case l.Training:
		return fastlearn.ErrCancelTrain
	case s.shortValid:
		return fastlearn.ErrCancelValidate
	}
	return nil
}

// BnFreeze is a callback that keeps the averages of batch norms that aren't trained as they are
// (fastai's BnFreeze). Norms of frozen groups are trained all the same unless the learner has
// [fastlearn.FreezeBN].
func BnFreeze() fastlearn.Callback { return bnFreeze{} }

type bnFreeze struct{}

func (bnFreeze) Identity() string { return "BnFreeze" }

// BeforeTrain comes after the model was put into training mode.
func (b bnFreeze) BeforeTrain(l *fastlearn.Learner) error { return b.SetModes(l) }

// SetModes leaves norms that aren't trained in evaluation mode.
func (bnFreeze) SetModes(l *fastlearn.Learner) error {
	nn.Walk(l.Model, func(name string, m nn.Module) {
		if own := nn.Own(m); name != "" && nn.IsNorm(m) && len(own) > 0 && !own[0].RequiresGrad() {
			nn.EvalAlone(m)
		}
	})
	return nil
}
