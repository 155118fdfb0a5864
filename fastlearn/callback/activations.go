package callback

import (
	"errors"
	"fmt"
	"math"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// ActivationStats is a callback that keeps, of each training batch of the last fit, what the outputs of layers are like
// (fastai's ActivationStats): without options of each layer without children that has parameters. [plot.LayerStats] and [plot.ColorDim] draw it. Each number
// waits for the device. Of several processes the first keeps its own batches.
func ActivationStats(opts ...ActivationOption) Activations {
	a := &activationStats{every: 1}
	a.bad = guard.Options("callback: ActivationStats", opts, func(o ActivationOption) { o(a) })
	return a
}

// Activations is what [ActivationStats] returns: a callback that tells what it kept.
type Activations interface {
	fastlearn.Callback
	// Layers returns what was kept, in the model's order.
	Layers() []LayerStats
	// Layer returns what was kept of the layer of that name, and false where there is none.
	Layer(name string) (LayerStats, bool)
}

// ActivationOption changes a default of [ActivationStats].
type ActivationOption func(*activationStats)

// WithHist keeps histograms too.
func WithHist() ActivationOption { return func(a *activationStats) { a.withHist = true } }

// Modules sets the modules whose outputs are kept.
func Modules(ms ...nn.Module) ActivationOption {
	return func(a *activationStats) { a.modules = append([]nn.Module{}, ms...) }
}

// IncludeParamless keeps also layers that have no parameters, such as ReLU.
func IncludeParamless() ActivationOption { return func(a *activationStats) { a.paramless = true } }

// Every keeps each nth batch, from the first on (default 1).
func Every(n int) ActivationOption { return func(a *activationStats) { a.every = n } }

type activationStats struct {
	withHist, paramless bool
	modules             []nn.Module // nil: all without children that have parameters
	every               int
	bad                 error // of the options

	layers []LayerStats
	hooks  []func()
	batch  []activations // of the batch in hand, by layer
	iter   int
}

// LayerStats are what a layer's output was like in each batch that was kept.
type LayerStats struct {
	Name      string // as in the state_dict: "0.4.0.conv1"
	Mean, Std []float64
	NearZero  []float64   // the part of the elements that are at most 0.05, negative ones included, as in fastai
	Hist      [][]float64 // with WithHist, for each batch 40 counts of equal ranges from 0 to 10
}

// activations are one batch's.
type activations struct {
	mean, std, nearZero float64
	hist                []float64
	ran                 bool
}

// Order is fastai's.
func (*activationStats) Order() int { return -20 }

// TrainOnly leaves validation alone.
func (*activationStats) TrainOnly() {}

// NotInLRFind keeps the rate finder's batches out.
func (*activationStats) NotInLRFind() {}

// RankZero has one process of several keep its own batches.
func (*activationStats) RankZero() {}

func (a *activationStats) Layers() []LayerStats { return a.layers }

func (a *activationStats) Layer(name string) (LayerStats, bool) {
	for _, l := range a.layers {
		if l.Name == name {
			return l, true
		}
	}
	return LayerStats{}, false
}

func (a *activationStats) AfterCreate(*fastlearn.Learner) error {
	if a.bad == nil && a.every < 1 {
		return fmt.Errorf("ActivationStats: Every(%d): want 1 or more", a.every)
	}
	return a.bad
}

// BeforeFit begins anew.
func (a *activationStats) BeforeFit(l *fastlearn.Learner) error {
	a.unhook()
	a.layers, a.iter = nil, 0
	for name := range a.each(l.Model) {
		a.layers = append(a.layers, LayerStats{Name: name})
	}
	if len(a.layers) == 0 {
		return errors.New("ActivationStats: the model has none of the Modules, or none without children that has parameters")
	}
	return nil
}

// each visits the modules whose outputs are kept.
func (a *activationStats) each(model nn.Module) func(yield func(string, nn.Module) bool) {
	return func(yield func(string, nn.Module) bool) {
		seen := map[nn.Module]bool{}
		wanted := map[nn.Module]bool{}
		for _, m := range a.modules {
			wanted[m] = true
		}
		done := false
		nn.Walk(model, func(name string, m nn.Module) {
			keep := wanted[m]
			if a.modules == nil {
				keep = len(nn.Children(m)) == 0 && (a.paramless || len(nn.Own(m)) > 0)
			}
			if keep && !seen[m] && !done {
				seen[m] = true
				done = !yield(name, m)
			}
		})
	}
}

// BeforeBatch looks at a batch that is kept.
func (a *activationStats) BeforeBatch(l *fastlearn.Learner) error {
	a.unhook()
	a.iter++
	if (a.iter-1)%a.every != 0 {
		return nil
	}
	a.batch = make([]activations, len(a.layers))
	i := 0
	for _, m := range a.each(l.Model) {
		place := i
		a.hooks = append(a.hooks, nn.OnForward(m, nil, func(_, y *torch.Tensor) { a.batch[place] = a.measure(y) }))
		i++
	}
	return nil
}

// measure is done within the forward pass.
func (a *activationStats) measure(y *torch.Tensor) (of activations) {
	s := torch.NewScope()
	defer s.Close()
	torch.NoGrad(func() {
		y = y.Detach().MoveTo(s).To(torch.Float32)
		of = activations{ran: true, mean: y.Mean().Item(), std: y.Std(1).Item(), nearZero: y.LeScalar(0.05).Sum().Item() / float64(y.Numel())}
		if a.withHist {
			of.hist = torch.ToSlice[float64](torch.Call("aten::histc", y, 40, 0, 10)[0].(*torch.Tensor).To(torch.Float64))
		}
	})
	return of
}

// AfterBatch keeps what was seen.
func (a *activationStats) AfterBatch(*fastlearn.Learner) error {
	if a.hooks == nil {
		return nil
	}
	a.unhook()
	for i, b := range a.batch {
		l := &a.layers[i]
		if !b.ran { // in this batch: NaN leaves a gap in a curve
			b = activations{mean: math.NaN(), std: math.NaN(), nearZero: math.NaN(), hist: make([]float64, 40)}
		}
		l.Mean, l.Std, l.NearZero = append(l.Mean, b.mean), append(l.Std, b.std), append(l.NearZero, b.nearZero)
		if a.withHist {
			l.Hist = append(l.Hist, b.hist)
		}
	}
	return nil
}

// AfterFit takes away what a batch that failed left.
func (a *activationStats) AfterFit(*fastlearn.Learner) error {
	a.unhook()
	return nil
}

func (a *activationStats) unhook() {
	for _, remove := range a.hooks {
		remove()
	}
	a.hooks = nil
}
