package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint/inspect"
)

// The small deployment, examples/onnxserve with ONNX Runtime's library and the model as ONNX, predicts what ours does and takes at most 90 MB.
func TestSmallDeployment(t *testing.T) {
	site := filepath.Join(filepath.Dir(filepath.Dir(parity.Interpreter(t))), "lib", "python3*", "site-packages", "onnxruntime", "capi", "libonnxruntime.so.*")
	found, err := filepath.Glob(site)
	if err != nil || len(found) != 1 {
		t.Skipf("no ONNX Runtime in the environment of make test: %q, %v", found, err)
	}
	file, picture := flowers(t)
	dir := t.TempDir()
	onnx, program := filepath.Join(dir, "flowers.onnx"), filepath.Join(dir, "onnxserve")
	if _, err := inspect.Convert(file, onnx); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", program, ".")
	build.Dir = filepath.Join(parity.Root(), "examples", "onnxserve")
	build.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "CGO_LDFLAGS=") || strings.HasPrefix(v, "CGO_CXXFLAGS=")
	})
	if out, err := build.CombinedOutput(); err != nil {
		if strings.Contains(string(out), "dial tcp") || strings.Contains(string(out), "GOPROXY") {
			t.Skipf("its modules can't be fetched here: %s", out)
		}
		t.Fatalf("%v: %s", err, out)
	}
	size := int64(0)
	for _, path := range []string{onnx, program, found[0]} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	if t.Logf("%.1f MB", float64(size)/1e6); size > 90e6 {
		t.Errorf("%d bytes, want at most 90e6", size)
	}

	server := exec.Command(program, "-address", "127.0.0.1:0", "-runtime", found[0], onnx)
	log, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { server.Process.Kill(); server.Wait() }()
	line, _ := bufio.NewReader(log).ReadString('\n')
	url := strings.TrimSpace(line)
	if !strings.HasPrefix(url, "http://127.0.0.1:") {
		t.Fatalf("it says %q", line)
	}
	answer, err := http.Post(url+"/api/predict", "application/octet-stream", bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Label string
		Top   []struct {
			Label       string
			Probability float64
		}
	}
	if err := json.Unmarshal(body, &got); err != nil || len(got.Top) != 5 {
		t.Fatalf("%s: %v", body, err)
	}
	p, err := predictor.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	want, err := p.PredictBytes(t.Context(), picture)
	if err != nil {
		t.Fatal(err)
	}
	if got.Label != want.Label || got.Top[0].Probability < 0.15 {
		t.Errorf("%s, want %s of %v", body, want.Label, want.Probs)
	}
	for _, c := range got.Top { // the decoders and the resizing round differently
		if probability := want.Probs[slices.Index(p.Vocab(), c.Label)]; math.Abs(probability-c.Probability) > 0.02 {
			t.Errorf("%s: %g, want %g", c.Label, c.Probability, probability)
		}
	}
}
