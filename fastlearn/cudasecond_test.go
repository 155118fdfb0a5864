package fastlearn_test

import (
	"context"
	"errors"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/internal/simcuda"
	"github.com/fastlearn-go/fastlearn/torch"
)

// Nothing that is done on the second GPU touches the first one.
func TestCUDASecondAlone(t *testing.T) {
	needSimulation(t)
	files, dir := fixture.ColourFolders(t, 12, "blue", "red"), t.TempDir()
	second := torch.CUDA(1)
	learn := smallLearner(t, files, second, dir)
	checked := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, part := range []struct {
		name string
		f    func()
	}{
		{"Fit", func() { checked(learn.FitOneCycle(t.Context(), 2, fastlearn.LR(0.01))) }},
		{"LRFind", func() {
			_, err := learn.LRFind(t.Context(), fastlearn.NumIt(8), fastlearn.NoStopDiv())
			checked(err)
		}},
		{"MixUp, clipping and averaged weights", func() {
			checked(learn.Fit(t.Context(), 1, fastlearn.LR(0.01), fastlearn.Callbacks(callback.MixUp(0.4), callback.GradientClip(1, 2), callback.EMA(0.9))))
		}},
		{"float16 with channels last", func() {
			learn.ToChannelsLast().ToFP16()
			checked(learn.Fit(t.Context(), 1, fastlearn.LR(0.01)))
			learn.ToFP32()
		}},
		{"TTA", func() {
			_, err := learn.TTA(t.Context(), nil, fastlearn.TTATimes(1))
			checked(err)
		}},
		{"Predict", func() {
			_, err := learn.Predict(t.Context(), files[0])
			checked(err)
		}},
		{"Interpret", func() {
			_, err := learn.Interpret(t.Context(), nil)
			checked(err)
		}},
		{"Save and Load", func() {
			_, err := learn.Save("second")
			checked(err)
			checked(learn.Load("second"))
		}},
		{"Resume", func() {
			fit := func(epochs int) {
				checked(learn.Fit(t.Context(), epochs, fastlearn.LR(0.01), fastlearn.Callbacks(fastlearn.Checkpoint("run", 0)), fastlearn.Resume("run")))
			}
			fit(1)
			fit(1)
		}},
		{"Export and Predictor", func() {
			file, err := learn.Export("model")
			checked(err)
			p, err := predictor.Load(file, predictor.OnDevice(second), predictor.Workers(1))
			checked(err)
			defer p.Close()
			_, err = p.Predict(t.Context(), files[0])
			checked(err)
		}},
	} {
		t.Run(part.name, func(t *testing.T) {
			before, own := simcuda.Uses(0), simcuda.Uses(1)
			part.f()
			if n := simcuda.Uses(0) - before; n != 0 {
				t.Errorf("the first GPU was used %d times", n)
			}
			if simcuda.Uses(1) == own {
				t.Error("the second GPU wasn't used")
			}
		})
	}
}

// A checkpoint of the second GPU goes on on the CPU, on the first one and back, with the optimizer's state: the weights are those
// of a training that stayed.
func TestCUDACheckpointsMove(t *testing.T) {
	needSimulation(t)
	files := fixture.ColourFolders(t, 12, "blue", "red")
	run := func(devices ...torch.Device) []float64 {
		dir := t.TempDir()
		var weights []float64
		for i, device := range devices {
			learn := smallLearner(t, files, device, dir)
			if i > 0 {
				if err := learn.Load("run"); err != nil {
					t.Fatal(err)
				}
			}
			fastlearn.SetSeed(uint64(i))
			if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.01)); err != nil {
				t.Fatal(err)
			}
			if _, err := learn.Save("run"); err != nil {
				t.Fatal(err)
			}
			weights = fixture.WeightsOf(learn)
			for _, p := range learn.Opt.Params() {
				for name, s := range p.State {
					if name != "step" && s.Device() != device {
						t.Errorf("%s of a parameter on %s is on %s", name, p.Device(), s.Device())
					}
				}
			}
		}
		return weights
	}
	second := torch.CUDA(1)
	want := run(second, second, second)
	for name, devices := range parity.Sorted(map[string][]torch.Device{
		"to the CPU and back":   {second, torch.CPU, second},
		"to the first and back": {second, torch.CUDA(0), second},
		"from the CPU":          {torch.CPU, second, torch.CPU},
	}) {
		parity.Close(t, name, run(devices...), want, 1e-4)
	}
}

// A fit that ends on one device goes on from its checkpoint on another, with the losses of one that stayed.
func TestCUDAFitsMove(t *testing.T) {
	needSimulation(t)
	files := fixture.ColourFolders(t, 12, "blue", "red")
	run := func(devices ...torch.Device) (losses []float64) {
		dir := t.TempDir()
		for i, device := range devices {
			learn := smallLearner(t, files, device, dir)
			ctx, cancel := context.WithCancel(t.Context())
			stop := &fixture.CancelAt{N: 4, Training: true, Cancel: cancel}
			if i == len(devices)-1 {
				stop.N = -1
			}
			err := learn.Fit(ctx, 3, fastlearn.LR(0.01), fastlearn.Callbacks(fastlearn.Checkpoint("run", 0), stop), fastlearn.Resume("run"))
			if cancel(); err != nil && !errors.Is(err, context.Canceled) {
				t.Fatalf("on %s: %v", device, err)
			}
			losses = learn.Recorder.Losses
		}
		return losses
	}
	second := torch.CUDA(1)
	want := run(second)
	for name, devices := range parity.Sorted(map[string][]torch.Device{
		"to the CPU and back":   {second, torch.CPU, second},
		"to the first and back": {second, torch.CUDA(0), second},
		"from the CPU":          {torch.CPU, second},
	}) {
		parity.Close(t, name, run(devices...), want, 1e-3)
	}
}

// Two processes, on a GPU each, have the losses, metrics and weights of one, as those on the CPU have.
func TestCUDADistributed(t *testing.T) {
	needSimulation(t)
	processesEqualOne(t, 2)
}
