package room

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// total is the memory of the machine with its swap, or of the container that this process is in.
var total = sync.OnceValue(func() int64 {
	most := int64(1) << 46
	var info syscall.Sysinfo_t
	if syscall.Sysinfo(&info) == nil {
		most = (int64(info.Totalram) + int64(info.Totalswap)) * int64(info.Unit)
	}
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 { // else "max"
			most = min(most, n)
		}
	}
	return most
})

// mappable tells whether the system gives n bytes to this process.
func mappable(n int64) bool {
	memory, err := syscall.Mmap(-1, 0, int(n), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return false
	}
	return syscall.Munmap(memory) == nil
}
