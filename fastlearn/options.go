package fastlearn

import (
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/visionmodel"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// LearnerOption changes a default of [NewLearner] or [VisionLearner].
type LearnerOption interface{ learner(*learnerConfig) }

// Option serves a learner, for all its fits, or one fit.
type Option struct {
	learnerOption
	fitOption
}

// MomsOption is that of [Moms].
type MomsOption struct {
	learnerOption
	cycleOption
}

type learnerOption func(*learnerConfig)

func (f learnerOption) learner(c *learnerConfig) { f(c) }

// learnerConfig is what a learner's options set.
type learnerConfig struct {
	tuning
	loss           loss.Loss
	metrics        []metric.Metric
	callbacks      []Callback
	path, modelDir string
	logger         func(row []string)
	noBar          bool
	vision         visionmodel.Config
	peers          coordinator // nil: the process is alone

	noLoss, noSplitter, noHead bool // nil was passed
}

func newLearnerConfig(of string, opts []LearnerOption) (learnerConfig, error) {
	c := learnerConfig{
		tuning: tuning{rule: optim.Adam{}, lr: LR(1e-3), trainBN: true, moms: [3]float64{0.95, 0.85, 0.95}},
		path:   ".", modelDir: "models", logger: printTable(), vision: visionmodel.Default(),
	}
	err := guard.Options(of, opts, func(o LearnerOption) { o.learner(&c) })
	return c, errors.Join(err, c.check())
}

// check names the option that can't be used.
func (c learnerConfig) check() error {
	var err error
	for i, m := range c.metrics {
		if guard.IsNil(m) {
			err = errors.Join(err, fmt.Errorf("fastlearn: Metrics: metric %d is nil", i+1))
		} else if bad := metric.Check(m); bad != nil {
			err = errors.Join(err, fmt.Errorf("fastlearn: Metrics: %w", bad))
		}
	}
	nils := []struct {
		is   bool
		name string
	}{
		{c.noLoss, "LossFunc"}, {guard.IsNil(c.rule), "OptFunc"}, {c.noSplitter, "SplitBy"}, {c.lr == nil, "DefaultLR"}, {c.noHead, "CustomHead"},
	}
	for _, n := range nils {
		if n.is {
			err = errors.Join(err, fmt.Errorf("fastlearn: %s(nil): leave the option out for the default", n.name))
		}
	}
	return errors.Join(err, finite("WD", valueOr(c.wd, 0)), finite("Moms", c.moms[:]...))
}

// WD sets the weight decay. The default is the optimizer's, 0.01 for Adam.
func WD(wd float64) Option {
	return Option{func(c *learnerConfig) { c.wd = &wd }, func(c *fitConfig) { c.wd = &wd }}
}

// Moms are the momenta of a cycle: at its start, its peak and its end. The default is 0.95, 0.85, 0.95.
func Moms(start, peak, end float64) MomsOption {
	m := [3]float64{start, peak, end}
	return MomsOption{func(c *learnerConfig) { c.moms = m }, func(c *fitConfig) { c.moms = &m }}
}

// Callbacks adds callbacks, to a learner for good or to one fit.
func Callbacks(cbs ...Callback) Option {
	return Option{
		func(c *learnerConfig) { c.callbacks = append(c.callbacks, cbs...) },
		func(c *fitConfig) { c.callbacks = append(c.callbacks, cbs...) },
	}
}

// LossFunc replaces the loss that the data imply.
func LossFunc(l loss.Loss) LearnerOption {
	return learnerOption(func(c *learnerConfig) { c.loss, c.noLoss = l, guard.IsNil(l) })
}

// OptFunc replaces Adam by another rule of package optim, such as optim.Ranger(), or a custom one.
func OptFunc(r optim.Rule) LearnerOption { return learnerOption(func(c *learnerConfig) { c.rule = r }) }

// SplitBy sets what divides a model's parameters into groups, first layers first. The default is one group for a custom model, and three
// for a vision learner.
func SplitBy(s func(nn.Module) [][]*torch.Tensor) LearnerOption {
	return learnerOption(func(c *learnerConfig) { c.splitter, c.noSplitter = s, s == nil })
}

// DefaultLR sets the rate of fits that name none (default 1e-3).
func DefaultLR(r LearningRate) LearnerOption {
	return learnerOption(func(c *learnerConfig) { c.lr = r })
}

// WDBNBias applies weight decay to norms and biases too.
func WDBNBias() LearnerOption { return learnerOption(func(c *learnerConfig) { c.wdBNBias = true }) }

// FreezeBN freezes the norms of frozen groups too (fastai's train_bn=False).
func FreezeBN() LearnerOption { return learnerOption(func(c *learnerConfig) { c.trainBN = false }) }

// Metrics adds what each epoch's validation measures.
func Metrics(ms ...metric.Metric) LearnerOption {
	return learnerOption(func(c *learnerConfig) { c.metrics = append(c.metrics, ms...) })
}

// Path sets the directory under which ModelDir lies (default ".").
func Path(dir string) LearnerOption { return learnerOption(func(c *learnerConfig) { c.path = dir }) }

// ModelDir sets where Save writes, under Path (default "models").
func ModelDir(dir string) LearnerOption {
	return learnerOption(func(c *learnerConfig) { c.modelDir = dir })
}

// Logger receives each row of the table instead of standard output: the heads first,
// then an epoch's numbers; what a callback has to say is a row of one. nil is silent.
func Logger(f func(row []string)) LearnerOption {
	return learnerOption(func(c *learnerConfig) { c.logger = f })
}

// NoLogging prints no table, of any fit or of one (fastai's no_logging).
func NoLogging() Option {
	return Option{func(c *learnerConfig) { c.logger = nil }, func(c *fitConfig) { c.noLogging = true }}
}

// NoBar shows no progress bar, in anything or in one fit (fastai's no_bar).
func NoBar() Option {
	return Option{func(c *learnerConfig) { c.noBar = true }, func(c *fitConfig) { c.noBar = true }}
}

// SetSeed seeds all that is random here: weights, dropout, the order and the augmentation of
// pictures, a splitter without a seed (fastai's set_seed).
func SetSeed(seed uint64) { torch.ManualSeed(seed) }

// valueOr is *p, or d where p is nil.
func valueOr(p *float64, d float64) float64 {
	if p != nil {
		return *p
	}
	return d
}
