package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"
)

// cgroup is a group of processes that get one core's time, wherever they run. A container with a limit is one.
type cgroup struct{ dir, quota, limit string }

// newCgroup makes one, in either version of cgroups.
func newCgroup() (*cgroup, error) {
	var errs []error
	for _, g := range []cgroup{
		{"/sys/fs/cgroup/fastlearn-bench", "cpu.max", "100000 100000"},
		{"/sys/fs/cgroup/cpu/fastlearn-bench", "cpu.cfs_quota_us", "100000"}, // of a period of 100,000
	} {
		err := os.Mkdir(g.dir, 0o755)
		if err == nil || errors.Is(err, os.ErrExist) {
			if err = g.write(g.quota, g.limit); err == nil {
				return &g, nil
			}
			g.close()
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// write writes a file that the system made; on another file system the directory has none.
func (g *cgroup) write(name, text string) error {
	f, err := os.OpenFile(filepath.Join(g.dir, name), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

func (g *cgroup) close() { _ = os.Remove(g.dir) }

// cgroups tells whether this machine lets a cgroup be made, and has a core more than it.
func cgroups() error {
	if runtime.NumCPU() < 2 {
		return errors.New("it needs two cores")
	}
	g, err := newCgroup()
	if err != nil {
		return fmt.Errorf("it needs a cgroup: %w", err)
	}
	g.close()
	return nil
}

// inCgroup are the seconds of a process in a cgroup of one core.
func inCgroup(cmd *exec.Cmd) (float64, error) {
	g, err := newCgroup()
	if err != nil {
		return 0, err
	}
	defer g.close()
	enter := fmt.Sprintf(`echo $$ >%s/cgroup.procs && exec "$0" "$@"`, g.dir)
	return seconds(exec.Command("sh", append([]string{"-c", enter}, cmd.Args...)...))
}

// onOneCore are the seconds of a process that is tied to one core.
func onOneCore(cmd *exec.Cmd) (float64, error) {
	return seconds(exec.Command("taskset", append([]string{"-c", "0"}, cmd.Args...)...))
}

func seconds(cmd *exec.Cmd) (float64, error) {
	cmd.Stderr = os.Stderr
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("%v: %w", cmd.Args, err)
	}
	return time.Since(start).Seconds(), nil
}
