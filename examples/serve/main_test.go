package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/datasets"
)

// The program itself listens to this machine alone, and ends by SIGTERM.
func TestProgram(t *testing.T) {
	if file := os.Getenv("SERVE_FILE"); file != "" {
		os.Args = []string{"serve", "-address", "127.0.0.1:0", file}
		main()
		return
	}
	file, picture := flowers(t)
	program := exec.Command(os.Args[0], "-test.run=TestProgram$")
	program.Env = append(os.Environ(), "SERVE_FILE="+file)
	log, err := program.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	defer program.Process.Kill()
	var url string
	if _, err := fmt.Fscanln(log, &url); err != nil || !strings.HasPrefix(url, "http://127.0.0.1:") {
		t.Fatalf("it says %q, %v", url, err)
	}
	answer, err := http.Post(url+"/api/predict", "application/octet-stream", bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Error(answer.Status)
	}
	if err := program.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := program.Wait(); err != nil {
		t.Errorf("it ended by %v", err)
	}
}

// flowers draws some pictures, exports a learner of them, and returns the file and one of the pictures.
func flowers(t *testing.T) (file string, picture []byte) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "flowers")
	if err := datasets.DrawnFlowers(t.Context(), dir, datasets.PerClass(2)); err != nil {
		t.Fatal(err)
	}
	files, err := vision.GetImageFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	if picture, err = os.ReadFile(files[0]); err != nil {
		t.Fatal(err)
	}
	dls, err := data.FromFolder(dir, data.ValidPct(0.2), data.SplitSeed(1), data.BatchSize(4), data.ItemTfms(vision.Resize(32)),
		data.BatchTfms(vision.Batch(vision.Normalize(vision.ImageNetStats()))))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	torch.ManualSeed(1)
	last := nn.NewLinear(4, int64(dls.Outputs()))
	torch.NoGrad(func() { last.Weight.MulScalar_(5) }) // so that classes differ
	model := nn.NewSequential(nn.NewConv2d(3, 4, 5), &nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, last)
	learn, err := fastlearn.NewLearner(dls, model, fastlearn.NoLogging(), fastlearn.Path(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	if file, err = learn.Export("flowers"); err != nil {
		t.Fatal(err)
	}
	return file, picture
}
