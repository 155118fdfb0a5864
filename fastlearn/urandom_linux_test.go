package fastlearn_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/vision"
)

// A predictor loads and predicts where there is no /dev/urandom, as in a bare container.
func TestLoadPredictorWithoutURandom(t *testing.T) {
	if file := os.Getenv("FASTLEARN_TEST_BARE"); file != "" {
		if err := syscall.Mount("none", "/dev", "tmpfs", 0, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat("/dev/urandom"); err == nil {
			t.Fatal("/dev/urandom is there")
		}
		p, err := predictor.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		got, err := p.PredictImage(t.Context(), (&vision.Image{W: 16, H: 16, C: 3, Pix: make([]byte, 3*16*16)}).ToGo())
		if err != nil || got.Label == "" {
			t.Fatalf("%+v, %v", got, err)
		}
		fmt.Println("predicted without urandom")
		return
	}
	files := fixture.ColourFolders(t, 8, "blue", "red")
	learn := exportCases()[0].learner(t, files)
	file, err := learn.Export("model")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "FASTLEARN_TEST_BARE="+file)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS, Unshareflags: syscall.CLONE_NEWNS}
	out, err := cmd.CombinedOutput()
	if err != nil && len(out) == 0 || strings.Contains(string(out), "operation not permitted") {
		t.Skipf("no namespace of mounts can be made here: %v", err)
	}
	if err != nil || !strings.Contains(string(out), "predicted without urandom") {
		t.Errorf("%v: %s", err, out)
	}
}
