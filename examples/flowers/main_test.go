package main

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision/datasets"
)

// The tests run the program as its users do: this binary, once more, as main.
func TestMain(m *testing.M) {
	if os.Getenv("FLOWERS_RUN_MAIN") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func program(t *testing.T, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), "FLOWERS_RUN_MAIN=1", "TORCH_HOME="+t.TempDir())
	return cmd
}

// pictures draws a few flowers of each species.
func pictures(t *testing.T, perClass int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "flowers")
	if err := datasets.DrawnFlowers(t.Context(), dir, datasets.PerClass(perClass)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestTrainsSavesAndPredicts(t *testing.T) {
	dir, out := pictures(t, 8), t.TempDir()
	cmd := program(t, "-data", dir, "-epochs", "1", "-size", "32", "-bs", "16", "-out", out, "-name", "mine", "-lr", "1e-3", "-seed", "7")
	printed, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
	for _, want := range []string{"epoch", "train_loss", "valid_loss", "accuracy", "time", filepath.Join(out, "models", "mine.pth"), "prediction"} {
		if !bytes.Contains(printed, []byte(want)) {
			t.Errorf("no %q in what it printed:\n%s", want, printed)
		}
	}
	if _, err := os.Stat(filepath.Join(out, "models", "mine.pth")); err != nil {
		t.Error(err)
	}
}

func TestInterruptSavesAndSaysSo(t *testing.T) {
	dir, out := pictures(t, 8), t.TempDir()
	cmd := program(t, "-data", dir, "-epochs", "1000", "-size", "32", "-bs", "16", "-out", out)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() && !strings.Contains(lines.Text(), "0.") { // the first epoch's row
	}
	interrupted := time.Now()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
	}
	err = cmd.Wait()
	if took := time.Since(interrupted); took > 20*time.Second {
		t.Errorf("it went on for %v", took)
	}
	if cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("exit code %d (%v), want 1", cmd.ProcessState.ExitCode(), err)
	}
	saved := filepath.Join(out, "models", "flowers.pth")
	if !strings.Contains(stderr.String(), "interrupted") || !strings.Contains(stderr.String(), saved) {
		t.Errorf("it said %q, want where the model is", stderr.String())
	}
	if _, err := os.Stat(saved); err != nil {
		t.Error(err)
	}
}

// What can't work is said before any training, in one line that names what was wrong.
func TestBadFlags(t *testing.T) {
	dir, file := pictures(t, 4), filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("no model"), 0o666); err != nil {
		t.Fatal(err)
	}
	one := filepath.Join(t.TempDir(), "one")
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := os.MkdirAll(one, 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(filepath.Join(dir, e.Name()), filepath.Join(one, e.Name())); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"no folder", []string{"-data", file + "-absent"}, file + "-absent"},
		{"empty folder", []string{"-data", t.TempDir()}, "there are none"},
		{"one class", []string{"-data", one, "-bs", "1"}, "one label"},
		{"unknown arch", []string{"-data", dir, "-arch", "vgg"}, "resnet18"},
		{"batch too large", []string{"-data", dir, "-bs", "1000"}, "1000"},
		{"no batch", []string{"-data", dir, "-bs", "0"}, "BatchSize(0)"},
		{"no epochs", []string{"-data", dir, "-bs", "4", "-epochs", "0"}, "epoch"},
		{"no picture so small", []string{"-data", dir, "-bs", "4", "-size", "0"}, "size 0×0"},
		{"weights absent", []string{"-data", dir, "-bs", "4", "-weights", file + ".pth"}, file + ".pth"},
		{"weights are none", []string{"-data", dir, "-bs", "4", "-weights", file}, file},
		{"out is a file", []string{"-data", dir, "-bs", "4", "-out", file}, file},
		{"strange device", []string{"-data", dir, "-device", "gpu"}, "gpu"},
		{"no GPU", []string{"-data", dir, "-bs", "4", "-device", "cuda:7"}, "cuda:7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if strings.HasPrefix(c.name, "no GPU") && torch.CUDADeviceCount() > 7 {
				t.Skip("there is one")
			}
			cmd := program(t, c.args...)
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			if err := cmd.Run(); err == nil {
				t.Fatalf("it went on:\n%s", stdout.String())
			}
			if cmd.ProcessState.ExitCode() != 1 {
				t.Errorf("exit code %d", cmd.ProcessState.ExitCode())
			}
			said := strings.TrimSpace(stderr.String())
			t.Log(said)
			if !strings.Contains(said, c.want) || !strings.HasPrefix(said, "flowers: ") {
				t.Errorf("it said %q, want %q named", said, c.want)
			}
			if strings.Contains(said, "goroutine") || strings.Contains(stdout.String(), "train_loss") {
				t.Errorf("it trained or panicked:\n%s\n%s", stdout.String(), said)
			}
		})
	}
}
