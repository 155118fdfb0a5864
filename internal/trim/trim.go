// Package trim gives the C heap's free memory back to the system.
package trim

/*
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
static void heap(void) { malloc_trim(0); }
#else
static void heap(void) {}
#endif
*/
import "C"

// Heap gives back the pages of the C heap that hold nothing, also those between others, which free keeps for later. It takes milliseconds, and
// whoever wants memory waits meanwhile: call it seldom. With another libc than glibc it does nothing.
func Heap() { C.heap() }
