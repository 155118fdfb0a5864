package fastlearn_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// Suggestions equal fastai's on 50 curves, noisy ones and such that end early or in NaN.
func TestSuggestionsEqualFastai(t *testing.T) {
	type curve struct {
		LRs    []float64  `json:"lrs"`
		Losses []*float64 `json:"losses"`
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var curves []curve
	var ours []*fastlearn.LRFound
	for k := range 50 {
		n, best, depth, noise := 100, -4+3*rng.Float64(), 0.5+2*rng.Float64(), 0.1*rng.Float64()
		if k%5 == 1 {
			n = 60 + rng.IntN(40)
		}
		c, found, smooth := curve{}, &fastlearn.LRFound{}, fastlearn.SmoothLoss{}
		for i := range n {
			lr := fastlearn.SchedExp(1e-7, 10)(float64(i) / 100)
			x := math.Log10(lr) - best
			loss := 3 - depth/(1+math.Exp(-2*(x+1))) + math.Exp(2*(x-0.8)) + noise*rng.NormFloat64()
			smooth.Add(loss)
			v := smooth.Value()
			found.LRs, found.Losses = append(found.LRs, lr), append(found.Losses, v)
			c.LRs, c.Losses = append(c.LRs, lr), append(c.Losses, &v)
		}
		if k%7 == 3 {
			for i := n - 12; i < n; i++ {
				found.Losses[i], c.Losses[i] = math.NaN(), nil
			}
		}
		if err := found.Suggest(100); err != nil {
			t.Fatal(err)
		}
		curves, ours = append(curves, c), append(ours, found)
	}
	var want [][]float64
	parity.Python(t, "suggest.py", curves, &want)
	for i, f := range ours {
		parity.Relative(t, "valley, slide, minimum, steep", []float64{f.Valley, f.Slide, f.Minimum, f.Steep}, want[i], 4*parity.Float64) // chosen from the same rates
	}
}

// state is all that LRFind must leave alone, comparable.
func stateOfLearner(t *testing.T, l *fastlearn.Learner) map[string]any {
	t.Helper()
	out := map[string]any{"recorder": *l.Recorder, "frozen": l.Opt.Frozen()}
	for _, n := range nn.StateDict(l.Model) {
		out["model "+n.Name] = torch.ToSlice[float64](n.Detach().To(torch.Float64))
		if g := n.Grad(); g != nil {
			out["grad "+n.Name] = torch.ToSlice[float64](g.To(torch.Float64))
			g.Close()
		}
		out["flag "+n.Name] = n.RequiresGrad()
	}
	for i, p := range l.Opt.Params() {
		for name, s := range p.State {
			out[fmt.Sprint("opt ", name, i)] = torch.ToSlice[float64](s.To(torch.Float64))
		}
	}
	for i, g := range l.Opt.Groups {
		hypers := map[string]float64{}
		for k, v := range g.Hypers {
			hypers[k] = v
		}
		out[fmt.Sprint("hypers", i)] = hypers
	}
	nn.Walk(l.Model, func(name string, m nn.Module) { out["mode "+name] = nn.IsTraining(m) })
	out["rng"] = rngOf(t)
	out["loop"] = []any{l.Epoch, l.NEpoch, l.Iter, l.TrainIter, l.PctTrain, l.LossValue(), l.Training}
	return out
}

func sameState(t *testing.T, got, want map[string]any) {
	t.Helper()
	for k := range want {
		if !reflect.DeepEqual(got[k], want[k]) {
			t.Errorf("%s is not as it was", k)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d things of %d", len(got), len(want))
	}
}

// LRFind leaves everything as it was, to the bit: right after FineTune, on three batches,
// with losses that aren't numbers, where no file can be written, and when cancelled.
func TestLRFindRestores(t *testing.T) {
	collector.Off(t)
	files := fixture.ColourFolders(t, 8, "blue", "red") // 12 to train on
	dls, err := fixture.ColourBlock().DataLoaders(files, data.BatchSize(4))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.Logger(nil), fastlearn.Path(file))
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	if err := learn.FineTune(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	want := stateOfLearner(t, learn)
	found, err := learn.LRFind(t.Context(), fastlearn.NumIt(30), fastlearn.NoStopDiv())
	if err != nil {
		t.Fatal(err)
	}
	sameState(t, stateOfLearner(t, learn), want)
	if len(found.Losses) != 30 || !(found.Valley >= 1e-7 && found.Valley <= 10) {
		t.Errorf("%d losses, valley %v", len(found.Losses), found.Valley)
	}
	if _, err := learn.LRFind(t.Context(), fastlearn.NumIt(8), fastlearn.EndLR(1e30), fastlearn.StartLR(1e20)); err == nil || !strings.Contains(err.Error(), "nothing to suggest") {
		t.Errorf("losses that aren't numbers: %v", err)
	}
	sameState(t, stateOfLearner(t, learn), want)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := learn.LRFind(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	sameState(t, stateOfLearner(t, learn), want)
	live := torch.LiveTensors()
	if _, err := learn.LRFind(t.Context(), fastlearn.NumIt(30), fastlearn.NoStopDiv()); err != nil {
		t.Fatal(err)
	}
	if got := torch.LiveTensors() - live; got != 0 {
		t.Errorf("%d tensors live", got)
	}
	if _, err := learn.LRFind(t.Context(), fastlearn.StartLR(1), fastlearn.EndLR(0.1)); err == nil {
		t.Error("rates in the wrong order must be refused")
	}
}

// On a fresh learner LRFind makes an optimizer and takes it away again.
func TestLRFindOnAFreshLearner(t *testing.T) {
	learn := fixture.Line(t)
	found, err := learn.LRFind(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if learn.Opt != nil {
		t.Error("an optimizer is left")
	}
	if !(found.Valley > 1e-4 && found.Valley < 1) {
		t.Errorf("valley %v", found.Valley)
	}
	if err := learn.Fit(t.Context(), 1, fastlearn.LR(found.Valley)); err != nil {
		t.Error(err)
	}
}

// A curve that is too short to suggest a rate says why: too few batches were asked for, the loss was NaN or it rose.
func TestLRFindWithFewBatches(t *testing.T) {
	learn := fixture.Line(t)
	before := fixture.WeightsOf(learn)
	for _, c := range []struct {
		want string
		opts []fastlearn.LRFindOption
	}{
		{"the loss was NaN at batch ", []fastlearn.LRFindOption{fastlearn.NumIt(10), fastlearn.StartLR(1e20), fastlearn.EndLR(1e30), fastlearn.NoStopDiv()}},
		{"ended after ", []fastlearn.LRFindOption{fastlearn.NumIt(100), fastlearn.StartLR(1e2), fastlearn.EndLR(1e4)}},
		{"NumIt(6) is too few to suggest a rate from: want 7", []fastlearn.LRFindOption{fastlearn.NumIt(6)}},
		{"NumIt(-1) is too few", []fastlearn.LRFindOption{fastlearn.NumIt(-1)}},
	} {
		if found, err := learn.LRFind(t.Context(), c.opts...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want an error of %q: %v, %v", c.want, found, err)
		}
	}
	for n := 7; n < 24; n++ {
		found, err := learn.LRFind(t.Context(), fastlearn.NumIt(n), fastlearn.EndLR(1e-3), fastlearn.NoStopDiv())
		if err != nil || math.IsNaN(found.Valley) || len(found.Losses) != n {
			t.Errorf("%d batches: %v, %v", n, found, err)
		}
	}
	if !slices.Equal(fixture.WeightsOf(learn), before) || learn.Opt != nil {
		t.Error("the learner is changed")
	}
}
