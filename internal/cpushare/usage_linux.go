package cpushare

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tick is the unit of /proc/stat, a hundredth of a second on every architecture that Go runs on.
const tick = time.Second / 100

func read() (u usage, err error) {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return u, err
	}
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return u, err
	}
	u.own = time.Duration(r.Utime.Nano() + r.Stime.Nano())
	u.idle, err = idle(string(text))
	return u, err
}

// idle returns the time that all processors together were idle, waiting for a disk or not.
func idle(stat string) (time.Duration, error) {
	line, _, _ := strings.Cut(stat, "\n")
	fields := strings.Fields(line) // cpu user nice system idle iowait …
	if len(fields) < 6 || fields[0] != "cpu" {
		return 0, fmt.Errorf("cpushare: /proc/stat begins with %q", line)
	}
	var sum int64
	for _, f := range fields[4:6] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("cpushare: /proc/stat: %w", err)
		}
		sum += n
	}
	return time.Duration(sum) * tick, nil
}
