package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/onnx"
	"github.com/fastlearn-go/fastlearn/torch/plan"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// The figures of forward passes run one model as package torch/plan makes it, and as an ONNX file in another runtime, in turns.
type forwardPass struct {
	arch      string
	runtime   string // of the other side
	threads   int
	batch     int64
	precision plan.Precision
	other     *worker
}

const forwardSize = 224

var forwardModels = map[string]func(int64) nn.Module{
	"resnet18": func(n int64) nn.Module { return models.ResNet18(n) },
	"resnet34": func(n int64) nn.Module { return models.ResNet34(n) },
	"resnet50": func(n int64) nn.Module { return models.ResNet50(n) },
}

// forwardFigures are each model with one thread and two, one picture and sixteen, beside each runtime; in bfloat16 beside OpenVINO on one thread.
func forwardFigures() (all []figure) {
	add := func(p forwardPass, target float64) {
		name := fmt.Sprintf("%s at %d, batch %d, threads %d, beside %s", p.arch, forwardSize, p.batch, p.threads, p.runtime)
		if p.precision != plan.Float32 {
			name += ", " + string(p.precision)
		}
		all = append(all, figure{group: "predict", name: name, target: target, open: p.open, theirs: p.theirs, needs: p.needs})
	}
	for _, arch := range []string{"resnet18", "resnet34", "resnet50"} {
		for _, batch := range []int64{1, 16} {
			for _, runtime := range []string{"onnxruntime", "openvino"} {
				for _, threads := range []int{1, 2} {
					add(forwardPass{arch: arch, runtime: runtime, threads: threads, batch: batch}, 1)
				}
			}
			add(forwardPass{arch: arch, runtime: "openvino", threads: 1, batch: batch, precision: plan.BFloat16}, 0.9)
		}
	}
	return all
}

// needs tells what this machine lacks.
func (p *forwardPass) needs() error {
	if runtime.NumCPU() < p.threads {
		return fmt.Errorf("this machine has %d processors", runtime.NumCPU())
	}
	if err := p.precision.Check(); err != nil {
		return err
	}
	if err := exec.Command(os.Getenv("FASTLEARN_VENV_PYTHON"), "-c", "import "+p.runtime).Run(); err != nil {
		return fmt.Errorf("$FASTLEARN_VENV_PYTHON has no %s: install it by pip", p.runtime)
	}
	return nil
}

func (p *forwardPass) file() string { return filepath.Join("build", "bench", p.arch+".onnx") }

// open makes the plan and the ONNX file of the same weights.
func (p *forwardPass) open() (measure func() (float64, error), done func(), err error) {
	s := torch.NewScope()
	torch.ManualSeed(1)
	m := forwardModels[p.arch](1000)
	defer nn.Close(m)
	nn.Eval(m)
	x := s.Randn(p.batch, 3, forwardSize, forwardSize)
	g, err := nn.Trace(m, x)
	if err != nil {
		return nil, nil, err
	}
	weights := map[string]*torch.Tensor{}
	for _, w := range nn.StateDict(m) {
		weights[w.Name] = w.Tensor
	}
	made, err := plan.New(g, weights, p.precision, x)
	if err != nil {
		return nil, nil, err
	}
	state, err := nn.ToPTH(m)
	if err != nil {
		return nil, nil, err
	}
	defer state.Release()
	if err := writeONNX(p.file(), func(f *os.File) error { return onnx.Write(f, g, state, nil) }); err != nil {
		return nil, nil, err
	}
	if p.other, err = startPython([]string{"scripts/bench/runtimes.py"}); err != nil {
		return nil, nil, err
	}
	runtime.LockOSThread() // libtorch's threads belong to threads
	most := torch.NumThreads()
	torch.SetNumThreads(p.threads)
	measure = func() (float64, error) {
		pass := torch.NewScope()
		defer pass.Close()
		start := time.Now()
		_, err := made.Run(x.In(pass))
		return time.Since(start).Seconds(), err
	}
	return measure, func() {
		torch.SetNumThreads(most)
		runtime.UnlockOSThread()
		p.other.close()
		made.Close()
		s.Close()
	}, nil
}

func writeONNX(path string, write func(*os.File) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := write(f); err != nil {
		return err
	}
	return f.Close()
}

func (p *forwardPass) theirs() (float64, error) {
	precision := "f32"
	if p.precision == plan.BFloat16 {
		precision = "bf16"
	}
	return p.other.measure(strings.Join([]string{p.runtime, p.file(), fmt.Sprint(p.threads), fmt.Sprint(p.batch), fmt.Sprint(forwardSize), precision}, " "))
}
