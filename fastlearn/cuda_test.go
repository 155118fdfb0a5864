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
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
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
