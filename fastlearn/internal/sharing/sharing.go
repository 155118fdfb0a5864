// Package sharing has operations use fewer threads while others use the machine's cores, and all of them when they are free
// again: an operation that is divided among threads waits for the one that lost its core.
package sharing

import (
	"time"

	"github.com/fastlearn-go/fastlearn/internal/cpushare"
	"github.com/fastlearn-go/fastlearn/torch"
)

// Threads is the number of threads of an OS thread's operations.
type Threads struct {
	cores func(least time.Duration) (float64, bool)
	most  int
	least time.Duration
}

// Begin begins to measure what the process gets, and returns nil where the number of threads stays: on a GPU, or where results are to
// repeat ([torch.Repeatable]), whose last digits it can change.
func Begin(device torch.Device) *Threads {
	if device != torch.CPU || torch.Repeatable() {
		return nil
	}
	return begin(new(cpushare.Meter).Cores)
}

func begin(cores func(time.Duration) (float64, bool)) *Threads {
	cores(0)
	return &Threads{cores, torch.NumThreads(), time.Second / 10} // what comes first may take long
}

// Adjust sets the number of threads once a second. Call it between pieces of work.
func (t *Threads) Adjust() {
	if t == nil {
		return
	}
	if cores, ok := t.cores(t.least); ok {
		torch.SetNumThreads(cpushare.Threads(cores, t.most))
		t.least = time.Second
	}
}

// End puts back the number of threads.
func (t *Threads) End() {
	if t != nil {
		torch.SetNumThreads(t.most)
	}
}
