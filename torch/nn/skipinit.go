package nn

import (
	"runtime"
	"sync"
	"syscall"
)

// uninitialised are the threads that run [SkipInit].
var uninitialised sync.Map

// SkipInit calls f, in which new modules' weights are not drawn: their memory is what it happened to be, for
// [LoadStateDict] to fill (PyTorch's skip_init). That is quicker, leaves libtorch's generator alone, and needs no
// source of random numbers. It holds for f's own goroutine.
func SkipInit(f func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if id := syscall.Gettid(); !skipsInit() {
		uninitialised.Store(id, true)
		defer uninitialised.Delete(id)
	}
	f()
}

// skipsInit tells whether the caller is within [SkipInit].
func skipsInit() bool {
	_, skips := uninitialised.Load(syscall.Gettid())
	return skips
}
