// Package collector shows what is freed too early, by collecting all the time, and what isn't freed, by not collecting at all.
package collector

import (
	"runtime"
	"runtime/debug"
	"sync"
	"testing"

	"github.com/fastlearn-go/fastlearn/torch"
)

// Junk is what freed float32 memory holds soon.
const Junk = -77

// Busy runs f while one goroutine collects garbage without a pause and another one makes and frees tensors of each
// of these numbers of float32 elements, filled with [Junk]. What f looks at must be held by f alone.
func Busy(sizes []int64, f func()) {
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	done := make(chan struct{})
	var others sync.WaitGroup
	defer others.Wait()
	defer close(done)
	until := func(f func()) {
		others.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					f()
				}
			}
		})
	}
	until(runtime.GC)
	until(func() {
		s := torch.NewScope()
		defer s.Close()
		for _, n := range sizes {
			s.Full(Junk, n)
			s.Full(Junk, n)
		}
	})
	f()
}

// Off collects what earlier tests left, and nothing more until the test ends. What the test counts with
// [torch.LiveTensors] is then its own: nothing of others' is freed meanwhile, and nothing of its own that it forgot.
func Off(t testing.TB) {
	percent := debug.SetGCPercent(-1)
	t.Cleanup(func() { debug.SetGCPercent(percent) })
	for last, same := int64(-1), 0; same < 2; same++ {
		if n := torch.LiveTensors(); n != last {
			last, same = n, 0
		}
		ran := make(chan struct{})
		runtime.AddCleanup(&struct{ p *int }{}, func(ran chan struct{}) { close(ran) }, ran)
		runtime.GC()
		<-ran
	}
}
