package fastlearn_test

import (
	"context"
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// LRFind and a file leave a Lookahead's slow weights and count as they were; a fit that goes on from either ends with the same
// weights as one that wasn't interrupted.
func TestLookaheadSurvives(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	torch.ManualSeed(3)
	x, y := s.Randn(20, 3), s.Randn(20)
	ctx, dir := context.Background(), t.TempDir()
	dls := data.NewLoaders(&data.TensorLoader{X: x, Y: y, BatchSize: 4}, &data.TensorLoader{X: x, Y: y, BatchSize: 4}, torch.DefaultDevice()) // 5 steps an epoch
	start := s.Randn(1, 3)
	open := func() *fastlearn.Learner {
		t.Helper()
		learn, err := fastlearn.NewLearner(dls, nn.NewLinear(3, 1, nn.NoBias()), fastlearn.LossFunc(loss.MSE{}), fastlearn.OptFunc(optim.Ranger()), fastlearn.Logger(nil), fastlearn.Path(dir))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { learn.Close() })
		torch.NoGrad(func() { nn.Parameters(learn.Model)[0].Copy_(start) })
		if err := learn.Fit(ctx, 1, fastlearn.LR(0.05)); err != nil {
			t.Fatal(err)
		}
		return learn
	}
	end := func(l *fastlearn.Learner) []float32 {
		t.Helper()
		if err := l.Fit(ctx, 2, fastlearn.LR(0.05)); err != nil {
			t.Fatal(err)
		}
		return torch.ToSlice[float32](nn.Parameters(l.Model)[0])
	}
	same := func(what string, got, want []float32) {
		t.Helper()
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: %v, want %v", what, got, want)
			}
		}
	}
	whole, found, saved := open(), open(), open()
	before := stateOfLearner(t, found)
	if _, err := found.LRFind(ctx, fastlearn.NumIt(8), fastlearn.NoStopDiv()); err != nil {
		t.Fatal(err)
	}
	sameState(t, stateOfLearner(t, found), before)
	if _, err := saved.Save("look"); err != nil {
		t.Fatal(err)
	}
	loaded := open()
	if err := loaded.Fit(ctx, 1, fastlearn.LR(0.5)); err != nil { // somewhere else
		t.Fatal(err)
	}
	if err := loaded.Load("look"); err != nil {
		t.Fatal(err)
	}
	want := end(whole)
	same("after LRFind", end(found), want)
	same("from a file", end(loaded), want)
}

// The settings name the rule within optim.With and within a Lookahead.
func TestSettingsNameTheRule(t *testing.T) {
	adam, err := optim.With(optim.Adam{}, optim.Hypers{"eps": 1e-6})
	if err != nil {
		t.Fatal(err)
	}
	for want, rule := range parity.Sorted(map[string]optim.Rule{"Adam": adam, "Lookahead(6, 0.5) of RAdam": optim.Ranger()}) {
		if got := fixture.Line(t, fastlearn.OptFunc(rule)).Settings(); !slices.Contains(got, [2]string{"optimizer", want}) {
			t.Errorf("%v, want %s", got, want)
		}
	}
}
