package diskfile

import "syscall"

// hugePages asks for pages of 2 MB, of which taking memory costs a fraction.
func hugePages(data []byte) {
	if len(data) >= block {
		syscall.Madvise(data, syscall.MADV_HUGEPAGE) // advice: all goes without
	}
}
