package optim_test

import (
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// A group that is frozen after it was trained still decays and moves by its momentum, as fastai's do, whose gradients stay zeros; one
// that was never trained stays as it is.
func TestFrozenGroupsGoOn(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	for name, rule := range parity.Sorted(map[string]optim.Rule{"Adam": optim.Adam{}, "SGD": optim.SGD{}, "Lamb": optim.Lamb{}}) {
		// steps trains once, then makes two steps whose gradients of the first group are what zero makes them.
		steps := func(zero func(opt *optim.Optimizer, w *torch.Tensor)) (trained, never []float64) {
			w, idle := torch.FromSlice(s, []float64{1, -2}).RequiresGrad_(true), s.With(torch.Float64).Ones(1).RequiresGrad_(true)
			opt := optim.New(rule, []*torch.Tensor{w}, []*torch.Tensor{idle})
			defer opt.Close()
			if err := opt.Set("wd", 0.1); err != nil {
				t.Fatal(err)
			}
			w.Square().Sum().Backward()
			opt.Step()
			zero(opt, w)
			opt.FreezeTo(2)
			for range 2 {
				opt.Step()
				zero(opt, w)
			}
			return torch.ToSlice[float64](w), torch.ToSlice[float64](idle)
		}
		got, never := steps(func(opt *optim.Optimizer, _ *torch.Tensor) { opt.ZeroGrad() })
		want, _ := steps(func(_ *optim.Optimizer, w *torch.Tensor) { w.SetGrad(torch.ZerosLike(w)) })
		once, _ := steps(func(_ *optim.Optimizer, w *torch.Tensor) { w.SetGrad(nil) })
		if !slices.Equal(got, want) || slices.Equal(got, once) || never[0] != 1 {
			t.Errorf("%s: %v, with gradients of zeros %v, without any %v; never trained %v", name, got, want, once, never)
		}
	}
}
