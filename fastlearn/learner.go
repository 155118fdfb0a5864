package fastlearn

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/files"
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
	journal     journal     // of the fit in hand, nil between fits
	peers       coordinator // who trains the learner
	half        *half       // nil: float32
	metrics     []metric.Metric
	callbacks   []Callback // in the order in which they run
	callbackIDs []int      // for each the number under which it was added
	callbackID  int        // the next one's
	config      tuning
	nOut        int      // of the model, if an option says it
	arch        string   // of a vision learner
	bodyNames   []string // the architecture's names for the children of a vision learner's body
}

// tuning is how a learner's parameters are trained, where a fit doesn't say it.
type tuning struct {
	rule     optim.Rule
	splitter func(nn.Module) [][]*torch.Tensor
	lr       LearningRate
	wd       *float64
	wdBNBias bool
	trainBN  bool
	moms     [3]float64
}

// half is a precision of forward passes other than float32. The weights stay in float32.
type half struct {
	dtype  torch.DType
	scaler *optim.GradScaler // of float16 alone: bfloat16 has float32's range
}

// A Callback tweaks the training loop. It is any type that has one or more of the
// events' methods, such as [AfterEpoch]'s, which have fastai's names and order; each gets the
// Learner, whose fields it may read and change. An event's error ends the fit,
// but for the ErrCancel… errors, which skip a part of it.
//
// Callbacks run in ascending [Ordered] order, 0 for those that don't say.
type Callback any

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

// Logf hands the logger a line of its own, for callbacks to report what they did.
func (l *Learner) Logf(format string, args ...any) {
	if l != nil {
		l.log([]string{fmt.Sprintf(format, args...)})
	}
}

func (l *Learner) log(row []string) {
	if l.Logger != nil {
		guard.Do("Logger", l.Logger, func() { l.Logger(row) })
	}
}

// modelDir is where models are saved.
func (l *Learner) modelDir() string { return filepath.Join(l.Path, l.ModelDir) }

// ModelFile returns the path of the file that [Learner.Save] writes under a name.
func (l *Learner) ModelFile(name string) (string, error) {
	if l == nil {
		return "", errors.New("fastlearn: ModelFile: the learner is nil")
	}
	return files.Name(l.modelDir(), name, files.PTH)
}
