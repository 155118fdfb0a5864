// Package trim decides what becomes of the C heap's free memory: it goes back to the system, or stays for a training's next step.
package trim

/*
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
static void heap(void) { malloc_trim(0); }
// Where a program sets one of both thresholds, glibc leaves the other as it is. 32 MB is the most that it lets the one for mappings rise to by
// itself, and twice as much is what that one for trimming then is.
static void keep(int all) {
	if (getenv("MALLOC_TRIM_THRESHOLD_")) return;
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, all ? -1 : 64 << 20);
}
#else
static void heap(void) {}
static void keep(int all) {}
#endif
*/
import "C"

import "sync"

// Heap gives back the pages of the C heap that hold nothing, also those between others, which free keeps for later. It takes milliseconds, and
// whoever wants memory waits meanwhile: call it seldom. With another libc than glibc it does nothing.
func Heap() { C.heap() }

// holds are the calls of Hold that aren't released.
var holds struct {
	sync.Mutex
	n int
}

// Hold has the C heap keep what is freed until release is called, once or more often; then it gives back what it kept. At the end of a training
// step nearly all of its memory is free, and glibc gives back what lies at the heap's end. The next step gets it anew, page by page, which takes up to
// an eighth of its time. MALLOC_TRIM_THRESHOLD_ in the environment still decides.
func Hold() (release func()) {
	change := func(by int) {
		holds.Lock()
		defer holds.Unlock()
		before := holds.n
		if holds.n += by; (before == 0) == (holds.n == 0) {
			return
		}
		C.keep(C.int(min(holds.n, 1)))
		if holds.n == 0 {
			C.heap()
		}
	}
	change(1)
	return sync.OnceFunc(func() { change(-1) })
}
