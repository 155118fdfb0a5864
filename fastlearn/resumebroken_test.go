package fastlearn_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// A checkpoint that lacks something, or has something else in its place, is an error, whatever it is.
func TestResumeOfABrokenCheckpoint(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	callbacks := func() fastlearn.Option {
		return fastlearn.Callbacks(callback.EMA(0.9), callback.SaveModel(), callback.EarlyStopping(), callback.GradientAccumulation(24), callback.CSVLogger("history.csv"))
	}
	fit := func(ctx context.Context, name string, opts ...fastlearn.OneCycleOption) error {
		return noisy(t, dir).FitOneCycle(ctx, 2, fastlearn.LR(0.1), append(opts, callbacks(), fastlearn.Resume(name))...)
	}
	if err := fit(ctx, "whole", fastlearn.Callbacks(fastlearn.Checkpoint("whole", 0), &fixture.CancelAt{N: 2, Training: true, Cancel: cancel})); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	f, err := checkpoint.Open(filepath.Join(dir, "models", "whole.pth"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	refused := 0
	for _, with := range []any{nil, "x", pth.NewList(), pth.NewDict(), int64(-1)} {
		for place := range countPlaces(f.Value()) {
			n := place
			broken := breakAt(f.Value(), &n, with).(*pth.Dict)
			if err := pth.WriteFile(filepath.Join(dir, "models", "broken.pth"), broken, pth.NoSync()); err != nil {
				t.Fatal(err)
			}
			if err := fit(t.Context(), "broken"); err != nil {
				refused++
			}
		}
	}
	if refused < 250 { // what passes are averages that begin anew, and numbers that may be any
		t.Errorf("%d broken checkpoints were refused, want 250 or more", refused)
	}
}

// countPlaces is the number of values in a tree of dicts and lists.
func countPlaces(v any) int {
	n := 1
	switch v := v.(type) {
	case *pth.Dict:
		for _, inner := range v.All() {
			n += countPlaces(inner)
		}
	case *pth.List:
		for _, inner := range v.Items {
			n += countPlaces(inner)
		}
	}
	return n
}

// breakAt copies a tree with another value in the n-th place, or without that one where with is nil.
func breakAt(v any, n *int, with any) any {
	switch v := v.(type) {
	case *pth.Dict:
		out := pth.NewDict()
		for k, inner := range v.All() {
			if *n--; *n != 0 {
				out.Set(k, breakAt(inner, n, with))
			} else if with != nil {
				out.Set(k, with)
			}
		}
		return out
	case *pth.List:
		out := pth.NewList()
		for _, inner := range v.Items {
			if *n--; *n != 0 {
				out.Items = append(out.Items, breakAt(inner, n, with))
			} else if with != nil {
				out.Items = append(out.Items, with)
			}
		}
		return out
	}
	return v
}
