package torch_test

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
)

func op(t testing.TB, name string) *torch.Operator {
	t.Helper()
	o, err := torch.Op(name)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func call(t testing.TB, name string, args ...any) []any {
	t.Helper()
	results, err := op(t, name).Call(args...)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// data describes a tensor to Python.
func data(x *torch.Tensor) map[string]any {
	return map[string]any{"shape": x.Shape(), "data": doubles(x), "dtype": x.DType().String()}
}

func TestOperatorsEqualPythons(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	torch.ManualSeed(1)
	x, y := s.Randn(2, 3, 4, 4), s.Randn(2, 3, 4, 4)
	m, w, b := s.Randn(3, 5), s.Randn(4, 5), s.Randn(4)
	kernel := s.Randn(6, 3, 3, 3)
	rows := torch.FromSlice(s, []int64{1, 0})
	cases := []struct {
		op     string
		args   []any
		kwargs torch.Kwargs
	}{
		{op: "aten::gelu", args: []any{x}},
		{op: "aten::gelu", args: []any{x}, kwargs: torch.Kwargs{"approximate": "tanh"}},
		{op: "aten::add", args: []any{x, y}, kwargs: torch.Kwargs{"alpha": 2}},
		{op: "aten::add", args: []any{x, 0.5}},
		{op: "aten::add.Tensor", args: []any{x, y}},
		{op: "aten::sum", args: []any{x}},
		{op: "aten::sum", args: []any{x, []int64{1, 2}, true}},
		{op: "aten::sum.dim_IntList", args: []any{x, []int64{1}}},
		{op: "aten::amax", args: []any{x, []int{-1}}},
		{op: "aten::max", args: []any{x, 1}},
		{op: "aten::topk", args: []any{m, 2}},
		{op: "aten::split", args: []any{x, 2, -1}},
		{op: "aten::cat", args: []any{[]*torch.Tensor{x, y}, 1}},
		{op: "aten::index.Tensor", args: []any{m, []*torch.Tensor{rows}}},
		{op: "aten::index.Tensor", args: []any{x, []*torch.Tensor{nil, rows}}},
		{op: "aten::conv2d", args: []any{x, kernel, nil, []int64{2, 2}, []int64{1, 1}}},
		{op: "aten::addmm", args: []any{b, m, s.Randn(5, 4)}, kwargs: torch.Kwargs{"beta": 0.5}},
		{op: "aten::upsample_nearest2d", args: []any{x, []int{8, 6}}},
		{op: "aten::clamp", args: []any{x, nil, 0.25}},
		{op: "aten::isclose", args: []any{x, y, 1e-1}},
		{op: "aten::nan_to_num", args: []any{x, 1}},
		{op: "aten::linalg_vector_norm", args: []any{x, 3, []int64{0}}},
		{op: "aten::quantile.scalar", args: []any{m, 0.3, 0}, kwargs: torch.Kwargs{"interpolation": "lower"}},
		{op: "aten::size.int", args: []any{x, 1}},
		{op: "aten::is_floating_point", args: []any{x}},
		{op: "mkldnn::_linear_pointwise", args: []any{m, w, b, "gelu", []any{}, "none"}},
		{op: "mkldnn::_linear_pointwise", args: []any{m, w, nil, "hardtanh", []float64{-0.5, 0.5}, ""}},
		{op: "mkldnn::_convolution_pointwise", args: []any{x, kernel, nil, []int64{1, 1}, []int64{1, 1}, []int64{1, 1}, 1, "relu", []any{}, ""}},
	}
	in := make([]map[string]any, len(cases))
	for i, c := range cases {
		args := make([]any, len(c.args))
		for j, a := range c.args {
			switch a := a.(type) {
			case *torch.Tensor:
				args[j] = data(a)
			case []*torch.Tensor:
				list := make([]any, len(a))
				for k, e := range a {
					if e != nil {
						list[k] = data(e)
					}
				}
				args[j] = list
			default:
				args[j] = a
			}
		}
		kwargs := c.kwargs
		if kwargs == nil {
			kwargs = torch.Kwargs{}
		}
		in[i] = map[string]any{"op": c.op, "args": args, "kwargs": kwargs}
	}
	var want [][]float64
	parity.Python(t, "op_calls.py", in, &want)
	torch.NoGrad(func() {
		for i, c := range cases {
			t.Run(c.op, func(t *testing.T) {
				args := c.args
				if c.kwargs != nil {
					args = append(args[:len(args):len(args)], c.kwargs)
				}
				parity.Close(t, c.op, flat(t, call(t, c.op, args...)), want[i], parity.Rounding(parity.Float32, 96, 9)) // of 96 squares at most, of normal numbers
			})
		}
	})
}

// flat lists the elements of results.
func flat(t *testing.T, v any) (all []float64) {
	t.Helper()
	switch v := v.(type) {
	case *torch.Tensor:
		return doubles(v)
	case []*torch.Tensor:
		for _, e := range v {
			all = append(all, doubles(e)...)
		}
	case []any:
		for _, e := range v {
			all = append(all, flat(t, e)...)
		}
	case int64:
		return []float64{float64(v)}
	case float64:
		return []float64{v}
	case bool:
		if v {
			return []float64{1}
		}
		return []float64{0}
	default:
		t.Errorf("a result is a %T", v)
	}
	return all
}

func TestOperatorResultsAndScopes(t *testing.T) {
	collector.Off(t)
	live := torch.LiveTensors()
	s := torch.NewScope()
	child := s.Child()
	x, y := s.Ones(2), child.Ones(2)
	if got := call(t, "aten::add.Tensor", x, y)[0].(*torch.Tensor); got.Scope() != child {
		t.Error("the result is not in the youngest scope of the operands")
	}
	if got := call(t, "aten::add.Tensor", child, x, x)[0].(*torch.Tensor); got.Scope() != child {
		t.Error("the result is not in the scope that was given")
	}
	made := call(t, "aten::full", s, []int64{2, 2}, 7, torch.Kwargs{"dtype": torch.Int32, "device": torch.CPU})[0].(*torch.Tensor)
	if made.Scope() != s || made.DType() != torch.Int32 || made.Numel() != 4 {
		t.Errorf("full made a %s of %d elements", made.DType(), made.Numel())
	}
	if got := call(t, "aten::add_.Tensor", x, y)[0].(*torch.Tensor); got != x || x.Scope() != s {
		t.Error("an operation in place doesn't return the tensor that it wrote to")
	}
	free := call(t, "aten::zeros", []int64{3})[0].(*torch.Tensor)
	if free.Scope() != nil {
		t.Error("a tensor made of nothing has a scope")
	}
	free.Close()
	if got := call(t, "aten::result_type.Scalar", x, 1.5)[0]; got != torch.Float32 {
		t.Errorf("a dtype returns as %v", got)
	}
	if got := call(t, "aten::item", s.With(torch.Float64).Full(2.5, 1))[0]; got != 2.5 {
		t.Errorf("a number returns as %v", got)
	}
	if got := call(t, "aten::unbind.int", s.Zeros(40, 2))[0].([]*torch.Tensor); len(got) != 40 { // more words than the buffer has
		t.Errorf("%d tensors", len(got))
	}
	s.Close()
	child.Close()
	if n := torch.LiveTensors() - live; n != 0 {
		t.Errorf("%d tensors are left", n)
	}
}

// A value that Go has no form of goes from one operation to another.
func TestOperatorObjects(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	w := call(t, "aten::quantize_per_tensor", torch.FromSlice(s, []float32{1, 0, 0, 1}, 2, 2), 0.1, 0, torch.DType(12))[0]
	packed := call(t, "quantized::linear_prepack", w, nil)[0]
	if _, ok := packed.(*torch.Object); !ok {
		t.Fatalf("packed weights are a %T", packed)
	}
	x := call(t, "aten::quantize_per_tensor", torch.FromSlice(s, []float32{1, 2}, 1, 2), 0.1, 0, torch.DType(13))[0]
	y := call(t, "quantized::linear", s, x, packed, 0.1, 0)[0]
	parity.Close(t, "a quantized linear layer", doubles(call(t, "aten::dequantize.self", y)[0].(*torch.Tensor)), []float64{1, 2}, parity.Rounding(parity.Float32, 2, 2))
}

func TestOperatorGradients(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	x := s.Ones(2, 4).RequiresGrad_(true)
	call(t, "aten::sum", call(t, "aten::gelu", x)...)[0].(*torch.Tensor).Backward()
	parity.Close(t, "gelu's gradient at 1", doubles(x.Grad())[:1], []float64{1.0833154705876864}, parity.Rounding(parity.Float32, 8, 1.1))
	w := s.Ones(3, 4)
	linear := op(t, "mkldnn::_linear_pointwise")
	if _, err := linear.Call(x, w, nil, "none", []any{}, ""); err == nil || !strings.Contains(err.Error(), "has no derivative") {
		t.Errorf("an operation without a derivative: %v", err)
	}
	torch.NoGrad(func() {
		if _, err := linear.Call(x, w, nil, "none", []any{}, ""); err != nil {
			t.Error(err)
		}
	})
	if _, err := linear.Call(x.Detach(), w, nil, "none", []any{}, ""); err != nil {
		t.Error(err)
	}
}

func TestOperatorMisuse(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	x, closed := s.Ones(2), s.Ones(2)
	closed.Close()
	other := torch.NewScope()
	defer other.Close()
	for _, c := range []struct {
		op   string
		args []any
		want string
	}{
		{"aten::gelu", nil, "no overload takes ()"},
		{"aten::gelu.", []any{1}, "argument self is a int, want Tensor: aten::gelu(Tensor self"},
		{"aten::relu.", []any{x, x}, "2 arguments, want at most 1"},
		{"aten::relu.", []any{nil}, "argument self is a nil, want Tensor"},
		{"aten::relu.", []any{(*torch.Tensor)(nil)}, "want Tensor"},
		{"aten::relu.", []any{closed}, "closed"},
		{"aten::add.Tensor", []any{x, x, 2}, "argument alpha must be named"},
		{"aten::add.Tensor", []any{x, x, torch.Kwargs{"alhpa": 2}}, "there is no argument alhpa"},
		{"aten::add.Tensor", []any{x, x, torch.Kwargs{"other": x}}, "argument other is given twice"},
		{"aten::add.Tensor", []any{x, x, torch.Kwargs{"alpha": "2"}}, "argument alpha is a string, want Scalar"},
		{"aten::add.Tensor", []any{x, other.Ones(2)}, "two families"},
		{"aten::add.Tensor", []any{x, s.Ones(3)}, "must match the size"},
		{"aten::add", []any{x, "y"}, "no overload takes (float32[2], string):\naten::add.Scalar("},
		{"aten::std", []any{x}, "several overloads take (float32[2]), name one:\naten::std("},
		{"aten::cat.", []any{[]*torch.Tensor{x, nil}}, "argument tensors"},
		{"aten::zeros.", []any{[]int64{2}, torch.Kwargs{"dtype": torch.DType(77)}}, ""},
		{"aten::zeros.", []any{[]int64{2}, torch.Kwargs{"device": torch.CUDA(300)}}, "device cuda:300"},
		{"aten::zeros.", []any{[]int64{2}, torch.Kwargs{"device": torch.CUDA(-1)}}, "cuda:-1"},
		{"aten::to.dtype", []any{x, torch.DType(-3)}, ""},
		{"aten::empty.memory_format", []any{[]int64{2}, torch.Kwargs{"memory_format": torch.MemoryFormat(99)}}, ""},
		{"quantized::linear", []any{x, &torch.Object{}, 1, 1}, "argument W_prepack"},
	} {
		results, err := op(t, c.op).Call(c.args...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v; want %q", c.op, results, err, c.want)
		}
	}
	for name, want := range parity.Sorted(map[string]string{
		"gelu":                "want a namespace",
		"":                    "want a namespace",
		"aten::no_such":       "no such operation",
		"aten::add.NoSuch":    "no such overload",
		"aten::gelu\x00":      "want a namespace",
		"no_library::twice":   "LoadLibrary",
		"aten::" + "é" + "\n": "no such operation",
	}) {
		if _, err := torch.Op(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Op(%q): %v, want %q", name, err, want)
		}
	}
	if err := torch.LoadLibrary("/no/such.so"); err == nil {
		t.Error("a library that isn't there is loaded")
	}
	if math.IsNaN(x.Sum().Item()) {
		t.Error("x changed")
	}
}

func BenchmarkOpAdd8(b *testing.B) {
	s := torch.NewScope()
	defer s.Close()
	x, y := s.Ones(8), s.Ones(8)
	add := op(b, "aten::add.Tensor")
	b.ReportAllocs()
	for b.Loop() {
		out, err := add.Call(x, y)
		if err != nil {
			b.Fatal(err)
		}
		out[0].(*torch.Tensor).Close()
	}
}

// A library's operations are there once it is loaded; one that is registered for the CPU alone has no derivative.
func TestOperatorsOfALibrary(t *testing.T) {
	library := filepath.Join(t.TempDir(), "oplib.so")
	cmd := exec.Command("sh", "-c", "g++ -std=c++17 -shared -fPIC $CGO_CXXFLAGS testdata/oplib.cc -o "+library)
	if os.Getenv("CGO_CXXFLAGS") == "" {
		t.Skip("CGO_CXXFLAGS is unset: run the tests by make test")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := torch.LoadLibrary(library); err != nil {
		t.Fatal(err)
	}
	s := torch.NewScope()
	defer s.Close()
	x := s.Ones(1).RequiresGrad_(true)
	call(t, "fastlearn_test::twice", x)[0].(*torch.Tensor).Backward()
	parity.Close(t, "twice's gradient", doubles(x.Grad()), []float64{2}, 0)
	if _, err := op(t, "fastlearn_test::thrice").Call(x); err == nil || !strings.Contains(err.Error(), "no derivative") {
		t.Errorf("an operation of the CPU alone: %v", err)
	}
	parity.Close(t, "thrice", doubles(call(t, "fastlearn_test::thrice", x.Detach())[0].(*torch.Tensor)), []float64{3}, 0)
}
