package sharing

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/fastlearn-go/fastlearn/torch"
)

// As many threads work as the cores that the process gets allow, and afterwards as many as before.
func TestThreads(t *testing.T) {
	runtime.LockOSThread() // whose number of threads changes
	defer runtime.UnlockOSThread()
	defer torch.SetNumThreads(torch.NumThreads())
	torch.SetNumThreads(4)
	gets := []float64{0, 4, 1.5, 0.5, 3.9}
	threads := begin(func(time.Duration) (float64, bool) {
		if len(gets) == 0 {
			return 0, false
		}
		cores := gets[0]
		gets = gets[1:]
		return cores, true
	})
	var used []int
	for range 5 {
		threads.Adjust()
		used = append(used, torch.NumThreads())
	}
	if want := []int{4, 1, 1, 4, 4}; !slices.Equal(used, want) {
		t.Errorf("threads %v, want %v", used, want)
	}
	gets = []float64{1}
	threads.Adjust()
	threads.End()
	if n := torch.NumThreads(); n != 4 {
		t.Errorf("%d threads after the end, want 4", n)
	}
}

// Where results are to repeat nothing is adjusted.
func TestNoneWhereResultsRepeat(t *testing.T) {
	torch.ManualSeed(1)
	threads := Begin(torch.CPU)
	if threads != nil {
		t.Fatal("threads are adjusted after ManualSeed")
	}
	threads.Adjust()
	threads.End()
}
