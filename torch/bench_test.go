package torch_test

import (
	"runtime"
	"testing"

	"github.com/fastlearn-go/fastlearn/torch"
)

func BenchmarkAdd8(b *testing.B) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	s := torch.NewScope()
	defer s.Close()
	x, y := s.Ones(8), s.Ones(8)
	b.ReportAllocs()
	for b.Loop() {
		x.Add(y).Close()
	}
}
