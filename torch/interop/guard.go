package interop

import (
	"runtime/debug"
	"sync"

	"github.com/fastlearn-go/fastlearn/torch"
)

// Guard runs code that calls gotch in the way that gotch needs and does not see to itself.
// gotch frees a tensor by a finalizer, which Go may run while an operation on that very
// tensor is under way, so that models crash now and then: while f runs the garbage
// collector begins no cycle. And gotch's initialisers turn gradients off and on for an OS
// thread that they don't hold on to: f runs on one, whose grad mode is what it was
// afterwards. [Module.Forward] guards itself; the making of a model is its caller's to guard.
//
// Calls may nest, and run at the same time. What can't be helped here: a runtime.GC elsewhere
// in the program, or its memory limit, begins a cycle all the same.
func Guard(f func()) {
	collector.pause()
	defer collector.resume()
	if torch.GradEnabled() {
		torch.EnableGrad(f)
	} else {
		torch.NoGrad(f)
	}
}

// collector counts who needs it to pause.
var collector pauses

type pauses struct {
	mu      sync.Mutex
	n       int
	percent int // before the first
}

func (p *pauses) pause() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.n == 0 {
		p.percent = debug.SetGCPercent(-1)
	}
	p.n++
}

func (p *pauses) resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.n--; p.n == 0 {
		debug.SetGCPercent(p.percent)
	}
}
