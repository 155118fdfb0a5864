package predictor_test

import (
	"strings"
	"testing"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/simcuda"
	"github.com/fastlearn-go/fastlearn/torch"
)

// A batch for which a GPU has no memory is split, wherever that shows; on the second GPU, the first one is left alone.
func TestCUDAPredictorSplitsABatch(t *testing.T) {
	if !simcuda.Loaded() {
		t.Skip("needs the simulated CUDA (make test-cuda)")
	}
	files := fixture.ColourFolders(t, 8, "blue", "red")                                                                            // 16
	_, p := smallPredictor(t, files, predictor.OnDevice(torch.CUDA(1)), predictor.Workers(1), predictor.Batching(16, time.Minute)) // all in one batch
	want := p.PredictAll(t.Context(), files)
	first, _, err := torch.CUDAMemory(torch.CUDA(0))
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 30; n++ {
		simcuda.FailAllocation(n)
		got := p.PredictAll(t.Context(), files)
		simcuda.FailAllocation(0)
		for i := range files {
			if got[i].Err != nil || want[i].Err != nil {
				t.Fatalf("allocation %d, picture %d: %v, %v", n, i, got[i].Err, want[i].Err)
			}
			fixture.SamePrediction(t, files[i], got[i].Prediction, nil, want[i].Prediction)
		}
	}
	if now, _, _ := torch.CUDAMemory(torch.CUDA(0)); now != first {
		t.Errorf("%d bytes on the first GPU, then %d", first, now)
	}
}

// On a GPU that is lost, wherever that shows, each picture has CUDA's error or its prediction, and all have theirs where it is back.
func TestCUDAPredictorOnALostDevice(t *testing.T) {
	if !simcuda.Loaded() {
		t.Skip("needs the simulated CUDA (make test-cuda)")
	}
	files := fixture.ColourFolders(t, 8, "blue", "red") // 16
	_, p := smallPredictor(t, files, predictor.OnDevice(torch.CUDA(0)), predictor.Workers(1), predictor.Batching(16, time.Minute))
	want := p.PredictAll(t.Context(), files)
	defer simcuda.Lose(0)
	for n, failed := 1, 1; failed > 0; n += 3 {
		simcuda.Lose(n)
		lost := p.PredictAll(t.Context(), files)
		simcuda.Lose(0)
		back := p.PredictAll(t.Context(), files)
		failed = 0
		for i := range files {
			if err := lost[i].Err; err == nil {
				fixture.SamePrediction(t, files[i], lost[i].Prediction, nil, want[i].Prediction)
			} else if failed++; !strings.Contains(err.Error(), "CUDA error: unspecified launch failure") {
				t.Errorf("kernel %d, picture %d: %v", n, i, err)
			}
			fixture.SamePrediction(t, files[i], back[i].Prediction, back[i].Err, want[i].Prediction)
		}
		if failed == 0 && n < 20 {
			t.Errorf("only %d kernels were lost", n)
		}
	}
}
