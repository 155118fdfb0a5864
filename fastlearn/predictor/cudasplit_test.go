package predictor_test

import (
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
