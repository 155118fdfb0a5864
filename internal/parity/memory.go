package parity

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
)

// Status reads a line of /proc/self/status: VmRSS and VmHWM in bytes, Threads as it is.
func Status(t testing.TB, field string) int64 {
	t.Helper()
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip(err)
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, field+":"); ok {
			var n int64
			var unit string
			if k, _ := fmt.Sscan(rest, &n, &unit); k == 2 && unit == "kB" {
				n *= 1024
			}
			return n
		}
	}
	t.Fatalf("/proc/self/status has no %s", field)
	return 0
}

// NativeResident is the process's resident memory without what Go's runtime has of it, in bytes. What the
// runtime gave back to the system, when its scavenger found the time, and takes again later doesn't count.
func NativeResident(t testing.TB) int64 {
	t.Helper()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return Status(t, "VmRSS") - int64(m.Sys-m.HeapReleased)
}

// PeakGrowth is by how much resident memory rises, at its highest, while f runs.
func PeakGrowth(t testing.TB, f func()) int64 {
	t.Helper()
	// What is being given back meanwhile, by another thread, would count as a rise: the highest is set back until it is
	// where memory is.
	base := int64(0)
	Until(t, "resident memory at rest", func() bool {
		runtime.GC()
		if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
			t.Skip(err)
		}
		base = Status(t, "VmRSS")
		return Status(t, "VmHWM")-base < 1<<18
	})
	f()
	return Status(t, "VmHWM") - base
}
