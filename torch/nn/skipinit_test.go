package nn

import (
	"sync"
	"testing"

	"github.com/fastlearn-go/fastlearn/torch"
)

// SkipInit leaves the generator alone within, also where it is nested, and nobody else's.
func TestSkipInit(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	device := s.Zeros().Device() // where layers are made
	draws := func(f func()) bool {
		before := torch.RNGState(device).MoveTo(s)
		f()
		return !torch.RNGState(device).MoveTo(s).Equal(before)
	}
	layers := func() {
		Close(NewConv2d(3, 4, 3))
		Close(NewLinear(5, 6))
	}
	if !draws(layers) {
		t.Error("layers draw nothing")
	}
	if draws(func() { SkipInit(func() { SkipInit(layers); layers() }) }) {
		t.Error("layers are drawn within SkipInit")
	}
	if !draws(func() {
		SkipInit(func() {
			var other sync.WaitGroup
			other.Go(layers)
			other.Wait()
		})
	}) {
		t.Error("SkipInit is another goroutine's as well")
	}
	func() {
		defer func() { recover() }()
		SkipInit(func() { panic("a constructor") })
	}()
	if !draws(layers) {
		t.Error("SkipInit goes on after a panic")
	}
}
