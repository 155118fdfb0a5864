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
	{"nil in a list", "nil tensor", func(s *torch.Scope, x *torch.Tensor) { torch.ZeroGrad([]*torch.Tensor{x, nil}) }},
	{"closed in a list", "closed", func(s *torch.Scope, x *torch.Tensor) {
		y := x.In(x.Scope())
		y.Close()
		torch.ZeroGrad([]*torch.Tensor{x, y})
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
