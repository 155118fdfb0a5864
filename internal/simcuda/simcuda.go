// Package simcuda reads and sets what the simulated CUDA of the tests does ("make test-cuda"): it counts kernels, copies and
// waits, fails allocations, and loses devices. A program is on it when FASTLEARN_CUDA_LIBRARY names the library that
// package library builds; SIMCUDA_DEVICES (2) and SIMCUDA_MEMORY (bytes, 16 GiB) describe the machine.
package simcuda

/*
#cgo LDFLAGS: -ldl
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

static void *find(const char *name) { return dlsym(RTLD_DEFAULT, name); }
static void counts(int64_t *out) { ((void (*)(int64_t *))find("simcuda_counts"))(out); }
static void set(const char *name, int64_t n) { ((void (*)(int64_t))find(name))(n); }
static void limit(int device, int64_t n) { ((void (*)(int, int64_t))find("simcuda_limit"))(device, n); }
static int64_t uses(int device) { return ((int64_t (*)(int))find("simcuda_uses"))(device); }
static void *record(int device) { return ((void *(*)(int))find("simcuda_record"))(device); }
static int done(void *event) { return ((int (*)(void *))find("simcuda_done"))(event); }
static void waitFor(void *event) { ((void (*)(void *))find("simcuda_wait"))(event); }
static void block(void *event, int device) { ((void (*)(void *, int))find("simcuda_block"))(event, device); }
static void freeEvent(void *event) { ((void (*)(void *))find("simcuda_free"))(event); }
static char *text(void) { return ((char *(*)(void))find("simcuda_log"))(); }
*/
import "C"

import (
	"strings"
	"unsafe"
)

// Counts are what devices did.
type Counts struct {
	Kernels                            int64
	CopiesIn, CopiesOut, CopiesBetween int64 // host to device, device to host, device to device
	Waits                              int64 // of the host for a device
	Allocations                        int64
}

func call(name string, f func(*C.char)) {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	f(s)
}

// Loaded reports whether this process runs on the simulated CUDA.
func Loaded() (loaded bool) {
	call("simcuda_counts", func(s *C.char) { loaded = C.find(s) != nil })
	return loaded
}

// Now returns what all devices did since the process began.
func Now() (c Counts) {
	C.counts((*C.int64_t)(unsafe.Pointer(&c)))
	return c
}

// Since returns what was done from an earlier count to this one.
func (c Counts) Since(earlier Counts) Counts {
	return Counts{c.Kernels - earlier.Kernels, c.CopiesIn - earlier.CopiesIn, c.CopiesOut - earlier.CopiesOut,
		c.CopiesBetween - earlier.CopiesBetween, c.Waits - earlier.Waits, c.Allocations - earlier.Allocations}
}

// Count returns what all devices do while f runs.
func Count(f func()) Counts {
	before := Now()
	f()
	return Now().Since(before)
}

// Uses returns how often one device was used since the process began.
func Uses(device int) int64 { return int64(C.uses(C.int(device))) }

// Log returns the names of the kernels, copies and waits while f runs, in order.
func Log(f func()) []string {
	set("simcuda_listen", 1)
	defer set("simcuda_listen", 0)
	f()
	s := C.text()
	defer C.free(unsafe.Pointer(s))
	return strings.Split(strings.TrimSuffix(C.GoString(s), "\n"), "\n")
}

// FailAllocation fails the n-th allocation from now on a device, and only that one; 0 fails none.
func FailAllocation(n int) { set("simcuda_fail_allocation", int64(n)) }

// Limit sets a device's memory in bytes.
func Limit(device int, bytes int64) { C.limit(C.int(device), C.int64_t(bytes)) }

// Lose loses the devices at the n-th kernel, copy or wait from now: all fail from then on. 0 brings them back.
func Lose(n int) { set("simcuda_lose", int64(n)) }

func set(name string, n int64) {
	call(name, func(s *C.char) { C.set(s, C.int64_t(n)) })
}

// Event is a place in the stream of a device; Close frees it.
type Event struct{ p unsafe.Pointer }

// Record puts an event behind all that a device was given.
func Record(device int) Event { return Event{C.record(C.int(device))} }

// Done reports whether the device has come to the event.
func (e Event) Done() bool { return C.done(e.p) != 0 }

// Wait waits for it.
func (e Event) Wait() { C.waitFor(e.p) }

// Block has another device wait for it, and not the host.
func (e Event) Block(device int) { C.block(e.p, C.int(device)) }

// Close frees the event.
func (e Event) Close() { C.freeEvent(e.p) }
