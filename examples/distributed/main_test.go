package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fastlearn-go/fastlearn/internal/launch"
	"github.com/fastlearn-go/fastlearn/vision/datasets"
)

// picturesVariable makes a run of TestTrain a process that trains on that folder.
const picturesVariable = "FASTLEARN_TEST_PICTURES"

// diesVariable has the process of rank 1 kill itself, the first time that it is started.
const diesVariable = "FASTLEARN_TEST_DIES"

func dieAfterCheckpoint() {
	for {
		if _, err := os.Stat(filepath.Join("models", "run.pth")); err == nil {
			self, _ := os.FindProcess(os.Getpid())
			self.Kill()
		}
		time.Sleep(time.Millisecond)
	}
}

// TestTrain isn't a test but where the variable is set: it is the program.
func TestTrain(t *testing.T) {
	dir := os.Getenv(picturesVariable)
	if dir == "" {
		t.Skip("it runs as a process of the other tests")
	}
	if os.Getenv(diesVariable) != "" && os.Getenv("RANK") == "1" && os.Getenv("TORCHELASTIC_RESTART_COUNT") == "0" {
		go dieAfterCheckpoint()
	}
	if err := train(t.Context(), dir, 2, 32); err != nil {
		t.Fatal(err)
	}
}

// prepare draws pictures and returns the command that trains on them in an empty directory.
func prepare(t *testing.T) (command func(name string, args ...string) *exec.Cmd, dir string) {
	dir = t.TempDir()
	flowers := filepath.Join(dir, "flowers")
	if err := datasets.DrawnFlowers(t.Context(), flowers, datasets.PerClass(12)); err != nil {
		t.Fatal(err)
	}
	return func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), picturesVariable+"="+flowers, "OMP_NUM_THREADS=1")
		return cmd
	}, dir
}

// check looks for what the process of rank 0 alone does.
func check(t *testing.T, output, dir string) {
	t.Helper()
	if strings.Count(output, "saved ") != 1 || !strings.Contains(output, "valid_loss") {
		t.Errorf("it printed\n%s", output)
	}
	for _, name := range []string{"flowers.pth", "run.pth"} {
		if _, err := os.Stat(filepath.Join(dir, "models", name)); err != nil {
			t.Error(err)
		}
	}
}

// The processes are started by PyTorch's variables, one of them and two.
func TestByVariables(t *testing.T) {
	for _, n := range []int{1, 2} {
		command, dir := prepare(t)
		all, err := launch.Start(n, func(int) *exec.Cmd { return command(os.Args[0], "-test.run", "^TestTrain$") })
		if err == nil {
			err = launch.Wait(all)
		}
		if err != nil {
			t.Fatal(err)
		}
		output := ""
		for _, p := range all {
			output += p.Output.String()
		}
		check(t, output, dir)
	}
}

// PyTorch's own launcher starts them, and once more after one has died.
func TestByTorchrun(t *testing.T) {
	python := os.Getenv("FASTLEARN_VENV_PYTHON")
	if python == "" {
		t.Skip("FASTLEARN_VENV_PYTHON is unset: run make test")
	}
	for _, dies := range []string{"", "yes"} {
		command, dir := prepare(t)
		cmd := command(python, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "--max-restarts", "1", "--no-python",
			os.Args[0], "-test.run", "^TestTrain$")
		cmd.Env = append(cmd.Env, diesVariable+"="+dies)
		output, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		// The launcher names the process whose end it saw first: the one that died, or the one that missed it.
		if died := strings.Contains(string(output), "exitcode: "); died != (dies != "") {
			t.Errorf("a process died: %v\n%s", died, output)
		}
		check(t, string(output), dir)
	}
}
