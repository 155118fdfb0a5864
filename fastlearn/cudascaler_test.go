package fastlearn_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
)

// watchScaler notes the loss's scale, the steps that were left out and a weight after each step, or late, at the end; some steps overflow.
type watchScaler struct {
	late     bool
	overflow []int       // steps, from 0
	rows     [][]float64 // scale, steps that were left out, a weight
}

func (*watchScaler) Order() int { return 20 }
func (*watchScaler) TrainOnly() {}

func (w *watchScaler) AfterLoss(l *fastlearn.Learner) error {
	if slices.Contains(w.overflow, l.TrainIter) {
		return torch.Try(func() { l.LossGrad = l.LossGrad.MulScalar(math.Inf(1)) })
	}
	return nil
}

func (w *watchScaler) AfterBatch(l *fastlearn.Learner) error {
	if !w.late {
		w.note(l)
	}
	return nil
}

func (w *watchScaler) AfterFit(l *fastlearn.Learner) error {
	if w.late {
		w.note(l)
	}
	return nil
}

func (w *watchScaler) note(l *fastlearn.Learner) {
	w.rows = append(w.rows, []float64{l.Scaler().Scale(), float64(l.Scaler().Skipped()), fixture.WeightsOf(l)[0]})
}

// In float16 a step whose gradients overflow is left out and halves the loss's scale, steps without overflow double it, and a
// resumed training goes on with the scale and the count of steps.
func TestCUDAGradScaler(t *testing.T) {
	gpu, files := needGPU(t), fixture.ColourFolders(t, 15, "blue", "red") // 24 train: 6 steps an epoch
	if !gpu.IsCUDA() {
		t.Skip("float16 needs a GPU")
	}
	run := func(dir string, stop int, late bool) [][]float64 {
		learn := smallLearner(t, files, gpu, dir).ToFP16()
		learn.Scaler().InitScale, learn.Scaler().GrowthInterval = 1024, 3
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		w := &watchScaler{late: late, overflow: []int{1, 7, 8}}
		err := learn.Fit(ctx, 3, fastlearn.LR(0.01), fastlearn.Resume("run"),
			fastlearn.Callbacks(w, fastlearn.Checkpoint("run", 0), &fixture.CancelAt{N: stop, Training: true, Cancel: cancel}))
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		return w.rows
	}
	whole := run(t.TempDir(), -1, false)
	scale, skipped, good := 1024.0, 0.0, 0
	for i, row := range whole {
		changed := i == 0 || row[2] != whole[i-1][2]
		switch i {
		case 1, 7, 8:
			scale, skipped, good = scale/2, skipped+1, 0
			if changed {
				t.Errorf("step %d overflowed and was made", i)
			}
		default:
			if good++; good == 3 {
				scale, good = scale*2, 0
			}
			if !changed {
				t.Errorf("step %d was left out", i)
			}
		}
		if row[0] != scale || row[1] != skipped {
			t.Errorf("step %d: scale %v, %v steps left out; want %v, %v", i, row[0], row[1], scale, skipped)
		}
	}
	if len(whole) < 15 {
		t.Fatalf("%d steps", len(whole))
	}
	dir := t.TempDir()
	resumed := append(run(dir, 10, false), run(dir, -1, false)...)
	if len(resumed) != len(whole) {
		t.Fatalf("%d steps, want %d", len(resumed), len(whole))
	}
	for i, row := range resumed {
		parity.Close(t, fmt.Sprint("resumed, step ", i), row, whole[i], 1e-5)
	}
	dir = t.TempDir()
	run(dir, 10, true)
	parity.Close(t, "resumed, looked at once", run(dir, -1, true)[0], whole[len(whole)-1], 1e-5)
}
