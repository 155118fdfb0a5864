package cpushare

import "testing"

func TestQuota(t *testing.T) {
	v1 := func(dir, quota string) map[string]string {
		return map[string]string{dir + "/cpu.cfs_quota_us": quota + "\n", dir + "/cpu.cfs_period_us": "100000\n"}
	}
	for _, c := range []struct {
		name, groups string
		files        map[string]string
		want         float64
	}{
		{"version 2", "0::/a/b\n", map[string]string{"/a/b/cpu.max": "150000 100000\n"}, 1.5},
		{"the group above sets less", "0::/a/b\n", map[string]string{"/a/b/cpu.max": "150000 100000\n", "/a/cpu.max": "50000 100000\n"}, 0.5},
		{"the group above sets none", "0::/a/b\n", map[string]string{"/a/b/cpu.max": "150000 100000\n", "/a/cpu.max": "max 100000\n"}, 1.5},
		{"a container's root", "0::/\n", map[string]string{"/cpu.max": "200000 100000\n"}, 2},
		{"no limit", "0::/a\n", map[string]string{"/a/cpu.max": "max 100000\n"}, 0},
		{"no files", "0::/a\n", nil, 0},
		{"version 1", "4:memory:/a\n3:cpu,cpuacct:/a\n", v1("/cpu,cpuacct/a", "100000"), 1},
		{"version 1, the machine's path in a container", "3:cpu:/docker/0123\n", v1("/cpu", "300000"), 3},
		{"version 1, no limit", "3:cpu:/a\n", v1("/cpu/a", "-1"), 0},
		{"another controller's path", "3:cpuset:/a\n", v1("/cpuset/a", "100000"), 0},
		{"both versions", "3:cpu:/a\n0::/\n", v1("/cpu/a", "100000"), 1},
		{"nonsense", "a\n::\n0:cpu\n0::\n", map[string]string{"/cpu.max": "x y\n"}, 0},
		{"no period", "0::/\n", map[string]string{"/cpu.max": "100000 0\n"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := quota(c.groups, func(name string) string { return c.files[name] }); got != c.want {
				t.Errorf("got %v cores, want %v", got, c.want)
			}
		})
	}
}
