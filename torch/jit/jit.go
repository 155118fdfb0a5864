// Package jit runs, trains and saves models in TorchScript files, which torch.jit.script
// and torch.jit.trace make in Python.
//
//	m, err := jit.Load("net.pt")
//	learn, err := fastlearn.NewLearner(dls, m)
//	err = learn.FitOneCycle(ctx, 5, nil)
//	err = jit.Save(m, "trained.pt") // torch.jit.load in Python
//
// # Safety
//
// A TorchScript file is a program. Load only files whose origin you trust; weights alone
// are better kept in .pth or .safetensors files, which execute nothing.
//
// # What was traced
//
// A trace holds the mode it was made in: a batch norm or a dropout traced after
// model.eval() stays in evaluation while it is trained, and one traced in training stays in
// training. A script (torch.jit.script) has both modes. Neither can be changed in shape.
package jit

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Module is a TorchScript model. Its children, parameters and buffers have Python's names,
// so that splitters, learners and state_dicts treat it as any other. [nn.Close] frees it.
type Module struct {
	nn.Base
	script  atomic.Pointer[byte] // shim.Script; nil once closed
	parts   []nn.Module          // the module itself, then all below it
	modes   []atomic.Bool        // the mode that each part was last told
	tensors []*torch.Tensor      // one for each slot
}

// Load reads a TorchScript file and puts it on a device, the CPU without one.
func Load(path string, device ...torch.Device) (*Module, error) {
	d := torch.CPU
	for _, d = range device {
	}
	if err := d.Check(); err != nil {
		return nil, err
	}
	var script shim.Script
	var unreadable error
	err := diskfile.Scan(path, func(f *os.File, size int64) error {
		script, unreadable = shim.ScriptLoad(f.Fd(), size, d.Index())
		return unreadable
	})
	switch {
	case err == nil:
	case err == unreadable:
		return nil, fmt.Errorf("torchscript %s: it can't be read as TorchScript: make it by torch.jit.script or torch.jit.trace, and save it by that module's save; a file of torch.save's is opened by package checkpoint: %s", path, firstLine(err))
	default:
		if script != nil {
			shim.ScriptFree(script)
		}
		return nil, fmt.Errorf("torchscript %s: %w", path, diskfile.Cause(err))
	}
	m := &Module{}
	m.script.Store((*byte)(script))
	m.OnClose(m.free)
	if err := m.collect(); err != nil {
		nn.Close(m)
		return nil, fmt.Errorf("torchscript %s: %w", path, err)
	}
	return m, nil
}

// firstLine leaves out the trace of C++ that may follow.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// collect registers the parts with their parameters and buffers.
func (m *Module) collect() error {
	script := m.handle()
	parts, slots := shim.ScriptSize(script)
	m.modes = make([]atomic.Bool, parts)
	for i := range parts {
		p, err := shim.ScriptPartAt(script, i)
		if err != nil {
			return err
		}
		var part nn.Module = m
		if i > 0 {
			part = &nn.Part{Norm: isNorm(p.Type)}
			m.parts[p.Parent].(registers).Register(p.Name, part)
		}
		m.parts = append(m.parts, part)
		m.modes[i].Store(p.Training)
		if p.Training {
			nn.TrainAlone(part)
		} else {
			nn.EvalAlone(part)
		}
	}
	for i := range slots {
		s, err := shim.ScriptSlotAt(script, i)
		if err != nil {
			return err
		}
		t := torch.FromHandle(s.Tensor)
		if s.Same < i { // shared by two modules
			t.Close()
			t = m.tensors[s.Same]
		}
		m.tensors = append(m.tensors, t)
		part := m.parts[s.Part].(registers)
		if s.Buffer {
			part.RegisterBuffer(s.Name, t)
			continue
		}
		grad := t.RequiresGrad()
		part.RegisterParameter(s.Name, t).RequiresGrad_(grad)
	}
	return nil
}

// registers is what embedding [nn.Base] gives.
type registers interface {
	Register(name string, child nn.Module)
	RegisterParameter(name string, t *torch.Tensor) *torch.Tensor
	RegisterBuffer(name string, t *torch.Tensor) *torch.Tensor
}

// isNorm tells of a class by its TorchScript name; fastai's norms are these three.
func isNorm(class string) bool {
	name := class[strings.LastIndex(class, ".")+1:]
	return strings.HasPrefix(name, "BatchNorm") || strings.HasPrefix(name, "InstanceNorm") || name == "LayerNorm"
}

func (m *Module) handle() shim.Script {
	p := m.script.Load()
	if p == nil {
		panic(&torch.Error{Op: "torchscript", Msg: "the module is closed"})
	}
	return shim.Script(p)
}

func (m *Module) free() {
	if p := m.script.Swap(nil); p != nil {
		shim.ScriptFree(shim.Script(p))
	}
}

// handles are the slots' tensors, which [nn.To] or an optimizer may have replaced.
func (m *Module) handles() []shim.Handle {
	hs := make([]shim.Handle, len(m.tensors))
	for i, t := range m.tensors {
		hs[i] = t.Handle()
	}
	return hs
}

// tellModes tells the script which of its parts train.
func (m *Module) tellModes() error {
	for i, p := range m.parts {
		on := nn.IsTraining(p)
		if m.modes[i].Load() == on {
			continue
		}
		if err := shim.ScriptTrain(m.handle(), i, on); err != nil {
			return err
		}
		m.modes[i].Store(on)
	}
	return nil
}

// Forward runs the script's forward with one tensor, and returns its one tensor.
func (m *Module) Forward(x *torch.Tensor) *torch.Tensor {
	if m == nil {
		panic(&torch.Error{Op: "torchscript", Msg: "the module is nil"})
	}
	err := m.tellModes()
	var out shim.Handle
	if err == nil {
		out, err = shim.ScriptForward(m.handle(), x.Handle(), m.handles())
	}
	runtime.KeepAlive(x)
	runtime.KeepAlive(m)
	if err != nil {
		panic(&torch.Error{Op: "torchscript", Msg: err.Error()})
	}
	return torch.FromHandle(out).MoveTo(x.Scope())
}

// Save writes the model with its present weights to a TorchScript file, which Python's
// torch.jit.load reads, without a GPU too. At every moment path is the old file or the new one, whole.
func Save(m *Module, path string) error {
	if err := guard.Given("torchscript: Save", m); err != nil {
		return err
	}
	err := torch.Try(func() {
		if err := m.tellModes(); err != nil {
			panic(&torch.Error{Op: "torchscript", Msg: err.Error()})
		}
		if err := shim.ScriptSync(m.handle(), m.handles()); err != nil {
			panic(&torch.Error{Op: "torchscript", Msg: err.Error()})
		}
	})
	if err == nil {
		err = diskfile.Replace(path, true, func(f *os.File) error { return shim.ScriptSave(m.handle(), f.Fd()) })
	}
	runtime.KeepAlive(m)
	if err != nil {
		return fmt.Errorf("torchscript: save %s: %w", path, err)
	}
	return nil
}
