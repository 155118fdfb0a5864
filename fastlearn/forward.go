package fastlearn

import (
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

func callModel(m nn.Module, xs []*torch.Tensor) *torch.Tensor {
	return guard.Pointer("Forward", m, func() *torch.Tensor { return nn.Call(m, xs[0], xs[1:]...) })
}

// lossOf is the loss of the batch in hand.
func (l *Learner) lossOf(r torch.Reduction) *torch.Tensor {
	return guard.Pointer("Loss", l.Loss, func() *torch.Tensor {
		if len(l.Ys) == 1 {
			return l.Loss.Loss(l.Pred, l.Ys[0], r)
		}
		all, ok := l.Loss.(loss.MultiTarget)
		if !ok {
			panic(fmt.Errorf("a batch has %d targets, and the loss %T takes one: give it a method LossAll, see loss.MultiTarget", len(l.Ys), l.Loss))
		}
		return all.LossAll(l.Pred, l.Ys, r)
	})
}

func activation(loss loss.Loss, pred *torch.Tensor) *torch.Tensor {
	return guard.Pointer("Activation", loss, func() *torch.Tensor { return loss.Activation(pred) })
}

func decode(loss loss.Loss, activated *torch.Tensor) *torch.Tensor {
	return guard.Pointer("Decode", loss, func() *torch.Tensor { return loss.Decode(activated) })
}

// autocast runs f in the learner's precision.
func (l *Learner) autocast(f func()) {
	if l.half == nil {
		f()
		return
	}
	torch.Autocast(l.DLs.Device, l.half.dtype, f)
}

// Scaler is the loss's scale in float16 mixed precision, nil elsewhere and for a nil learner.
func (l *Learner) Scaler() *optim.GradScaler {
	if l == nil || l.half == nil {
		return nil
	}
	return l.half.scaler
}
