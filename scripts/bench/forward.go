package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/cpu"

	"github.com/fastlearn-go/fastlearn/internal/pypi"
	"github.com/fastlearn-go/fastlearn/internal/trim"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/onnx"
	"github.com/fastlearn-go/fastlearn/torch/plan"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// The figures of forward passes run one model as package torch/plan makes it, in turns with an ONNX file of the same weights in other
// runtimes, with the model's own forward pass, and with each of the plan's operations alone.
type forwardPass struct {
	arch      string
	batch     int64
	threads   int
	precision plan.Precision

	model  nn.Module
	plan   *plan.Plan
	x      *torch.Tensor
	opened []string // figures in Python
}

const (
	forwardSize = 224
	steadyFor   = 200 * time.Millisecond // of runs in a measurement, whose median counts
)

// forwardFigures are each model with one picture and sixteen, one thread and two; in bfloat16 and int8 with one thread.
func forwardFigures() (all []figure) {
	for _, arch := range []string{"resnet18", "resnet34", "resnet50", "tf_efficientnet_lite0", "convnext_tiny"} {
		for _, batch := range []int64{1, 16} {
			for _, threads := range []int{1, 2} {
				p := &forwardPass{arch: arch, batch: batch, threads: threads}
				all = append(all, p.figure(p.runtime("onnxruntime", 1), p.runtime("openvino", 1), p.plain(), p.sum()))
			}
			for _, of := range []struct {
				precision plan.Precision
				target    float64
			}{{plan.BFloat16, 0.9}, {plan.Int8, 0.7}} {
				p := &forwardPass{arch: arch, batch: batch, threads: 1, precision: of.precision}
				all = append(all, p.figure(p.runtime("openvino", of.target)))
			}
		}
	}
	return all
}

func (p *forwardPass) figure(rivals ...rival) figure {
	name := fmt.Sprintf("%s at %d, batch %d, threads %d", p.arch, forwardSize, p.batch, p.threads)
	if p.precision != plan.Float32 {
		name += ", " + string(p.precision)
	}
	return figure{group: "predict", name: name, open: p.open, rivals: rivals, needs: p.needs}
}

// needs tells what this machine lacks.
func (p *forwardPass) needs() error {
	switch {
	case runtime.NumCPU() < p.threads:
		return fmt.Errorf("this machine has %d processors", runtime.NumCPU())
	case p.precision == plan.BFloat16 && !cpu.X86.HasAMXBF16, p.precision == plan.Int8 && !cpu.X86.HasAMXInt8:
		return errors.New("this processor has no AMX")
	}
	return nil
}

// open makes the plan and the ONNX file of the same weights.
func (p *forwardPass) open() (measure func() (float64, error), done func(), err error) {
	arch, err := models.Get(p.arch)
	if err != nil {
		return nil, nil, err
	}
	s := torch.NewScope()
	torch.ManualSeed(1)
	p.model = arch.New(1000)
	p.x = s.Randn(p.batch, 3, forwardSize, forwardSize)
	runtime.LockOSThread() // libtorch's threads belong to threads
	most := torch.NumThreads()
	done = func() {
		p.drop()
		torch.SetNumThreads(most)
		runtime.UnlockOSThread()
		p.plan.Close()
		nn.Close(p.model)
		s.Close()
	}
	torch.SetNumThreads(p.threads)
	if err := p.prepare(); err != nil {
		done()
		return nil, nil, err
	}
	return func() (float64, error) {
		return p.steady(func(x *torch.Tensor) error { _, err := p.plan.Run(x); return err })
	}, done, nil
}

func (p *forwardPass) prepare() error {
	nn.Eval(p.model)
	g, err := nn.Trace(p.model, p.x)
	if err != nil {
		return err
	}
	weights := nn.StateMap(p.model)
	if p.precision == plan.Int8 {
		err := plan.Calibrate(g, weights, func(yield func([]*torch.Tensor, error) bool) { yield([]*torch.Tensor{p.x}, nil) })
		if err != nil {
			return err
		}
	}
	if p.plan, err = plan.New(g, weights, p.precision, p.x); err != nil {
		return err
	}
	trim.Huge() // as predictor.Load does
	return p.export(g)
}

func (p *forwardPass) file() string { return filepath.Join("build", "bench", p.arch+".onnx") }

// exportedONNX are the files that were written; the weights are the same ones each time.
var exportedONNX = map[string]bool{}

func (p *forwardPass) export(g *graph.Graph) error {
	if exportedONNX[p.file()] {
		return nil
	}
	state, err := nn.ToPTH(p.model)
	if err != nil {
		return err
	}
	defer state.Release()
	if err := os.MkdirAll(filepath.Dir(p.file()), 0o777); err != nil {
		return err
	}
	f, err := os.Create(p.file())
	if err != nil {
		return err
	}
	defer f.Close()
	exportedONNX[p.file()] = true
	return errors.Join(onnx.Write(f, g, state, nil), f.Close())
}

// steady returns the median of what runs of f take, of steadyFor without the first one, which wakes threads and fills caches, or of one run.
func (p *forwardPass) steady(f func(x *torch.Tensor) error) (float64, error) {
	var all []float64
	for begun := time.Now(); len(all) == 0 || time.Since(begun) < steadyFor; {
		pass := torch.NewScope()
		start := time.Now()
		err := f(p.x.In(pass))
		all = append(all, time.Since(start).Seconds())
		pass.Close()
		if err != nil {
			return 0, err
		}
	}
	return median(all[min(1, len(all)-1):]), nil
}

// plain compares with what a learner runs.
func (p *forwardPass) plain() rival {
	pass := func(x *torch.Tensor) error {
		return torch.Try(func() {
			torch.NoGrad(func() { nn.Packed(p.model, func() { p.model.Forward(x) }) })
		})
	}
	return rival{name: ", beside the model's own pass", target: 1, measure: func() (float64, error) { return p.steady(pass) }}
}

// sum compares with the plan's operations, each timed alone.
func (p *forwardPass) sum() rival {
	return rival{name: ", beside the sum of its operations", target: 1 / 1.08, measure: func() (total float64, err error) {
		timings, err := p.plan.Profile(p.x)
		for _, t := range timings {
			total += t.Took.Seconds()
		}
		return total, err
	}}
}

// runtimes is the process that runs ONNX files: in ONNX Runtime, which the tests have, and in OpenVINO, where pip gets it.
var runtimes = sync.OnceValues(func() (*worker, error) {
	dir, _ := openVINO() // without it there are no figures beside it
	return startPython([]string{"scripts/bench/runtimes.py"}, "PYTHONPATH="+dir)
})

var openVINO = sync.OnceValues(func() (string, error) {
	return pypi.Folder("openvino", "install", "--no-deps", "--target", ".", "openvino==2026.4.1", "openvino-telemetry==2025.2.0")
})

// runtimeNeeds are what other runtimes need that may not be there.
var runtimeNeeds = map[string]func() error{
	"onnxruntime": needsONNXRuntime,
	"openvino":    func() error { _, err := openVINO(); return err },
}

func (p *forwardPass) runtime(name string, target float64) rival {
	precision := "f32"
	if p.precision != plan.Float32 {
		precision = string(p.precision)
	}
	figure := strings.Join([]string{name, p.file(), fmt.Sprint(p.threads), fmt.Sprint(p.batch), fmt.Sprint(forwardSize), precision, fmt.Sprint(steadyFor.Seconds())}, " ")
	return rival{name: ", beside " + name, target: target, needs: runtimeNeeds[name], measure: func() (float64, error) {
		python, err := runtimes()
		if err != nil {
			return 0, err
		}
		if !slices.Contains(p.opened, figure) {
			p.opened = append(p.opened, figure)
		}
		return python.measure(figure)
	}}
}

// drop frees what the process of the other runtimes holds.
func (p *forwardPass) drop() {
	for _, figure := range p.opened {
		if python, err := runtimes(); err == nil {
			_ = python.drop(figure) // a process that is gone holds nothing
		}
	}
	p.opened = nil
}
