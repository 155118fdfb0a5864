package cpushare

import (
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Quota returns how many cores' worth of time the process's cgroups leave it, and 0 where they set no limit. Go's GOMAXPROCS heeds the
// same limit, but is never less than 2 for it.
func Quota() float64 {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return 0
	}
	return quota(string(text), func(name string) string {
		text, _ := os.ReadFile("/sys/fs/cgroup" + name)
		return string(text)
	})
}

// quota is the least limit of the groups in the text of /proc/self/cgroup and of those above them; read returns a file's text below the
// cgroups' directory. Within a container the paths can be those of the machine, of which only the root is there.
func quota(groups string, read func(name string) string) (cores float64) {
	for line := range strings.Lines(groups) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3) // number:controllers:path
		if len(fields) < 3 {
			continue
		}
		var mount string // version 2 has no controllers here
		if fields[1] != "" {
			if !slices.Contains(strings.Split(fields[1], ","), "cpu") {
				continue
			}
			mount = "/" + fields[1]
		}
		for p := path.Join("/", fields[2]); ; p = path.Dir(p) {
			dir := path.Join(mount, p)
			limit := strings.Fields(read(path.Join(dir, "cpu.max"))) // quota or max, period
			if mount != "" {
				limit = append(strings.Fields(read(path.Join(dir, "cpu.cfs_quota_us"))), strings.Fields(read(path.Join(dir, "cpu.cfs_period_us")))...)
			}
			if c := ratio(limit); c > 0 && (cores == 0 || c < cores) {
				cores = c
			}
			if p == "/" {
				break
			}
		}
	}
	return cores
}

// ratio is the first number by the second, and 0 where it sets none.
func ratio(numbers []string) float64 {
	if len(numbers) != 2 {
		return 0
	}
	a, err := strconv.ParseFloat(numbers[0], 64)
	b, err2 := strconv.ParseFloat(numbers[1], 64)
	if err != nil || err2 != nil || a <= 0 || b <= 0 {
		return 0
	}
	return a / b
}
