package torch_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"runtime"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
	"github.com/fastlearn-go/fastlearn/torch/pth"
	"github.com/fastlearn-go/fastlearn/torch/safetensors"
)

const viewed = 1 << 15 // elements of a tensor of the tests here

// ramp is 0, 1, 2 … as float32, in a scope that nobody else refers to.
func ramp() *torch.Tensor { return torch.NewScope().With(torch.Float32).Arange(viewed) }

// isRamp tells whether b are the bytes of ramp.
func isRamp(b []byte) bool {
	for i := range viewed {
		if len(b) != 4*viewed || math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])) != float32(i) {
			return false
		}
	}
	return true
}

// slow writes as to a disk that has other things to do, so that the collector runs meanwhile.
type slow struct{ bytes.Buffer }

func (s *slow) Write(b []byte) (int, error) {
	runtime.GC()
	runtime.GC()
	return s.Buffer.Write(b)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func dict(t *pth.Tensor) *pth.Dict {
	d := pth.NewOrderedDict()
	d.Set("weight", t)
	return d
}

func writePTH(v any) []byte {
	var w slow
	if err := pth.Write(&w, v); err != nil {
		panic(err)
	}
	return first(must(pth.Decode(w.Bytes())).Value())
}

func writeSafetensors(d *pth.Dict) []byte {
	var w slow
	if err := safetensors.Write(&w, d); err != nil {
		panic(err)
	}
	return first(must(safetensors.Decode(w.Bytes())).StateDict())
}

// first is the first large tensor in v.
func first(v any) []byte {
	switch v := v.(type) {
	case *pth.Dict:
		for _, item := range v.All() {
			if b := first(item); b != nil {
				return b
			}
		}
	case *pth.List:
		for _, item := range v.Items {
			if b := first(item); b != nil {
				return b
			}
		}
	case *pth.Tensor:
		if v.Len() == viewed {
			return must(v.Bytes(0))
		}
	}
	return nil
}

func fill(m nn.Module) nn.Module {
	torch.NoGrad(func() {
		for _, p := range nn.Parameters(m) {
			p.Copy_(ramp())
		}
	})
	return m
}

func stepped() *optim.Optimizer {
	w := ramp().Keep().RequiresGrad_(true)
	w.SetGrad(ramp())
	o := optim.New(optim.SGD{Momentum: 0.9}, []*torch.Tensor{w})
	o.Step()
	return o
}

func elements(t *torch.Tensor) []byte {
	var b []byte
	for _, v := range torch.ToSlice[float32](t) {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// views are the functions that look into a tensor's memory, each as the last one that knows of the tensor.
var views = []struct {
	name string
	see  func() []byte
}{
	{"ToSlice", func() []byte { return elements(ramp()) }},
	{"UnsafeBytes", func() []byte { return ramp().UnsafeBytes() }},
	{"UnsafeBytes of a closed tensor", func() []byte {
		x := ramp()
		b := x.UnsafeBytes()
		x.Scope().Close()
		return b
	}},
	{"WithBytes", func() (b []byte) {
		ramp().WithBytes(func(memory []byte) {
			runtime.GC()
			b = bytes.Clone(memory)
		})
		return b
	}},
	{"ToPTH before UnsafeBytes", func() []byte {
		x := ramp()
		p := must(torch.ToPTH(x))
		x.UnsafeBytes()
		x.Scope().Close()
		return writePTH(dict(p))
	}},
	{"ToPTH and Bytes", func() []byte { return must(must(torch.ToPTH(ramp())).Bytes(0)) }},
	{"ToPTH and WriteTo", func() []byte {
		var w slow
		must(must(torch.ToPTH(ramp())).WriteTo(&w))
		return w.Bytes()
	}},
	{"ToPTH of a closed tensor", func() []byte {
		x := ramp()
		p := must(torch.ToPTH(x))
		x.Close()
		runtime.GC()
		return writePTH(dict(p))
	}},
	{"ToPTH of a closed scope", func() []byte {
		x := ramp()
		p := must(torch.ToPTH(x))
		x.Scope().Close()
		runtime.GC()
		return writeSafetensors(dict(p))
	}},
	{"pth.Write", func() []byte { return writePTH(dict(must(torch.ToPTH(ramp())))) }},
	{"safetensors.Write", func() []byte { return writeSafetensors(dict(must(torch.ToPTH(ramp())))) }},
	{"nn.ToPTH and pth.Write", func() []byte { return writePTH(must(nn.ToPTH(fill(nn.NewLinear(viewed, 1, nn.NoBias()))))) }},
	{"nn.ToPTH and safetensors.Write", func() []byte { return writeSafetensors(must(nn.ToPTH(fill(nn.NewLinear(viewed, 1, nn.NoBias()))))) }},
	{"an optimizer's state", func() []byte { return writePTH(must(stepped().ToPTH())) }},
	{"FromPTH of ToPTH", func() []byte {
		f := must(pth.Decode(pthFile()))
		return elements(must(torch.FromPTH(torch.NewScope(), f, must(torch.ToPTH(ramp())))))
	}},
	{"FromPTH of memory", func() []byte {
		f := must(pth.Decode(pthFile()))
		return elements(must(torch.FromPTH(torch.NewScope(), f, f.Value().(*pth.Tensor))))
	}},
	{"a view of a view", func() []byte { return elements(ramp().View(2, -1).Transpose(0, 1).Transpose(0, 1).View(-1)) }},
	{"an alias", func() []byte { return elements(ramp().In(nil)) }},
	{"a moved tensor", func() []byte { return elements(ramp().MoveTo(torch.NewScope())) }},
	{"a list", func() []byte {
		return elements(torch.Cat(0, ramp().Keep().Narrow(0, 0, 99), ramp().Keep().Narrow(0, 99, viewed-99)))
	}},
	{"operands", func() []byte {
		return elements(ramp().Keep().Add(ramp().Keep()).Sub(ramp().Keep()).MulScalar(2).DivScalar(2))
	}},
	{"a gradient", func() []byte {
		w := ramp().Keep().RequiresGrad_(true)
		w.SetGrad(ramp())
		return elements(w.Grad())
	}},
}

func pthFile() []byte {
	var w bytes.Buffer
	x := ramp()
	defer x.Scope().Close()
	if err := pth.Write(&w, must(torch.ToPTH(x))); err != nil {
		panic(err)
	}
	return w.Bytes()
}

func TestViewsHoldTheirMemory(t *testing.T) {
	for _, v := range views {
		t.Run(v.name, func(t *testing.T) {
			collector.Busy([]int64{viewed}, func() {
				for range 20 {
					if b := v.see(); !isRamp(b) {
						t.Fatalf("the memory of %d bytes was freed while it was looked at", len(b))
					}
				}
			})
		})
	}
}
