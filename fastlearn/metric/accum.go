package metric

import (
	"fmt"
	"math"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
)

// Accum makes a metric of a function of a whole validation, for what an average over batches isn't (fastai's
// AccumMetric and skm_to_fastai). f gets all predictions and targets, N×… each, on the CPU, and is not called where there are
// none: the value is then NaN. prepare, where it is said, turns each batch's predictions into what is kept of them until
// the end, such as their argmax or a softmax, so that memory holds no more than f needs.
func Accum(name string, f func(pred, target *torch.Tensor) float64, prepare ...func(pred *torch.Tensor) *torch.Tensor) Metric {
	if f == nil {
		return refused{name, fmt.Errorf("metric.Accum %s: the function is nil", name)}
	}
	call := func(pred, target *torch.Tensor) (v float64, err error) {
		guard.Do("the function", f, func() { v = f(pred, target) })
		return v, nil
	}
	return accumMetric(name, call, prepare...)
}

func accumMetric(name string, f func(pred, target *torch.Tensor) (float64, error), prepare ...func(pred *torch.Tensor) *torch.Tensor) Metric {
	if err := guard.All(name, "prepare", prepare, func(func(*torch.Tensor) *torch.Tensor) {}); err != nil {
		return refused{name, err}
	}
	m := &gathered{name: name, f: f, prepare: prepare}
	m.Reset()
	return m
}

// gathered keeps predictions and targets until its value is asked for.
type gathered struct {
	name    string
	f       func(pred, target *torch.Tensor) (float64, error)
	prepare []func(pred *torch.Tensor) *torch.Tensor

	preds, targets []*torch.Tensor
	value          float64 // of what was gathered before; NaN where nothing was
	err            error   // why there is no value
}

func (m *gathered) Name() string { return m.name }

func (m *gathered) Reset() {
	m.free()
	m.value, m.err = math.NaN(), nil
}

func (m *gathered) free() {
	for _, t := range append(m.preds, m.targets...) {
		t.Close()
	}
	m.preds, m.targets = nil, nil
}

func (m *gathered) Accumulate(b Batch) error {
	return torch.Try(func() {
		pred := b.Pred
		for _, f := range m.prepare {
			pred = guard.Pointer("prepare", f, func() *torch.Tensor { return f(pred) })
		}
		m.preds = append(m.preds, hostCopy(pred))
		m.targets = append(m.targets, hostCopy(b.Target))
	})
}

// hostCopy copies t to the CPU, out of its scope and its graph.
func hostCopy(t *torch.Tensor) *torch.Tensor {
	here := t.Detach()
	defer here.Close()
	moved := here.To(torch.CPU)
	defer moved.Close()
	return moved.Clone().Keep()
}

// Value computes it once and lets go of what was gathered.
func (m *gathered) Value() (float64, error) {
	if len(m.preds) == 0 {
		return m.value, m.err
	}
	defer m.free()
	s := torch.NewScope()
	defer s.Close()
	m.value = math.NaN()
	var inner error
	m.err = torch.Try(func() {
		var v float64
		pred, target := torch.Cat(0, m.preds...).MoveTo(s), torch.Cat(0, m.targets...).MoveTo(s)
		if v, inner = m.f(pred, target); inner == nil {
			m.value = v
		}
	})
	if m.err == nil {
		m.err = inner
	}
	return m.value, m.err
}
