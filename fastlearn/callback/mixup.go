package callback

import (
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/torch"
)

// MixUp is a callback that trains on pictures blended with others of their batch, each by a
// weight from a beta distribution (alpha, alpha). For classes the losses are blended alike,
// other targets themselves (Zhang and others 2017; fastai's MixUp, whose alpha is 0.4).
func MixUp(alpha float64) fastlearn.Callback { return &mixUp{mixHandler{name: "MixUp", alpha: alpha}} }

type mixUp struct{ mixHandler }

// BeforeBatch blends all inputs. What it makes lives in the batch's scope.
func (m *mixUp) BeforeBatch(l *fastlearn.Learner) error {
	if err := m.oneTarget(l); err != nil {
		return err
	}
	return torch.Try(func() {
		s, n, device := l.X().Scope(), l.X().Size(0), l.X().Device()
		lam := torch.SampleDirichlet(s.Full(m.alpha, n, 2)).Select(1, 0)
		lam = lam.Maximum(lam.MulScalar(-1).AddScalar(1)).To(device, l.X().DType())
		order := s.RandPerm(n).To(device)
		for i, x := range l.Xs {
			l.Xs[i] = x.IndexSelect(0, order).Lerp(x, perItem(lam, x))
		}
		m.mixTargets(l, order, lam)
	})
}

// mixHandler is what [MixUp] and [CutMix] share (fastai's MixHandler): it draws what is blended and
// puts the loss in place that takes it into account, while training.
type mixHandler struct {
	name  string
	alpha float64
	plain loss.Loss     // the learner's own, while training
	other *torch.Tensor // the targets of the pictures that are blended in; of the batch in hand
	lam   *torch.Tensor // each picture's own part: N, or 1 for all of them
}

// oneTarget refuses items of several targets.
func (m *mixHandler) oneTarget(l *fastlearn.Learner) error {
	if n := len(l.Ys); n != 1 {
		return fmt.Errorf("%s blends items with one target; the batch has %d", m.name, n)
	}
	return nil
}

// TrainOnly leaves validation alone.
func (*mixHandler) TrainOnly() {}

func (m *mixHandler) Identity() string { return fmt.Sprintf("%s(%v)", m.name, m.alpha) }

func (m *mixHandler) AfterCreate(*fastlearn.Learner) error {
	if !(m.alpha > 0) || m.alpha > 1e6 {
		return fmt.Errorf("%s(%v): want a number above 0", m.name, m.alpha)
	}
	return nil
}

func (m *mixHandler) BeforeTrain(l *fastlearn.Learner) error {
	if mixed, ok := l.Loss.(mixedLoss); ok {
		if mixed.mix.name == m.name {
			return fmt.Errorf("%s is there twice", m.name)
		}
		return fmt.Errorf("%s and %s don't go together", mixed.mix.name, m.name)
	}
	m.plain = l.Loss
	l.Loss = mixedLoss{m.plain, m}
	return nil
}

func (m *mixHandler) AfterTrain(l *fastlearn.Learner) error { return m.restore(l) }

// AfterEpoch and AfterFit restore the loss of a training that was cut off.
func (m *mixHandler) AfterEpoch(l *fastlearn.Learner) error { return m.restore(l) }

// AfterFit is AfterEpoch's.
func (m *mixHandler) AfterFit(l *fastlearn.Learner) error { return m.restore(l) }

func (m *mixHandler) restore(l *fastlearn.Learner) error {
	if m.plain != nil {
		l.Loss, m.plain = m.plain, nil
	}
	m.other, m.lam = nil, nil
	return nil
}

// mixTargets blends the targets of a batch with those in another order, its own by lam, N or 1
// of them; of classes it keeps both for the loss.
func (m *mixHandler) mixTargets(l *fastlearn.Learner, order, lam *torch.Tensor) {
	other := l.Y().IndexSelect(0, order)
	if m.other, m.lam = nil, nil; l.Y().DType() == torch.Int64 {
		m.other, m.lam = other, lam
		return
	}
	l.Ys[0] = other.Lerp(l.Y(), perItem(lam, l.Y()))
}

// perItem is lam, a number for each item or one for all, in the dtype of t and for all dimensions of its items.
func perItem(lam, t *torch.Tensor) *torch.Tensor {
	shape := []int64{lam.Size(0)}
	for range t.Dim() - 1 {
		shape = append(shape, 1)
	}
	return lam.To(t.DType()).View(shape...)
}

// mixedLoss blends a loss against both targets.
type mixedLoss struct {
	plain loss.Loss
	mix   *mixHandler
}

// Loss is that of a batch in training.
func (m mixedLoss) Loss(pred, target *torch.Tensor, r torch.Reduction) *torch.Tensor {
	if m.mix.other == nil {
		return m.plain.Loss(pred, target, r)
	}
	n := pred.Size(0)
	each := func(y *torch.Tensor) *torch.Tensor {
		return m.plain.Loss(pred, y, torch.ReductionNone).Reshape(n, -1).Mean(1)
	}
	loss := each(m.mix.other).Lerp(each(target), m.mix.lam)
	if r == torch.ReductionNone {
		return loss
	}
	return loss.Mean()
}

func (m mixedLoss) Activation(pred *torch.Tensor) *torch.Tensor  { return m.plain.Activation(pred) }
func (m mixedLoss) Decode(activated *torch.Tensor) *torch.Tensor { return m.plain.Decode(activated) }
