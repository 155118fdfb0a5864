package fastlearn_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/internal/simcuda"
	"github.com/fastlearn-go/fastlearn/torch"
)

// What a learner does besides training either ends with the error of an allocation that fails, wherever that is, or needs no more
// memory: it keeps nothing and changes nothing, and the next call gives what the first one gave.
func TestCUDAOutOfMemoryOutsideOfFits(t *testing.T) {
	gpu := needSimulation(t)
	collector.Off(t)
	files, dir := fixture.ColourFolders(t, 6, "blue", "red"), t.TempDir()
	learn := smallLearner(t, files, gpu, dir)
	if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.01)); err != nil {
		t.Fatal(err)
	}
	if _, err := learn.Save("saved"); err != nil {
		t.Fatal(err)
	}
	rows := func(p *fastlearn.Preds, err error) (any, error) {
		if err != nil {
			return nil, err
		}
		return p.Probs, nil
	}
	for name, call := range parity.Sorted(map[string]func() (any, error){
		"Validate": func() (any, error) { return learn.Validate(t.Context(), nil) },
		"GetPreds": func() (any, error) { return rows(learn.GetPreds(t.Context(), nil)) },
		"TTA":      func() (any, error) { return rows(learn.TTA(t.Context(), nil, fastlearn.TTATimes(1))) },
		"Interpret": func() (any, error) {
			i, err := learn.Interpret(t.Context(), nil)
			if err != nil {
				return nil, err
			}
			return i.Losses, nil
		},
		"Predict": func() (any, error) {
			p, err := learn.Predict(t.Context(), files[0])
			return p.Probs, err
		},
		"Summary": func() (any, error) { return learn.Summary(t.Context()) },
		"Save":    func() (any, error) { return learn.Save("again") },
		"Load":    func() (any, error) { return nil, learn.Load("saved") },
		"Export":  func() (any, error) { return exported(t, learn) },
		"ExportONNX": func() (any, error) {
			return learn.ExportONNX(filepath.Join(dir, "model"))
		},
	}) {
		t.Run(name, func(t *testing.T) {
			again := func() (string, error) {
				fastlearn.SetSeed(5)
				v, err := call()
				return fmt.Sprint(v), err
			}
			want, err := again()
			if err != nil {
				t.Fatal(err)
			}
			before := fmt.Sprint(trained(learn), fixture.WeightsOf(learn))
			for n := 1; !t.Failed(); n++ {
				live := torch.LiveTensors()
				allocated, _, err := torch.CUDAMemory(gpu)
				if err != nil {
					t.Fatal(err)
				}
				simcuda.FailAllocation(n)
				made := simcuda.Count(func() { _, err = again() }).Allocations
				simcuda.FailAllocation(0)
				if err == nil && made < int64(n) {
					t.Logf("%d allocations", made)
					break
				}
				if !errors.Is(err, torch.ErrOutOfMemory) {
					t.Errorf("allocation %d of %d: %v", n, made, err)
				}
				if k := torch.LiveTensors() - live; k > 0 {
					t.Errorf("allocation %d: %d tensors are left: %v", n, k, err)
				}
				if now, _, _ := torch.CUDAMemory(gpu); now > allocated {
					t.Errorf("allocation %d: %d bytes are left: %v", n, now-allocated, err)
				}
				if after := fmt.Sprint(trained(learn), fixture.WeightsOf(learn)); after != before {
					t.Errorf("allocation %d changed something: %v", n, err)
				}
				if got, err := again(); err != nil || got != want {
					t.Errorf("after allocation %d: %v, %s, want %s", n, err, got, want)
				}
			}
		})
	}
}

// exported is whether an exported file has the model's graph.
func exported(t *testing.T, learn *fastlearn.Learner) (bool, error) {
	file, err := learn.Export(filepath.Join(t.TempDir(), "model"))
	if err != nil {
		return false, err
	}
	_, pass := stored(t, file)
	return pass.Graph != nil, nil
}
