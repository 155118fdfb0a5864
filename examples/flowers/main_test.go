package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity/renamed"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision/datasets"
	"github.com/fastlearn-go/fastlearn/vision/models"
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
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
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

// Without a step the article's core runs, and the rest is named.
func TestCore(t *testing.T) {
	printed, err := program(t, "-data", pictures(t, 8), "-scale", "tiny", "-out", t.TempDir()).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
	for _, want := range []string{"── look", "── baseline", "── train", "── predict", "exported: ", "% sure", "flowers resume deeper interpret next; or flowers all"} {
		if !bytes.Contains(printed, []byte(want)) {
			t.Errorf("no %q in what it printed:\n%s", want, printed)
		}
	}
}

// A table of the pictures' classes and any architecture serve as well.
func TestTableAndArch(t *testing.T) {
	dir := pictures(t, 8)
	printed, err := program(t, "-data", dir, "-csv", filepath.Join(dir, "labels.csv"), "-arch", "tf_efficientnet_lite0", "-scale", "tiny", "-out", t.TempDir()).CombinedOutput()
	if err != nil || !bytes.Contains(printed, []byte("% sure")) {
		t.Errorf("%v\n%s", err, printed)
	}
}

// Weights with another library's names serve in their order.
func TestWeightsInOrder(t *testing.T) {
	arch, err := models.Get("tf_efficientnet_lite0")
	if err != nil {
		t.Fatal(err)
	}
	m := arch.New(10)
	defer nn.Close(m)
	file := filepath.Join(t.TempDir(), "other.pth")
	if err := renamed.Write(file, m); err != nil {
		t.Fatal(err)
	}
	args := []string{"-data", pictures(t, 8), "-arch", "tf_efficientnet_lite0", "-scale", "tiny", "-weights", file, "-out", t.TempDir()}
	if printed, err := program(t, append(args, "-inorder", "_head.", "baseline")...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, printed)
	}
	if printed, err := program(t, append(args, "baseline")...).CombinedOutput(); err == nil || !bytes.Contains(printed, []byte("_conv_stem.")) {
		t.Errorf("by their names: %v\n%s", err, printed)
	}
}

// The whole article, tiny: every step runs in a process of its own and leaves what it says.
func TestAllSteps(t *testing.T) {
	dir, out := pictures(t, 8), filepath.Join(t.TempDir(), "out")
	printed, err := program(t, "-data", dir, "-scale", "tiny", "-out", out, "-seed", "7", "all").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
	for _, want := range []string{
		"80 pictures, widths", "rates: valley", "exported: ", "132 tensors", "1.8.weight", "validation loss",
		"% sure", "with test-time augmentation", "mixup, larger pictures", filepath.Join(out, "models", "flowers-deep.pth"),
	} {
		if !bytes.Contains(printed, []byte(want)) {
			t.Errorf("no %q in what it printed", want)
		}
	}
	for _, name := range []string{
		"crops.png", "batch.png", "unique.png", "lr_find.png", "loss.png", "schedules.png", "confusion.png", "top_losses.png",
		"results.png", "report.txt", "models/flowers.pth", "models/flowers-deep.pth",
	} {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			t.Error(err)
		}
	}
	results, err := os.ReadFile(filepath.Join(out, "results.csv"))
	if n := bytes.Count(results, []byte("\n")); err != nil || n != 9 {
		t.Errorf("%d lines of results, want the heads and 8 trainings (%v):\n%s", n, err, results)
	}
	if t.Failed() {
		t.Logf("%s", printed)
	}

	// A step that is run again takes the place of its earlier result.
	if printed, err := program(t, "-data", dir, "-scale", "tiny", "-out", out, "resume", "results").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, printed)
	}
	again, err := os.ReadFile(filepath.Join(out, "results.csv"))
	if err != nil || bytes.Count(again, []byte("\n")) != 9 {
		t.Errorf("after resuming twice (%v):\n%s", err, again)
	}
}

// An interrupt reaches the step's process, which saves and says where.
func TestInterruptSavesAndSaysSo(t *testing.T) {
	dir, out := pictures(t, 8), t.TempDir()
	cmd := program(t, "-data", dir, "-scale", "small", "-size", "32", "-bs", "16", "-out", out)
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
	trains := false
	for lines.Scan() { // to the first epoch's row
		trains = trains || strings.Contains(lines.Text(), "lr_find.png")
		if trains && strings.HasPrefix(lines.Text(), "0 ") {
			break
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
	}
	err = cmd.Wait()
	if cmd.ProcessState.ExitCode() != 130 {
		t.Errorf("exit code %d (%v), want 130", cmd.ProcessState.ExitCode(), err)
	}
	saved := filepath.Join(out, "models", "flowers.pth")
	if n := strings.Count(stderr.String(), "interrupted"); n != 1 || !strings.Contains(stderr.String(), saved) {
		t.Errorf("it said %q, want once where the model is", stderr.String())
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
			double(t, filepath.Join(one, e.Name())) // enough for both sets
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
		{"unknown step", []string{"-data", dir, "bake"}, "baseline"},
		{"unknown scale", []string{"-data", dir, "-scale", "huge"}, "tiny"},
		{"one class", []string{"-data", one, "-bs", "1", "train"}, "one label"},
		{"batch too large", []string{"-data", dir, "-bs", "1000", "train"}, "1000"},
		{"no batch", []string{"-data", dir, "-bs", "-1", "train"}, "BatchSize(-1)"},
		{"no picture so small", []string{"-data", dir, "-bs", "4", "-size", "-4", "train"}, "-4"},
		{"weights absent", []string{"-data", dir, "-bs", "4", "-weights", file + ".pth", "train"}, file + ".pth"},
		{"weights are none", []string{"-data", dir, "-bs", "4", "-weights", file, "train"}, file},
		{"out is a file", []string{"-data", dir, "-bs", "4", "-out", file}, file},
		{"nothing to resume", []string{"-data", dir, "-bs", "4", "resume"}, "flowers.pth"},
		{"no results", []string{"-data", dir, "results"}, "results.csv"},
		{"strange device", []string{"-data", dir, "-device", "gpu"}, "gpu"},
		{"no GPU", []string{"-data", dir, "-bs", "4", "-device", "cuda:7"}, "cuda:7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if strings.HasPrefix(c.name, "no GPU") && torch.CUDADeviceCount() > 7 {
				t.Skip("there is one")
			}
			cmd := program(t, append([]string{"-out", t.TempDir()}, c.args...)...)
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

// double copies each file of a directory within it.
func double(t *testing.T, dir string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "again_"+f.Name()), data, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
