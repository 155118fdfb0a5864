package fastlearn_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/internal/simcuda"
	"github.com/fastlearn-go/fastlearn/torch"
)

// losing loses the device k kernels after the third batch of a fit has begun, and counts the events that end fits.
type losing struct{ k, ended int }

func (*losing) Order() int { return -1000 }

func (c *losing) BeforeBatch(l *fastlearn.Learner) error {
	if l.TrainIter == 3 && c.k > 0 {
		simcuda.Lose(c.k)
	}
	return nil
}

func (c *losing) AfterFit(*fastlearn.Learner) error {
	c.ended++
	return nil
}

// A device that is lost in the middle of a step ends the fit with CUDA's error and its closing events. The last checkpoint is
// whole, and the fit goes on from it; in float16 too, whose scale was on the device.
func TestCUDALost(t *testing.T) {
	t.Run("float32", func(t *testing.T) { loses(t, (*fastlearn.Learner).ToFP32) })
	t.Run("float16", func(t *testing.T) { loses(t, (*fastlearn.Learner).ToFP16) })
}

func loses(t *testing.T, precision func(*fastlearn.Learner) *fastlearn.Learner) {
	needSimulation(t)
	defer simcuda.Lose(0)
	files := fixture.ColourFolders(t, 20, "blue", "red")
	fit := func(dir string, cb *losing) ([]float64, error) {
		fastlearn.SetSeed(8)
		dls, err := fixture.ColourBlock().DataLoaders(files, data.BatchSize(6), data.OnDevice(torch.CUDA(0)))
		if err != nil {
			t.Fatal(err)
		}
		defer dls.Close()
		learn, err := fastlearn.NewLearner(dls, fixture.SmallModel(2), fastlearn.Path(dir), fastlearn.Logger(nil))
		if err != nil {
			t.Fatal(err)
		}
		defer learn.Close()
		err = precision(learn).Fit(t.Context(), 2, fastlearn.LR(0.01), fastlearn.Callbacks(fastlearn.Checkpoint("run", 1), cb), fastlearn.Resume("run"))
		return learn.Recorder.Losses, err
	}
	want, err := fit(t.TempDir(), &losing{})
	if err != nil {
		t.Fatal(err)
	}
	for k := 1; k < 160; k += 13 {
		dir, cb := t.TempDir(), &losing{k: k}
		_, err := fit(dir, cb)
		if err == nil || !strings.Contains(err.Error(), "CUDA error: unspecified launch failure") || errors.Is(err, torch.ErrOutOfMemory) {
			t.Errorf("kernel %d: %v", k, err)
		}
		if cb.ended != 1 {
			t.Errorf("kernel %d: AfterFit came %d times", k, cb.ended)
		}
		simcuda.Lose(0)
		losses, err := fit(dir, &losing{})
		if err != nil {
			t.Fatalf("kernel %d: going on: %v", k, err)
		}
		parity.Close(t, fmt.Sprint("losses after kernel ", k), losses, want, 1e-5)
	}
}
