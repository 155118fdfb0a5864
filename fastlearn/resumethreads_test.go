package fastlearn

import (
	"context"
	"runtime"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// A checkpoint tells the number of threads, and a fit that goes on with another says so.
func TestResumeTellsOfThreads(t *testing.T) {
	runtime.LockOSThread() // whose number of threads changes
	defer runtime.UnlockOSThread()
	defer torch.SetNumThreads(torch.NumThreads())
	dir := t.TempDir()
	for _, threads := range []int{1, 2} {
		torch.SetNumThreads(threads)
		s := torch.NewScope()
		defer s.Close()
		dl := &data.TensorLoader{X: s.Ones(4, 2), Y: s.Ones(4, 1), BatchSize: 2}
		var said []string
		learn, err := NewLearner(data.NewLoaders(dl, dl, torch.DefaultDevice()), nn.NewLinear(2, 1), LossFunc(loss.MSE{}), Path(dir), Callbacks(Checkpoint("fit", 0)), Logger(func(row []string) { said = append(said, row...) }))
		if err != nil {
			t.Fatal(err)
		}
		defer learn.Close()
		if err := learn.Fit(context.Background(), 2, LR(0.1), Resume("fit")); err != nil {
			t.Fatal(err)
		}
		want := "the checkpoint was written with 1 thread, and this program uses 2"
		if got := strings.Contains(strings.Join(said, " "), want); got != (threads == 2) {
			t.Errorf("with %d threads it logs %q", threads, said)
		}
	}
}
