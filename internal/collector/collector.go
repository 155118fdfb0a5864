// Package collector shows what is freed too early: it collects all the time, and writes over whatever was freed.
package collector

import (
	"runtime"
	"runtime/debug"
	"sync"

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
			s.Full([]int64{n}, Junk)
			s.Full([]int64{n}, Junk)
		}
	})
	f()
}
