package fastlearn

import (
	"errors"
	"fmt"
	"slices"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// CreateOpt makes the optimizer anew, as fastai's create_opt: groups by the
// splitter, no weight decay on norms and biases, norms trained even when frozen.
func (l *Learner) CreateOpt() error { return l.do("CreateOpt", l.createOpt) }

func (l *Learner) createOpt() error {
	split := l.config.splitter
	if split == nil {
		split = func(m nn.Module) [][]*torch.Tensor { return [][]*torch.Tensor{nn.Parameters(m)} }
	}
	if err := nn.Check(l.Model); err != nil {
		return fmt.Errorf("fastlearn: %w", err)
	}
	if len(nn.Parameters(l.Model)) == 0 {
		return errors.New("fastlearn: the model has no parameters to train; a TorchScript file that torch.jit.freeze made has none")
	}
	var groups [][]*torch.Tensor
	err := guard.Call("SplitBy", split, func() error { groups = split(l.Model); return nil })
	if err == nil {
		err = checkGroups(groups)
	}
	if err != nil {
		return err
	}
	var opt *optim.Optimizer
	if err := torch.Try(func() { opt = optim.New(l.config.rule, groups...) }); err != nil {
		return fmt.Errorf("fastlearn: the optimizer: %w", err)
	}
	l.Opt.Close()
	l.Opt = opt
	norms, biases := nn.NormBiasParameters(l.Model)
	for _, p := range l.Opt.Params() {
		isNorm := norms[p.Tensor]
		p.NoDecay = !l.config.wdBNBias && (isNorm || biases[p.Tensor])
		p.ForceTrain = l.config.trainBN && isNorm
	}
	return l.setLR(l.config.lr)
}

// checkGroups refuses a splitter's groups that can't be trained.
func checkGroups(groups [][]*torch.Tensor) error {
	if len(groups) == 0 {
		return errors.New("fastlearn: SplitBy: the splitter made no group of parameters")
	}
	for i, g := range groups {
		if slices.Contains(g, nil) {
			return fmt.Errorf("fastlearn: SplitBy: a parameter of group %d is nil", i)
		}
	}
	return nil
}

func (l *Learner) ensureOpt() error {
	if l.Opt != nil {
		return nil
	}
	return l.createOpt()
}

// setLR gives each parameter group its rate; nil is the learner's own.
func (l *Learner) setLR(r LearningRate) error {
	if r == nil {
		r = l.config.lr
	}
	rates, err := r.rates(len(l.Opt.Groups))
	if err != nil {
		return err
	}
	return l.Opt.Set("lr", rates...)
}

// groupRates are the rates of the parameter groups.
func groupRates(opt *optim.Optimizer) (rates []float64) {
	for _, g := range opt.Groups {
		rates = append(rates, g.Hypers["lr"])
	}
	return rates
}

// FreezeTo freezes the parameter groups before n, which may be negative to count
// from the end, and forgets the optimizer's state, as fastai's freeze_to.
func (l *Learner) FreezeTo(n int) error {
	return l.do("FreezeTo", func() error {
		if err := l.ensureOpt(); err != nil {
			return err
		}
		return torch.Try(func() {
			l.Opt.FreezeTo(n)
			l.Opt.ClearState()
		})
	})
}

// Freeze freezes all groups but the last.
func (l *Learner) Freeze() error {
	return l.do("Freeze", func() error {
		if err := l.ensureOpt(); err != nil {
			return err
		}
		if n := len(l.Opt.Groups); n < 2 {
			return fmt.Errorf("fastlearn: Freeze needs two parameter groups or more, the model has %d: pass SplitBy", n)
		}
		return l.FreezeTo(-1)
	})
}

// Unfreeze trains all groups.
func (l *Learner) Unfreeze() error { return l.FreezeTo(0) }
