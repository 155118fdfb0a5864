package fastlearn

import (
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// Learner puts together data, a model, a loss and an optimizer, and trains
// (fastai's Learner). The fields of the loop are for callbacks.
type Learner struct {
	DLs      *DataLoaders
	Model    nn.Module
	Loss     Loss
	Opt      *optim.Optimizer // nil until the first fit or freeze; see CreateOpt
	Recorder *Recorder

	Path, ModelDir string // Save writes to Path/ModelDir

	// Logger gets the rows of the table; nil is silent.
	Logger func(row []string)
	// NoBar tells callbacks that show progress to show nothing.
	NoBar bool

	// The state of the loop.
	Epoch, NEpoch int
	Iter, NIter   int     // the batch's place in its epoch, and the epoch's batches
	TrainIter     int     // training batches since the fit began
	PctTrain      float64 // how much of the fit is done, 0 … 1
	Training      bool
	Batch         *Batch
	X, Y          *torch.Tensor // the batch's input and target; a callback may replace them
	Pred          *torch.Tensor
	LossGrad      *torch.Tensor // the loss that is differentiated
	LossValue     float64       // its value

	run         *fitRun             // of the fit in hand, nil between fits
	distributed *distributedTrainer // nil: this process alone
	failed      bool                // the fit ended with an error, for its AfterFit
	findingLR   bool                // the fit is LRFind's
	precision   *mixedPrecision     // nil: float32
	metrics     []Metric
	callbacks   []Callback
	config      learnerConfig
	arch        string   // of a vision learner
	bodyNames   []string // the architecture's names for the children of a vision learner's body
}

// NewLearner makes a learner of a model of one's own. The learner takes the model
// over and moves it to the loaders' device; Close frees it. The loaders stay the caller's.
func NewLearner(dls *DataLoaders, model nn.Module, opts ...LearnerOption) (*Learner, error) {
	return newLearner(dls, model, newLearnerConfig(opts))
}

func newLearner(dls *DataLoaders, model nn.Module, c learnerConfig) (*Learner, error) {
	if dls.Train == nil || dls.Valid == nil {
		return nil, errors.New("fastlearn: the loaders lack a Train or a Valid: put them together by NewDataLoaders, whose valid may be nil")
	}
	l := &Learner{DLs: dls, Model: model, Loss: c.loss, Path: c.path, ModelDir: c.modelDir, config: c, Logger: c.logger, NoBar: c.noBar, NEpoch: 1}
	if l.Loss == nil {
		l.Loss = dls.Loss()
	}
	if l.Loss == nil {
		return nil, errors.New("fastlearn: the loaders imply no loss: pass one with LossFunc")
	}
	if err := dls.Device.Check(); err != nil {
		return nil, err
	}
	if err := torch.Try(func() { nn.To(model, dls.Device) }); err != nil {
		return nil, err
	}
	for _, m := range c.metrics {
		l.metrics = append(l.metrics, m())
	}
	l.Recorder = &Recorder{}
	if err := l.AddCallbacks(trainEval{}, l.Recorder); err != nil {
		return nil, err
	}
	if l.distributed = c.distributed; l.distributed != nil {
		if err := l.AddCallbacks(l.distributed); err != nil {
			return nil, err
		}
	}
	return l, l.AddCallbacks(c.callbacks...)
}

// CreateOpt makes the optimizer anew, as fastai's create_opt: groups by the
// splitter, no weight decay on norms and biases, norms trained even when frozen.
func (l *Learner) CreateOpt() error {
	split := l.config.splitter
	if split == nil {
		split = func(m nn.Module) [][]*torch.Tensor { return [][]*torch.Tensor{nn.Parameters(m)} }
	}
	if len(nn.Parameters(l.Model)) == 0 {
		return errors.New("fastlearn: the model has no parameters to train; a TorchScript file that torch.jit.freeze made has none")
	}
	var opt *optim.Optimizer
	if err := torch.Try(func() { opt = optim.New(l.config.rule, split(l.Model)...) }); err != nil {
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

func (l *Learner) ensureOpt() error {
	if l.Opt != nil {
		return nil
	}
	return l.CreateOpt()
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
	if err := l.ensureOpt(); err != nil {
		return err
	}
	return torch.Try(func() {
		l.Opt.FreezeTo(n)
		l.Opt.ClearState()
	})
}

// Freeze freezes all groups but the last.
func (l *Learner) Freeze() error {
	if err := l.ensureOpt(); err != nil {
		return err
	}
	if n := len(l.Opt.Groups); n < 2 {
		return fmt.Errorf("fastlearn: Freeze needs two parameter groups or more, the model has %d: pass SplitBy", n)
	}
	return l.FreezeTo(-1)
}

// Unfreeze trains all groups.
func (l *Learner) Unfreeze() error { return l.FreezeTo(0) }

// StateDict lists the model's parameters and buffers with PyTorch's keys, in its order. The
// tensors are the model's own.
func (l *Learner) StateDict() []nn.Named { return nn.StateDict(l.Model) }

// Close frees the model and the optimizer's state. The loaders are closed by whoever
// made them. It may be called again, on nil too.
func (l *Learner) Close() error {
	if l == nil {
		return nil
	}
	l.Opt.Close()
	for _, m := range l.metrics { // which may hold what a validation that was cut off had gathered
		m.Reset()
	}
	nn.Close(l.Model)
	return nil
}
