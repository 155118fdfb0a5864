package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fastlearn-go/fastlearn/torch/checkpoint/inspect"
)

// server is a process that answers POST /api/predict: examples/serve, or examples/onnxserve, which is a Go server of the same shape on
// ONNX Runtime.
type server struct {
	cmd *exec.Cmd
	url string
}

// buildONNXServe builds examples/onnxserve, a module of its own.
func buildONNXServe(out string) error {
	return build("examples/onnxserve", out, slices.DeleteFunc(os.Environ(), func(v string) bool { // which are libtorch's
		return strings.HasPrefix(v, "CGO_LDFLAGS=") || strings.HasPrefix(v, "CGO_CXXFLAGS=")
	}))
}

// build builds the program in a folder of the repository.
func build(folder, out string, env []string) error {
	out, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", out, ".")
	cmd.Dir, cmd.Env = folder, env
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w: %s", folder, err, text)
	}
	return nil
}

// onnxRuntime returns ONNX Runtime's shared library, which its Python package has.
var onnxRuntime = sync.OnceValues(func() (string, error) {
	text, err := exec.Command(os.Getenv("FASTLEARN_VENV_PYTHON"), "-c", "import onnxruntime; print(onnxruntime.__path__[0])").Output()
	found, _ := filepath.Glob(filepath.Join(strings.TrimSpace(string(text)), "capi", "libonnxruntime.so.*"))
	if err != nil || len(found) != 1 {
		return "", errors.New("$FASTLEARN_VENV_PYTHON has no onnxruntime: install it by pip")
	}
	return found[0], nil
})

func needsONNXRuntime() error { _, err := onnxRuntime(); return err }

// startServer starts a server, which logs its URL first.
func startServer(program string, args ...string) (*server, error) {
	s := &server{cmd: exec.Command(program, append([]string{"-address", "127.0.0.1:0"}, args...)...)}
	log, err := s.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewReader(log)
	line, err := lines.ReadString('\n')
	if s.url = strings.TrimSpace(line); err != nil || !strings.HasPrefix(s.url, "http://") {
		s.stop()
		return nil, fmt.Errorf("%s says %q: %w", program, line, err)
	}
	go io.Copy(os.Stderr, lines)
	return s, nil
}

func (s *server) stop() {
	if s != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	}
}

// ask sends a photograph and reads the answer.
func (s *server) ask(client *http.Client, file []byte) error {
	answer, err := client.Post(s.url+"/api/predict", "application/octet-stream", bytes.NewReader(file))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s %s", s.cmd.Path, answer.Status, text)
	}
	return err
}

// openLoop asks both servers at the same drawn times: those of a Poisson process at a part of what the slower one answers.
type openLoop struct {
	part   float64
	ours   *server
	other  *server
	client *http.Client
	files  [][]byte
	rate   float64
	rounds [2]uint64 // measured of each
}

func (o *openLoop) open() (measure func() (float64, error), done func(), err error) {
	e, err := export(served)
	if err != nil {
		return nil, nil, err
	}
	done = func() { o.ours.stop(); o.other.stop(); e.close() }
	if err := o.start(e); err != nil {
		done()
		return nil, nil, err
	}
	return func() (float64, error) { return o.tail(o.ours, &o.rounds[0]) }, done, nil
}

func (o *openLoop) start(e *exported) (err error) {
	library, err := onnxRuntime()
	if err != nil {
		return err
	}
	onnx := filepath.Join(e.dir, "model.onnx")
	if _, err = inspect.Convert(e.file, onnx); err != nil {
		return err
	}
	ours, theirs := filepath.Join(e.dir, "serve"), filepath.Join(e.dir, "onnxserve")
	if err := errors.Join(build("examples/serve", ours, os.Environ()), buildONNXServe(theirs)); err != nil {
		return err
	}
	if o.files, err = e.photographs(); err != nil {
		return err
	}
	o.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1024}}
	if o.ours, err = startServer(ours, "-places", "4096", e.file); err != nil {
		return err
	}
	if o.other, err = startServer(theirs, "-runtime", library, onnx); err != nil {
		return err
	}
	for _, s := range []*server{o.ours, o.other} {
		took, seconds, err := askAll(requests/2, warming, func(i int) error { return s.ask(o.client, o.files[i%len(o.files)]) })
		if err != nil {
			return err
		}
		if rate := float64(len(took)) / seconds; o.rate == 0 || rate < o.rate {
			o.rate = rate
		}
	}
	return nil
}

func (o *openLoop) theirs() (float64, error) { return o.tail(o.other, &o.rounds[1]) }

// tail asks at drawn times, whether there are answers or not, and returns the seconds that 99 of 100 answers took at most.
func (o *openLoop) tail(s *server, round *uint64) (float64, error) {
	*round++
	rng := rand.New(rand.NewPCG(7, *round))
	took, errs := make([]float64, requests), make([]error, requests)
	var all sync.WaitGroup
	at := time.Now()
	for i := range requests {
		at = at.Add(time.Duration(rng.ExpFloat64() / (o.rate * o.part) * float64(time.Second)))
		time.Sleep(time.Until(at))
		arrives := at
		all.Go(func() {
			errs[i] = s.ask(o.client, o.files[i%len(o.files)])
			took[i] = time.Since(arrives).Seconds()
		})
	}
	all.Wait()
	return quantile(took, 0.99), errors.Join(errs...)
}
