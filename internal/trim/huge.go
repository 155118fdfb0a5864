package trim

/*
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/mman.h>
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 // Linux 6.1
#endif
enum { PAGE = 4096, HUGE = 2 << 20, EACH = HUGE / PAGE };
static const uintptr_t NEAR = (uintptr_t)1 << 38; // from where Go's heap is to where C's mappings are it's much more

// collapse puts the windows of a mapping of which at most an eighth isn't in memory on huge pages.
static void collapse(uintptr_t from, uintptr_t to) {
	unsigned char in[EACH];
	for (from = (from + HUGE - 1) & -(uintptr_t)HUGE; from + HUGE <= to; from += HUGE) {
		if (mincore((void *)from, HUGE, in) != 0) return;
		int n = 0;
		for (int i = 0; i < EACH; i++) n += in[i] & 1;
		if (n >= EACH - EACH / 8 && madvise((void *)from, HUGE, MADV_COLLAPSE) != 0) return;
	}
}

// huge looks at all mappings of memory but those near an address of Go's heap, which grows from one place and is for Go to lay out.
static void huge(uintptr_t go) {
	FILE *maps = sysconf(_SC_PAGESIZE) == PAGE ? fopen("/proc/self/maps", "re") : NULL;
	if (!maps) return;
	char line[512], may[5];
	for (uintptr_t from, to, inode; fgets(line, sizeof line, maps);) {
		int name = 0;
		if (sscanf(line, "%lx-%lx %4s %*s %*s %lu %n", &from, &to, may, &inode, &name) < 4 || inode != 0 || strcmp(may, "rw-p") != 0) continue;
		int near = from < go + NEAR && go < to + NEAR;
		if (strncmp(line + name, "[heap]", 6) == 0 || !near && (line[name] == 0 || line[name] == '\n')) collapse(from, to);
	}
	fclose(maps);
}
#else
static void huge(uintptr_t go) {}
#endif
*/
import "C"
import "unsafe"

// Huge puts the C heap's memory that is in use on huge pages, where Linux 6.1 or newer has some to give: a pass that reads through much of it waits less
// often for where its pages are. Call it when what stays is there: it is [Heap] first, so that nothing that is free goes along. It takes a half to three milliseconds for 2 MB.
func Huge() {
	Heap()
	var here byte // stacks of goroutines lie in Go's heap
	C.huge(C.uintptr_t(uintptr(unsafe.Pointer(&here))))
}
