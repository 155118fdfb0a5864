package trim_test

import (
	"os"
	"syscall"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/internal/trim"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// all is the memory of a round.
const all = 20 * 8 << 20

// round uses so much memory at once, as a step does, and frees it. It returns how many pages were mapped for it.
func round(t *testing.T) int64 {
	var before, after syscall.Rusage
	usage := func(u *syscall.Rusage) {
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, u); err != nil {
			t.Fatal(err)
		}
	}
	usage(&before)
	s := torch.NewScope()
	for range 20 {
		s.Ones(2 << 20)
	}
	s.Close()
	usage(&after)
	return after.Minflt - before.Minflt
}

// While memory is held a step takes what the one before has freed. The last release gives it back.
func TestHold(t *testing.T) {
	if os.Getenv("MALLOC_TRIM_THRESHOLD_") != "" {
		t.Skip("MALLOC_TRIM_THRESHOLD_ decides")
	}
	const pages = all / 4096
	hold := func() (release func()) {
		w := torch.FromSlice(nil, []float32{1})
		w.RequiresGrad_(true)
		opt := optim.New(optim.SGD{}, []*torch.Tensor{w})
		opt.Step()
		return func() { opt.Close(); opt.Close(); w.Close() }
	}
	for name, hold := range parity.Sorted(map[string]func() func(){"Hold": trim.Hold, "an optimizer's step": hold}) {
		round(t)
		trim.Heap()
		base := parity.NativeResident(t)
		first, second := hold(), hold()
		round(t)
		round(t)
		second()
		second()
		if got := round(t); got > pages/4 {
			t.Errorf("%s: %d pages of %d were mapped anew", name, got, pages)
		}
		if kept := parity.NativeResident(t) - base; kept < all/2 {
			t.Errorf("%s: %d MB are kept of %d", name, kept>>20, all>>20)
		}
		first()
		if kept := parity.NativeResident(t) - base; kept > all/10 {
			t.Errorf("%s: %d MB are kept after the release", name, kept>>20)
		}
	}
}
