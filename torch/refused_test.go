package torch_test

import (
	"math"
	"strings"
	"testing"
	"unsafe"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/torch"
)

// refusals are calls that must end in a *torch.Error which says this, whatever C++ would do with them.
var refusals = []struct {
	name, want string
	call       func(s *torch.Scope, x *torch.Tensor)
}{
	{"dtype of zeros", "no such dtype", func(s *torch.Scope, x *torch.Tensor) { s.With(torch.DType(77)).Zeros(2) }},
	{"dtype of empty", "no such dtype", func(s *torch.Scope, x *torch.Tensor) { s.With(torch.DType(-1)).Empty(2) }},
	{"dtype of to", "no such dtype", func(s *torch.Scope, x *torch.Tensor) { x.To(torch.DType(100)) }},
	{"a quantized dtype", "no such dtype", func(s *torch.Scope, x *torch.Tensor) { x.To(torch.DType(12)) }},
	{"dtype of autocast", "autocast", func(s *torch.Scope, x *torch.Tensor) { torch.Autocast(torch.CPU, torch.Int64, func() {}) }},
	{"dtype of memory", "no such dtype", func(s *torch.Scope, x *torch.Tensor) {
		torch.FromMemory(s, unsafe.Pointer(s), torch.DType(99), []int64{1}, nil, nil)
	}},
	{"nil option", "nil Option", func(s *torch.Scope, x *torch.Tensor) { s.With(nil).Zeros() }},
	{"format", "MemoryFormat(77)", func(s *torch.Scope, x *torch.Tensor) { x.ToFormat(77) }},
	{"device -1", "cuda:-1", func(s *torch.Scope, x *torch.Tensor) { s.With(torch.CUDA(-1)).Zeros() }},
	{"device 300", "cuda:300", func(s *torch.Scope, x *torch.Tensor) { x.To(torch.CUDA(300)) }},
	{"generator", "cuda:-2", func(s *torch.Scope, x *torch.Tensor) { torch.RNGState(torch.CUDA(-2)) }},
	{"threads", "want 1 to", func(s *torch.Scope, x *torch.Tensor) { torch.SetNumThreads(0) }},
	{"2^32+1 threads", "want 1 to", func(s *torch.Scope, x *torch.Tensor) { torch.SetNumThreads(1<<32 + 1) }},
	{"shape of a slice", "do not fill", func(s *torch.Scope, x *torch.Tensor) { torch.FromSlice(s, []float32{}, 1<<32, 1<<32) }},
	{"negative shape", "do not fill", func(s *torch.Scope, x *torch.Tensor) { torch.FromSlice(s, []float32{1, 2, 3, 4}, -2, -2) }},
	{"nil memory", "nil memory", func(s *torch.Scope, x *torch.Tensor) { torch.FromMemory(s, nil, torch.Float32, []int64{4}, nil, nil) }},
	{"expanded slice", "GB of memory", func(s *torch.Scope, x *torch.Tensor) { torch.ToSlice[float32](x.Narrow(0, 0, 1).Expand(1 << 45)) }},
	{"expanded bytes", "not contiguous", func(s *torch.Scope, x *torch.Tensor) { x.Narrow(0, 0, 1).Expand(1 << 45).UnsafeBytes() }},
	{"expanded copy", "memory", func(s *torch.Scope, x *torch.Tensor) { x.Narrow(0, 0, 1).Expand(1 << 45).Contiguous() }},
	{"nil in a list", "nil tensor", func(s *torch.Scope, x *torch.Tensor) { torch.HasGrad([]*torch.Tensor{x, nil}) }},
	{"closed in a list", "closed", func(s *torch.Scope, x *torch.Tensor) {
		y := x.Alias()
		y.Close()
		torch.ForeachMul_([]*torch.Tensor{x, y}, 2)
	}},
	{"gradient of another shape", "gradient", func(s *torch.Scope, x *torch.Tensor) { x.SetGrad(s.Zeros(3)) }},
	{"two families", "two families", func(s *torch.Scope, x *torch.Tensor) {
		other := torch.NewScope()
		defer other.Close()
		x.Add(other.Zeros(2))
	}},
	{"children of a closed scope", "closed", func(s *torch.Scope, x *torch.Tensor) { closed().Child() }},
	{"zeros in a closed scope", "closed", func(s *torch.Scope, x *torch.Tensor) { closed().Zeros(2) }},
	{"full in a closed scope", "closed", func(s *torch.Scope, x *torch.Tensor) { closed().Full(1, 2) }},
	{"a slice in a closed scope", "closed", func(s *torch.Scope, x *torch.Tensor) { torch.FromSlice(closed(), []float32{1}) }},
	{"results of an operator in a closed scope", "closed", func(s *torch.Scope, x *torch.Tensor) {
		kept := torch.FromSlice(nil, []float32{2, 1})
		defer kept.Close()
		sort, err := torch.Op("aten::sort.")
		if err == nil {
			_, err = sort.Call(closed(), kept)
		}
		panic(err)
	}},
	{"moved to a closed scope", "closed", func(s *torch.Scope, x *torch.Tensor) { x.MoveTo(closed()) }},
}

func closed() *torch.Scope {
	s := torch.NewScope()
	s.Close()
	return s
}

// Each is refused by an error that says why, and leaves no tensor behind.
func TestWhatCppCantTakeIsRefused(t *testing.T) {
	collector.Off(t)
	for _, r := range refusals {
		t.Run(r.name, func(t *testing.T) {
			before := torch.LiveTensors()
			for range 10 {
				s := torch.NewScope()
				x := s.Ones(2)
				err := torch.Try(func() { r.call(s, x) })
				if err == nil || !strings.Contains(err.Error(), r.want) {
					t.Errorf("%v, want an error with %q", err, r.want)
				}
				if torch.Try(func() { x.Abs() }) != nil || x.Scope() != s {
					t.Error("the operand is no longer where it was")
				}
				s.Close()
			}
			if n := torch.LiveTensors() - before; n != 0 {
				t.Errorf("%d tensors are left", n)
			}
		})
	}
}

// A step whose lists don't fit changes nothing; without parameters it does nothing.
func TestStepsTakeListsOfOneLength(t *testing.T) {
	type list = []*torch.Tensor
	steps := []struct {
		name string
		step func(p, a, b, n list)
	}{
		{"AdamW", func(p, a, b, n list) { torch.FusedAdamW(p, a, b, n, 1, .9, .99, 0, 1e-5) }},
		{"SGD", func(p, a, b, n list) { torch.FusedSGD(p, a, 1, .9) }},
		{"RMSProp", func(p, a, b, n list) { torch.StepRMSProp(p, a, b, 1, .9, .9, 1e-5) }},
		{"RAdam", func(p, a, b, n list) { torch.StepRAdam(p, a, b, n, 1, .9, .9, 1e-5, 0) }},
		{"QHAdam", func(p, a, b, n list) { torch.StepQHAdam(p, a, b, n, 1, .9, .9, 1, 1, 1e-5) }},
		{"Lamb", func(p, a, b, n list) { torch.StepLamb(p, a, b, n, 1, .9, .9, 1e-5) }},
		{"Larc", func(p, a, b, n list) { torch.StepLarc(p, a, 1, .9, 1, 0, 1e-5, true) }},
		{"Lookahead", func(p, a, b, n list) { torch.StepLookahead(p, a, .5) }},
	}
	for _, c := range steps {
		t.Run(c.name, func(t *testing.T) {
			s := torch.NewScope()
			defer s.Close()
			some := func(n int, size int64) (out list) {
				for range n {
					out = append(out, s.Ones(size))
				}
				return out
			}
			p := some(3, 4)
			for _, x := range p {
				x.SetGrad(s.Ones(4))
			}
			counts := some(3, 1)
			for _, wrong := range []struct {
				name  string
				state list
			}{
				{"fewer", some(2, 4)}, {"smaller", some(3, 1)}, {"nil", list{p[0], nil, p[2]}},
				{"other dtype", list{p[0], p[1], s.With(torch.Float64).Ones(4)}},
			} {
				if err := torch.Try(func() { c.step(p, wrong.state, wrong.state, counts) }); err == nil {
					t.Errorf("%s: no error", wrong.name)
				}
			}
			for _, x := range append(p, counts...) {
				if torch.ToSlice[float32](x)[0] != 1 {
					t.Error("a step that was refused changed something")
				}
			}
			if err := torch.Try(func() { c.step(nil, nil, nil, nil) }); err != nil {
				t.Errorf("without parameters: %v", err)
			}
		})
	}
}

// The memory that FromMemory was given is released once, also where there is no tensor.
func TestMemoryIsReleasedOnce(t *testing.T) {
	data := make([]float32, 4)
	for _, c := range []struct {
		name string
		make func(p unsafe.Pointer, release func())
	}{
		{"a tensor", func(p unsafe.Pointer, release func()) {
			torch.FromMemory(nil, p, torch.Float32, []int64{4}, nil, release).Close()
		}},
		{"a closed scope", func(p unsafe.Pointer, release func()) {
			torch.FromMemory(closed(), p, torch.Float32, []int64{4}, nil, release)
		}},
		{"no dtype", func(p unsafe.Pointer, release func()) { torch.FromMemory(nil, p, 77, []int64{4}, nil, release) }},
		{"overflow", func(p unsafe.Pointer, release func()) {
			torch.FromMemory(nil, p, torch.Float32, []int64{math.MaxInt64, 2}, nil, release)
		}},
		{"strides", func(p unsafe.Pointer, release func()) {
			torch.FromMemory(nil, p, torch.Float32, []int64{4}, []int64{1, 1}, release)
		}},
		{"huge strides", func(p unsafe.Pointer, release func()) {
			torch.FromMemory(nil, p, torch.Float32, []int64{4}, []int64{math.MaxInt64}, release)
		}},
		{"strides whose sum overflows", func(p unsafe.Pointer, release func()) {
			torch.FromMemory(nil, p, torch.Float32, []int64{2, 2}, []int64{math.MaxInt64 / 2, math.MaxInt64 / 2}, release)
		}},
		{"strides whose bytes overflow", func(p unsafe.Pointer, release func()) {
			torch.FromMemory(nil, p, torch.Float32, []int64{2}, []int64{math.MaxInt64 / 2}, release)
		}},
		{"negative strides", func(p unsafe.Pointer, release func()) {
			torch.FromMemory(nil, p, torch.Float32, []int64{4}, []int64{-1}, release)
		}},
		{"a negative size", func(p unsafe.Pointer, release func()) {
			torch.FromMemory(nil, p, torch.Float32, []int64{-4}, nil, release)
		}},
	} {
		released := 0
		err := torch.Try(func() { c.make(unsafe.Pointer(&data[0]), func() { released++ }) })
		if released != 1 {
			t.Errorf("%s: released %d times, %v", c.name, released, err)
		}
		if (err == nil) != (c.name == "a tensor") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
