package fastlearn_test

import (
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// note keeps each step's rates and momentum.
type note struct {
	lrs  [][]float64
	moms []float64
}

func (*note) Order() int { return 100 }

func (n *note) BeforeStep(l *fastlearn.Learner) error {
	var rates []float64
	for _, g := range l.Opt.Groups {
		rates = append(rates, g.Hypers["lr"])
	}
	n.lrs = append(n.lrs, rates)
	n.moms = append(n.moms, l.Opt.Groups[len(l.Opt.Groups)-1].Hypers["mom"])
	return nil
}

// Every batch's rates and momentum are fastai's, in each kind of fit and with all arguments.
func TestFitsScheduleAsFastai(t *testing.T) {
	x := torch.FromSlice(nil, slices.Repeat([]float32{1}, 14), 14, 1)
	defer x.Close()
	cases := map[string]func(l *fastlearn.Learner) error{
		"one_cycle": func(l *fastlearn.Learner) error { return l.FitOneCycle(t.Context(), 3, fastlearn.Slice(1e-5, 1e-3)) },
		"one_cycle_args": func(l *fastlearn.Learner) error {
			return l.FitOneCycle(t.Context(), 2, fastlearn.LR(3e-3), fastlearn.Div(10), fastlearn.DivFinal(100), fastlearn.PctStart(0.4), fastlearn.Moms(0.9, 0.8, 0.7))
		},
		"one_cycle_start": func(l *fastlearn.Learner) error {
			return l.FitOneCycle(t.Context(), 3, fastlearn.SliceTo(2e-3), fastlearn.StartEpoch(1))
		},
		"one_cycle_own": func(l *fastlearn.Learner) error { return l.FitOneCycle(t.Context(), 1, nil) },
		"fine_tune":     func(l *fastlearn.Learner) error { return l.FineTune(t.Context(), 2, fastlearn.BaseLR(4e-3)) },
		"fine_tune_args": func(l *fastlearn.Learner) error {
			return l.FineTune(t.Context(), 2, fastlearn.BaseLR(1e-3), fastlearn.FreezeEpochs(2), fastlearn.LRMult(10), fastlearn.PctStart(0.2), fastlearn.Div(3), fastlearn.DivFinal(50))
		},
		"flat_cos": func(l *fastlearn.Learner) error { return l.FitFlatCos(t.Context(), 3, fastlearn.Slice(1e-5, 1e-3)) },
		"flat_cos_args": func(l *fastlearn.Learner) error {
			return l.FitFlatCos(t.Context(), 2, fastlearn.LR(3e-3), fastlearn.DivFinal(10), fastlearn.PctStart(0.5))
		},
		"sgdr": func(l *fastlearn.Learner) error { return l.FitSGDR(t.Context(), 3, 1, fastlearn.Slice(1e-4, 1e-3)) },
		"sgdr_args": func(l *fastlearn.Learner) error {
			return l.FitSGDR(t.Context(), 2, 2, fastlearn.LR(1e-3), fastlearn.CycleMult(3))
		},
		"fit": func(l *fastlearn.Learner) error { return l.Fit(t.Context(), 2, fastlearn.Slice(1e-4, 1e-3)) },
	}
	var want map[string]struct {
		LR  [][]float64
		Mom []float64
	}
	parity.Python(t, "fits.py", nil, &want)
	for name, fit := range cases {
		dls := data.NewLoaders(&data.TensorLoader{X: x, Y: x, BatchSize: 2}, &data.TensorLoader{X: x, Y: x, BatchSize: 14}, torch.DefaultDevice())
		model := nn.NewSequential(nn.NewLinear(1, 1), nn.NewLinear(1, 1), nn.NewLinear(1, 1))
		split := func(m nn.Module) (groups [][]*torch.Tensor) {
			for _, c := range nn.Children(m) {
				groups = append(groups, nn.Parameters(c.Module))
			}
			return groups
		}
		n := &note{}
		learn, err := fastlearn.NewLearner(dls, model, fastlearn.LossFunc(loss.MSE{}), fastlearn.SplitBy(split), fastlearn.DefaultLR(fastlearn.Slice(1e-4, 1e-2)), fastlearn.Callbacks(n), fastlearn.Logger(nil))
		if err != nil {
			t.Fatal(err)
		}
		if err := fit(learn); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		learn.Close()
		if len(n.lrs) != len(want[name].LR) {
			t.Errorf("%s: %d steps, want %d", name, len(n.lrs), len(want[name].LR))
			continue
		}
		for i := range n.lrs {
			parity.Relative(t, name+": rates", n.lrs[i], want[name].LR[i], 1e-12)
		}
		parity.Relative(t, name+": momenta", n.moms, want[name].Mom, 1e-12)
	}
	if len(cases) != len(want) {
		t.Errorf("%d cases, Python has %d", len(cases), len(want))
	}
}
