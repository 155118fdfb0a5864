package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/vision/datasets"
)

// Ctrl-C twice ends a training within a batch, says so, and harms nothing: the same line begins anew.
func TestSecondCtrlC(t *testing.T) {
	dir := t.TempDir()
	if err := datasets.DrawnFlowers(t.Context(), filepath.Join(dir, "flowers"), datasets.PerClass(8)); err != nil {
		t.Fatal(err)
	}
	line := []string{"train", "flowers", "--arch", "resnet18", "--weights", "none", "--size", "256", "--batch-size", "60", "--lr", "0.001", "--epochs", "1"}
	cmd := command(dir, line...)
	pipe, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	log := bufio.NewReader(pipe)
	said := ""
	until := func(text string) {
		for !strings.Contains(said, text) {
			line, err := log.ReadString('\n')
			if said += line; err != nil {
				t.Fatalf("it never says %q: %s", text, said)
			}
		}
	}
	until("pictures to train on")
	begun := ticks(t, cmd.Process.Pid)
	parity.Until(t, "it computes a batch", func() bool { return ticks(t, cmd.Process.Pid) > begun+300 }) // three seconds of a processor
	for _, answer := range []string{"again ends it at once", "ended at once"} {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		until(answer)
	}
	if _ = cmd.Wait(); cmd.ProcessState.ExitCode() != 130 {
		t.Errorf("it ended in %v", cmd.ProcessState)
	}
	if _, err := os.Stat(filepath.Join(dir, "trained", "flowers", "models", "run.pth")); err == nil {
		t.Error("it saved the batch that it left")
	}
	again := append(line[:len(line):len(line)], "-q")
	again[7], again[9] = "32", "8" // another training, which is refused
	if _, errs, code := run(t, dir, again...); code != 1 || !strings.Contains(errs, "Size is 256 there, and 32 here") {
		t.Errorf("%d %s", code, errs)
	}
	if out, errs, code := run(t, dir, append(again, "--again")...); code != 0 || errs != "" || !strings.Contains(out, "report.html") {
		t.Errorf("%d %s%s", code, out, errs)
	}
}

// ticks is how many hundredths of a second a process has computed.
func ticks(t *testing.T, pid int) (n int) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:])) // after the name
	var user, system int
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		t.Fatal(err)
	}
	return user + system
}
