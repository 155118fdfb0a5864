package fastlearn

import (
	"errors"
	"fmt"
	"slices"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// Learner puts together data, a model, a loss and an optimizer, and trains
// (fastai's Learner).
type Learner struct {
	DLs      *data.Loaders
	Model    nn.Module
	Loss     loss.Loss
	Opt      *optim.Optimizer // nil until the first fit or freeze; see CreateOpt
	Recorder *Recorder

	Path, ModelDir string // Save writes to Path/ModelDir

	// Logger gets the rows of the table; nil is silent.
	Logger func(row []string)
	// NoBar tells callbacks that show progress to show nothing.
	NoBar bool

	Loop // what callbacks see

	closed      bool
	journal     journal         // of the fit in hand, nil between fits
	peers       coordinator     // who trains the learner
	precision   *mixedPrecision // nil: float32
	metrics     []metric.Metric
	callbacks   []Callback // in the order in which they run
	callbackIDs []int      // for each the number under which it was added
	callbackID  int        // the next one's
	config      learnerConfig
	arch        string   // of a vision learner
	bodyNames   []string // the architecture's names for the children of a vision learner's body
}

// NewLearner makes a learner of a custom model. The learner takes the model
// over and moves it to the loaders' device; Close frees it. The loaders stay the caller's.
func NewLearner(dls *data.Loaders, model nn.Module, opts ...LearnerOption) (*Learner, error) {
	c, err := newLearnerConfig("fastlearn: NewLearner", opts)
	if err != nil {
		return nil, err
	}
	if guard.IsNil(model) {
		return nil, errors.New("fastlearn: NewLearner: the model is nil")
	}
	return newLearner(dls, model, c)
}

func newLearner(dls *data.Loaders, model nn.Module, c learnerConfig) (*Learner, error) {
	if err := dls.Check(); err != nil {
		return nil, fmt.Errorf("fastlearn: NewLearner: %w", err)
	}
	if err := nn.Check(model); err != nil {
		return nil, fmt.Errorf("fastlearn: %w", err)
	}
	l := &Learner{DLs: dls, Model: model, Loss: c.loss, Path: c.path, ModelDir: c.modelDir, config: c, Logger: c.logger, NoBar: c.noBar, Loop: Loop{NEpoch: 1}, peers: alone{}}
	if l.Loss == nil {
		l.Loss = dls.Loss()
	}
	if l.Loss == nil {
		return nil, errors.New("fastlearn: the loaders imply no loss: pass one with LossFunc")
	}
	if err := loss.Check(l.Loss); err != nil {
		return nil, fmt.Errorf("fastlearn: NewLearner: %w", err)
	}
	if err := dls.Device.Check(); err != nil {
		return nil, err
	}
	if err := torch.Try(func() { nn.To(model, dls.Device) }); err != nil {
		return nil, err
	}
	l.metrics = c.metrics
	l.Recorder = &Recorder{}
	if err := l.AddCallbacks(trainEval{}, l.Recorder); err != nil {
		return nil, err
	}
	if d := c.distributed; d != nil {
		if err := l.AddCallbacks(d); err != nil {
			return nil, err
		}
		l.peers = d
	}
	return l, l.AddCallbacks(c.callbacks...)
}

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

// Close frees the model and the optimizer's state. The loaders are closed by whoever
// made them. It may be called again, on nil too, but not by a callback while its fit runs. Every other method is an error then,
// or does nothing.
func (l *Learner) Close() error {
	switch {
	case l == nil || l.closed:
		return nil
	case l.journal != nil:
		return errors.New("fastlearn: Close: a fit of this learner is running")
	}
	l.closed = true
	l.Opt.Close()
	err := l.resetMetrics() // which may hold what a validation that was cut off had gathered
	if guard.IsNil(l.Model) {
		return err
	}
	return errors.Join(err, guard.Call("Close", l.Model, func() error { nn.Close(l.Model); return nil }))
}

// resetMetrics lets go of what the metrics have gathered.
func (l *Learner) resetMetrics() (err error) {
	for _, m := range l.metrics {
		err = errors.Join(err, guard.Call("Reset", m, func() error { m.Reset(); return nil }))
	}
	return err
}
