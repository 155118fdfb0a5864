package fastlearn_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/internal/simcuda"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// needGPU returns the first GPU, which "make test-cuda" simulates and a machine that "make gpu-bundle" packs these tests for
// has. FASTLEARN_TEST_DEVICE=cpu shows elsewhere that they run.
func needGPU(t testing.TB) torch.Device {
	t.Helper()
	if os.Getenv("FASTLEARN_TEST_DEVICE") == "cpu" {
		return torch.CPU
	}
	if torch.CUDADeviceCount() == 0 {
		t.Skip("no GPU: ", torch.CUDA(0).Check())
	}
	return torch.CUDA(0)
}

// The same seed gives the same batches on a GPU as on the CPU, to rounding.
func TestCUDABatchesEqualTheCPUs(t *testing.T) {
	gpu, files := needGPU(t), fixture.ColourFolders(t, 20, "blue", "red")
	for name, sampling := range parity.Sorted(map[string]vision.Sampling{"fastai": vision.SamplingFastai, "once": vision.SamplingOnce}) {
		block := fixture.ColourBlock()
		block.BatchTfms = block.BatchTfms.With(vision.Hue(0.1, 1), vision.Normalize(vision.ImageNetStats())).Sampled(sampling)
		var all [2][]float32
		for i, device := range []torch.Device{torch.CPU, gpu} {
			dls, err := block.DataLoaders(files, data.BatchSize(6), data.OnDevice(device))
			if err != nil {
				t.Fatal(err)
			}
			defer dls.Close()
			torch.ManualSeed(5)
			all[i] = append(fixture.Pixels(t, dls.Train), fixture.Pixels(t, dls.Valid)...)
		}
		if len(all[0]) != len(all[1]) {
			t.Fatalf("%s: %d values and %d", name, len(all[0]), len(all[1]))
		}
		for i := range all[0] {
			if d := math.Abs(float64(all[0][i] - all[1][i])); !(d < 5e-3) {
				t.Fatalf("%s: value %d is %v on the CPU, %v on the GPU", name, i, all[0][i], all[1][i])
			}
		}
	}
}

// A learner trains, predicts and is saved and loaded on a GPU, and frees what it made.
func TestCUDATraining(t *testing.T) {
	collector.Off(t)
	gpu, files := needGPU(t), fixture.ColourFolders(t, 20, "blue", "red")
	dls, err := fixture.ColourBlock().DataLoaders(files, data.BatchSize(6), data.OnDevice(gpu))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	before := torch.LiveTensors()
	fastlearn.SetSeed(1)
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.Metrics(metric.Accuracy()), fastlearn.Logger(nil), fastlearn.Path(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	if err := learn.FitOneCycle(t.Context(), 3, fastlearn.LR(1e-3)); err != nil {
		t.Fatal(err)
	}
	if loss := learn.Recorder.Values[2][0]; math.IsNaN(loss) || loss > learn.Recorder.Values[0][0] {
		t.Errorf("the loss went from %v to %v", learn.Recorder.Values[0][0], loss)
	}
	a, err := learn.Predict(t.Context(), files[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := learn.Save("model"); err != nil {
		t.Fatal(err)
	}
	if err := learn.Load("model"); err != nil {
		t.Fatal(err)
	}
	if b, err := learn.Predict(t.Context(), files[0]); err != nil || math.Abs(a.Probs[0]-b.Probs[0]) > 1e-5 {
		t.Errorf("%v before, %v after, %v", a.Probs, b.Probs, err)
	}
	learn.Close()
	if live := torch.LiveTensors() - before; live != 0 {
		t.Errorf("%d tensors live", live)
	}
}

// A thousand steps in mixed precision, from files to updated weights, leave a GPU's memory as
// they found it.
func TestCUDAMemoryIsFlat(t *testing.T) {
	device, files := needGPU(t), fixture.ColourFolders(t, 40, "blue", "red")
	epochs, arch := 100, vision.ResNet34 // of ten steps
	if !device.IsCUDA() || simcuda.Loaded() {
		epochs, arch = 1, vision.ResNet18 // a loss of memory is exact there
	}
	block := fixture.ColourBlock()
	block.ItemTfms, block.BatchTfms = vision.Item(vision.Resize(80)), vision.AugTransforms(vision.Size(64), vision.MinScale(0.75))
	dls, err := block.DataLoaders(files, data.BatchSize(6), data.OnDevice(device))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, arch, fastlearn.FromScratch(), fastlearn.Logger(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	learn.ToChannelsLast().ToFP16()
	fit := func(epochs int) (allocated, reserved int64) {
		if err := learn.Fit(t.Context(), epochs, fastlearn.LR(1e-4)); err != nil {
			t.Fatal(err)
		}
		if device.IsCUDA() {
			if allocated, reserved, err = torch.CUDAMemory(device); err != nil {
				t.Fatal(err)
			}
		}
		return allocated, reserved
	}
	allocated, reserved := fit(min(epochs, 5)) // cuDNN has chosen, every batch shape was there
	live := torch.LiveTensors()
	a, r := fit(epochs)
	t.Logf("device memory after %d more steps: %.1f MB of tensors, before %.1f; %.0f MB held, before %.0f",
		epochs*dls.Train.Len(), float64(a)/1e6, float64(allocated)/1e6, float64(r)/1e6, float64(reserved)/1e6)
	// A scalar that was lost in each step would be 512 bytes a step; libtorch takes memory by 20 MB.
	if a-allocated >= 256<<10 || r-reserved > 20<<20 || simcuda.Loaded() && a != allocated {
		t.Errorf("the device's memory grew by %d bytes of tensors, %d held", a-allocated, r-reserved)
	}
	if n := torch.LiveTensors() - live; n != 0 {
		t.Errorf("%d more tensors live", n)
	}
}

// BenchmarkCUDAAugment is an augmented batch as the article has it, 64 at 460 to 224,
// from pinned memory.
func BenchmarkCUDAAugment(b *testing.B) {
	gpu := needGPU(b)
	if !gpu.IsCUDA() {
		b.Skip("only a GPU has page-locked memory")
	}
	s := torch.NewScope()
	defer s.Close()
	pixels := s.EmptyPinned(torch.Uint8, 64, 460, 460, 3)
	planes := pixels.Permute(0, 3, 1, 2)
	tfms := vision.AugTransforms(vision.Size(224), vision.MinScale(0.75)).With(vision.Normalize(vision.ImageNetStats()))
	rng := rand.New(rand.NewPCG(1, 2))
	for b.Loop() {
		tfms.Apply(planes.ToNonBlocking(gpu), rng, vision.Train).Close()
		if err := torch.Synchronize(); err != nil {
			b.Fatal(err)
		}
	}
}

// A cancelled training goes on on a GPU with its generator, whose draws are dropout's.
func TestCUDAResume(t *testing.T) {
	gpu, files := needGPU(t), fixture.ColourFolders(t, 20, "blue", "red")
	run := func(dir string, n int) []float64 {
		fastlearn.SetSeed(8)
		dls, err := fixture.ColourBlock().DataLoaders(files, data.BatchSize(6), data.OnDevice(gpu))
		if err != nil {
			t.Fatal(err)
		}
		defer dls.Close()
		model := nn.NewSequential(&nn.Flatten{}, &nn.Dropout{P: 0.5}, nn.NewLinear(3*12*12, 2))
		learn, err := fastlearn.NewLearner(dls, model, fastlearn.Path(dir), fastlearn.Logger(nil))
		if err != nil {
			t.Fatal(err)
		}
		defer learn.Close()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		err = learn.Fit(ctx, 2, fastlearn.LR(0.01), fastlearn.Callbacks(fastlearn.Checkpoint("run", 0), &fixture.CancelAt{N: n, Training: true, Cancel: cancel}), fastlearn.Resume("run"))
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		return learn.Recorder.Losses
	}
	want, dir := run(t.TempDir(), -1), t.TempDir()
	run(dir, 3)
	parity.Close(t, "losses", run(dir, -1), want, 1e-5)
}

// A learner on the GPU and one with its weights on the CPU augment and average alike.
func TestCUDATTA(t *testing.T) {
	gpu, files := needGPU(t), fixture.ColourFolders(t, 12, "blue", "red")
	dir := t.TempDir()
	var all [2]*fastlearn.Preds
	for i, device := range []torch.Device{gpu, torch.CPU} {
		learn := smallLearner(t, files, device, dir)
		if i == 0 {
			if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.01)); err != nil {
				t.Fatal(err)
			}
			if _, err := learn.Save("trained"); err != nil {
				t.Fatal(err)
			}
		} else if err := learn.Load("trained"); err != nil {
			t.Fatal(err)
		}
		fastlearn.SetSeed(5)
		p, err := learn.TTA(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		all[i] = p
	}
	if len(all[0].Probs) == 0 {
		t.Fatal("no predictions")
	}
	for i := range all[0].Probs {
		parity.Close(t, "probabilities", all[0].Probs[i], all[1].Probs[i], 1e-3)
	}
	parity.Close(t, "losses", all[0].Losses, all[1].Losses, 1e-3)
}

// smallLearner trains a small model with augmented batches on a device.
func smallLearner(t *testing.T, files []string, device torch.Device, dir string) *fastlearn.Learner {
	t.Helper()
	fastlearn.SetSeed(8)
	block := fixture.ColourBlock()
	block.ItemTfms, block.BatchTfms = vision.Item(vision.Resize(20)), vision.AugTransforms(vision.Size(16), vision.MinScale(0.75)).With(vision.Normalize(vision.ImageNetStats()))
	dls, err := block.DataLoaders(files, data.BatchSize(4), data.OnDevice(device))
	if err != nil {
		t.Fatal(err)
	}
	model := nn.NewSequential(nn.NewConv2d(3, 8, 3), nn.NewBatchNorm(8), &nn.ReLU{}, &nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, nn.NewLinear(8, 2))
	learn, err := fastlearn.NewLearner(dls, model, fastlearn.Path(dir), fastlearn.Logger(nil))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { learn.Close(); dls.Close() })
	return learn
}

// What a learner exports on one device predicts alike on the others.
func TestCUDAExport(t *testing.T) {
	gpu, files := needGPU(t), fixture.ColourFolders(t, 8, "blue", "red")
	for _, from := range []torch.Device{gpu, torch.CPU} {
		learn := smallLearner(t, files, from, t.TempDir())
		if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.01)); err != nil {
			t.Fatal(err)
		}
		file, err := learn.Export("model")
		if err != nil {
			t.Fatal(err)
		}
		for _, to := range []torch.Device{torch.CPU, gpu} {
			p, err := predictor.Load(file, predictor.OnDevice(to), predictor.Workers(1))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files[:3] {
				want, err := learn.Predict(t.Context(), f)
				if err != nil {
					t.Fatal(err)
				}
				got, err := p.Predict(t.Context(), f)
				if err != nil || got.Label != want.Label {
					t.Errorf("from %s on %s: %+v, want %+v, %v", from, to, got, want, err)
				}
				parity.Close(t, "from "+from.String()+" on "+to.String(), got.Probs, want.Probs, 1e-3)
			}
			p.Close()
		}
	}
}

// Batches of custom loaders are put where the learner is, wherever they were made, and nothing is left of them.
func TestCUDACustomLoaders(t *testing.T) {
	gpu := needGPU(t)
	collector.Off(t)
	for name, devices := range parity.Sorted(map[string][2]torch.Device{"from the CPU": {torch.CPU, gpu}, "to the CPU": {gpu, torch.CPU}}) {
		s := torch.NewScope()
		torch.ManualSeed(1)
		x := s.Randn(10, 3).To(devices[0])
		dl := &data.TensorLoader{X: x, Y: x.Narrow(1, 0, 1), BatchSize: 4}
		before := torch.LiveTensors()
		learn, err := fastlearn.NewLearner(data.NewLoaders(dl, dl, devices[1]), nn.NewLinear(3, 1), fastlearn.LossFunc(loss.MSE{}), fastlearn.Logger(nil))
		if err != nil {
			t.Fatal(err)
		}
		if err := learn.Fit(t.Context(), 20, fastlearn.LR(0.1)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if p, err := learn.GetPreds(t.Context(), nil); err != nil || len(p.Items) != 10 {
			t.Errorf("%s: %v, %v", name, p, err)
		}
		b, err := learn.DLs.OneBatch(t.Context())
		if err != nil || b.X().Device() != devices[1] || b.Y().Device() != devices[1] {
			t.Errorf("%s: the first batch is on %s: %v", name, b.X().Device(), err)
		}
		b.Close()
		if first, last := learn.Recorder.Values[0][0], learn.Recorder.Values[19][0]; !(last < first/2) {
			t.Errorf("%s: the loss went from %v to %v", name, first, last)
		}
		learn.Close()
		if live := torch.LiveTensors() - before; live != 0 {
			t.Errorf("%s: %d tensors live", name, live)
		}
		s.Close()
	}
}
