package fastlearn_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/internal/simcuda"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

func needSimulation(t *testing.T) torch.Device {
	t.Helper()
	if !simcuda.Loaded() {
		t.Skip("needs the simulated CUDA (make test-cuda)")
	}
	return torch.CUDA(0)
}

// stepLearner trains a small model on files, in batches of 8.
func stepLearner(t *testing.T, files []string, rule optim.Rule, fp16 bool) *fastlearn.Learner {
	t.Helper()
	fastlearn.SetSeed(3)
	dls, err := fixture.ColourBlock().DataLoaders(files, data.BatchSize(8), data.OnDevice(needSimulation(t)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dls.Close() })
	model := nn.NewSequential(nn.NewConv2d(3, 4, 3), nn.NewBatchNorm(4), &nn.ReLU{}, &nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, &nn.Dropout{P: 0.2}, nn.NewLinear(4, 2))
	bodyAndHead := func(nn.Module) [][]*torch.Tensor {
		all := nn.Parameters(model)
		return [][]*torch.Tensor{all[:4], all[4:]}
	}
	learn, err := fastlearn.NewLearner(dls, model, fastlearn.Logger(nil), fastlearn.SplitBy(bodyAndHead), fastlearn.OptFunc(rule), fastlearn.Path(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { learn.Close() })
	if fp16 {
		learn.ToFP16()
	}
	return learn
}

// trained is all that a step changes, but for running statistics: parameters, the optimizer's state, the loss's scale.
func trained(learn *fastlearn.Learner) (all []float64) {
	s := torch.NewScope()
	defer s.Close()
	for _, p := range learn.Opt.Params() {
		all = append(all, torch.ToSlice[float64](p.In(s).Detach().To(torch.Float64))...)
		for _, name := range slices.Sorted(maps.Keys(p.State)) {
			all = append(all, torch.ToSlice[float64](p.State[name].In(s).To(torch.Float64))...)
		}
	}
	if scaler := learn.Scaler(); scaler != nil {
		all = append(all, scaler.Scale(), float64(scaler.Skipped()))
		n, _ := scaler.ToPTH().Get("_growth_tracker")
		all = append(all, float64(n.(int64)))
	}
	return all
}

// stepped notes whether a step was made.
type stepped struct{ done bool }

func (*stepped) Order() int { return -1000 }

func (s *stepped) AfterStep(*fastlearn.Learner) error {
	s.done = true
	return nil
}

// halves is a custom rule, which allocates between what it writes.
type halves struct{}

func (halves) Defaults() optim.Hypers { return optim.Hypers{"lr": 1e-3} }

func (halves) Step(params []*optim.Param, h optim.Hypers) {
	s := torch.NewScope()
	defer s.Close()
	torch.NoGrad(func() {
		for _, p := range params {
			if p.State["sum"] == nil {
				p.State["sum"] = torch.ZerosLike(p.Tensor).Keep()
			}
			grad := p.Grad()
			defer grad.Close()
			p.State["sum"].Add_(grad.In(s).MulScalar(0.5))
			p.Sub_(p.State["sum"].In(s).MulScalar(h["lr"]))
		}
	})
}

// A step for which there is no memory, wherever that shows, changes nothing, keeps nothing, and can be made again.
func TestCUDAOutOfMemoryAtEveryPoint(t *testing.T) {
	gpu := needSimulation(t)
	collector.Off(t)
	files := fixture.ColourFolders(t, 6, "blue", "red") // 12, of which 9 train
	for _, c := range []struct {
		name string
		rule optim.Rule
		fp16 bool
	}{
		{"Adam", optim.Adam{}, false}, {"Adam in fp16", optim.Adam{}, true}, {"SGD", optim.SGD{Momentum: 0.9}, false}, {"SGD in fp16", optim.SGD{Momentum: 0.9}, true},
		{"SGD with L2", optim.SGD{Momentum: 0.9, L2: true}, false}, {"RMSProp", optim.RMSProp{Momentum: 0.9}, false}, {"RAdam", optim.RAdam{}, true},
		{"QHAdam", optim.QHAdam{}, false}, {"Lamb", optim.Lamb{}, false}, {"Larc", optim.Larc{}, false}, {"Ranger", optim.Ranger(), false},
		{"Lookahead of SGD", optim.Lookahead{Rule: optim.SGD{}, K: 1}, false}, {"a custom rule", halves{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			learn := stepLearner(t, files, c.rule, c.fp16)
			step := &stepped{}
			fit := func() error {
				fastlearn.SetSeed(4)
				step.done = false
				return learn.Fit(t.Context(), 1, fastlearn.LR(0.01), fastlearn.Callbacks(step))
			}
			for range 2 { // the state is there
				if err := fit(); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := learn.Save("start"); err != nil {
				t.Fatal(err)
			}
			start := func() []float64 {
				if err := learn.Load("start"); err != nil {
					t.Fatal(err)
				}
				return trained(learn)
			}
			start()
			if err := fit(); err != nil {
				t.Fatal(err)
			}
			want := trained(learn)
			failures := 0
			for n := 1; !t.Failed(); n++ {
				before := start()
				live := torch.LiveTensors()
				allocated, _, err := torch.CUDAMemory(gpu)
				if err != nil {
					t.Fatal(err)
				}
				simcuda.FailAllocation(n)
				err = fit()
				simcuda.FailAllocation(0)
				if err == nil {
					break
				}
				failures++
				if !errors.Is(err, torch.ErrOutOfMemory) || !strings.Contains(err.Error(), "BatchSize") || !strings.Contains(err.Error(), "Tried to allocate") {
					t.Errorf("allocation %d: %v", n, err)
				}
				if k := torch.LiveTensors() - live; k > 0 {
					t.Errorf("allocation %d: %d tensors are left: %v", n, k, err)
				}
				if now, _, _ := torch.CUDAMemory(gpu); now > allocated {
					t.Errorf("allocation %d: %d bytes are left: %v", n, now-allocated, err)
				}
				after := trained(learn)
				if !step.done && !slices.Equal(after, before) {
					t.Errorf("allocation %d changed something: %v", n, err)
				}
				if !step.done && n%5 == 0 {
					if err := fit(); err != nil {
						t.Fatal(err)
					}
					parity.Close(t, fmt.Sprint("a step again, after allocation ", n), trained(learn), want, 1e-6)
				}
			}
			if failures < 50 {
				t.Errorf("only %d allocations failed", failures)
			}
		})
	}
}

// So it is where the optimizer's state is made, and the error says what to try; LRFind and FineTune can be called again.
func TestCUDAOutOfMemoryInTheFirstStep(t *testing.T) {
	needSimulation(t)
	collector.Off(t)
	files := fixture.ColourFolders(t, 6, "blue", "red")
	params := func(learn *fastlearn.Learner) (all []float64) {
		s := torch.NewScope()
		defer s.Close()
		for _, p := range nn.Parameters(learn.Model) {
			all = append(all, torch.ToSlice[float64](p.In(s).Detach().To(torch.Float64))...)
		}
		return all
	}
	fits := map[string]func(*fastlearn.Learner) error{
		"Fit":      func(l *fastlearn.Learner) error { return l.Fit(t.Context(), 1, fastlearn.LR(0.01)) },
		"FineTune": func(l *fastlearn.Learner) error { return l.FineTune(t.Context(), 1) },
		"LRFind": func(l *fastlearn.Learner) error {
			_, err := l.LRFind(t.Context(), fastlearn.NumIt(7), fastlearn.NoStopDiv())
			return err
		},
	}
	for rule, r := range parity.Sorted(map[string]optim.Rule{"Adam": optim.Adam{}, "SGD": optim.SGD{Momentum: 0.9}}) {
		for name, fit := range parity.Sorted(fits) {
			t.Run(rule+" "+name, func(t *testing.T) {
				again := func(learn *fastlearn.Learner) error {
					fastlearn.SetSeed(4)
					return fit(learn)
				}
				reference := stepLearner(t, files, r, false)
				if err := again(reference); err != nil {
					t.Fatal(err)
				}
				want := params(reference)
				for _, n := range []int{1, 3, 10, 20, 30, 40, 44, 46, 48, 50, 52, 54, 56, 58, 60} {
					learn, step := stepLearner(t, files, r, false), &stepped{}
					if err := learn.AddCallbacks(step); err != nil {
						t.Fatal(err)
					}
					before := params(learn)
					simcuda.FailAllocation(n)
					err := again(learn)
					simcuda.FailAllocation(0)
					if !errors.Is(err, torch.ErrOutOfMemory) || name == "LRFind" || !step.done {
						if now := params(learn); !errors.Is(err, torch.ErrOutOfMemory) || !slices.Equal(now, before) {
							t.Errorf("allocation %d: %v, or parameters changed", n, err)
						}
						if err := again(learn); err != nil {
							t.Fatal(err)
						}
						parity.Close(t, fmt.Sprint("again, after allocation ", n), params(learn), want, 1e-6)
					}
					learn.Close()
				}
			})
		}
	}
}
