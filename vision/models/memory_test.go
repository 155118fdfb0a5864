package models_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

type peaks struct{ Forward, Step int64 }

// Peak resident memory of ResNet-50, batch 16 at 224, is at most 1.1 times PyTorch's
// growth over its own base: containers release what they have consumed. Where the
// allocator puts things moves both sides by some percent from process to process, so
// the medians of three fresh processes each are compared.
func TestPeakMemory(t *testing.T) {
	if os.Getenv("FASTLEARN_MEASURE_PEAKS") != "" {
		if err := json.NewEncoder(os.Stderr).Encode(measurePeaks(t)); err != nil {
			t.Fatal(err)
		}
		return
	}
	if testing.Short() {
		t.Skip("takes a minute")
	}
	var ours, theirs []peaks
	for range 3 {
		var p peaks
		parity.Python(t, "memory.py", nil, &p)
		theirs = append(theirs, p)
		ours = append(ours, peaksOfProcess(t))
	}
	for _, c := range []struct {
		what string
		of   func(peaks) int64
	}{
		{"forward without gradients", func(p peaks) int64 { return p.Forward }},
		{"training step", func(p peaks) int64 { return p.Step }},
	} {
		got, want := middle(ours, c.of), middle(theirs, c.of)
		ratio := float64(got) / float64(want)
		t.Logf("%s: %d MB, PyTorch %d MB, ratio %.3f", c.what, got>>20, want>>20, ratio)
		if ratio > 1.1 {
			t.Errorf("%s: peak memory is %.2f times PyTorch's, want at most 1.1", c.what, ratio)
		}
	}
}

// peaksOfProcess runs this test again in a process of its own.
func peaksOfProcess(t *testing.T) (p peaks) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestPeakMemory$")
	cmd.Env = append(os.Environ(), "FASTLEARN_MEASURE_PEAKS=1")
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	decodeErr := json.NewDecoder(pipe).Decode(&p)
	if err := cmd.Wait(); err != nil || decodeErr != nil {
		t.Fatal(err, decodeErr)
	}
	return p
}

func middle(all []peaks, of func(peaks) int64) int64 {
	var values []int64
	for _, p := range all {
		values = append(values, of(p))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func measurePeaks(t *testing.T) peaks {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	torch.ManualSeed(1)
	m := models.ResNet50(10)
	defer nn.Close(m)
	opt := optim.New(optim.Adam{}, nn.Parameters(m))
	defer opt.Close()
	s := torch.NewScope()
	defer s.Close()
	x := s.Randn(16, 3, 224, 224)
	y := torch.FromSlice(s, []int64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5})
	forward := parity.PeakGrowth(t, func() {
		torch.NoGrad(func() { m.Forward(x).Close() })
	})
	step := parity.PeakGrowth(t, func() {
		out := m.Forward(x)
		loss := torch.CrossEntropy(out, y, torch.CrossEntropyOptions{Reduction: torch.ReductionMean})
		loss.Backward()
		loss.Close()
		out.Close()
		opt.Step()
		opt.ZeroGrad()
	})
	return peaks{forward, step}
}
