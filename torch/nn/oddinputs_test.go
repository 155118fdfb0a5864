package nn_test

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// input is one that may fit a layer, or not.
type input struct {
	Shape []int64 `json:"shape"`
	DType string  `json:"dtype"`
	Kind  string  `json:"kind"` // "strided": with its dimensions reversed; or the number in the second column
}

// oddInputs have any number of dimensions, empty ones and other channels among them, or a layer's own shape in other dtypes.
func oddInputs(own []int64) (all []input) {
	if own[0] < 0 {
		own = own[1:]
	}
	for _, shape := range [][]int64{own, {}, {0}, {3}, {7}, {4, 7}, {4, 3}, {4, 6}, {2, 8}, {2, 4, 7}, {2, 4, 6}, {2, 4, 6, 8}, {1, 4, 5, 6, 7}, {2, 3, 6, 8}, {2, 3, 7}, {0, 4, 7}, {0, 4, 6, 8},
		{2, 4, 0}, {1, 4, 1}, {1, 4, 1, 1}, {2, 4, 1, 1}, {2, 0, 7}, {1, 2, 3, 4, 5, 6}, {4, 6, 8}, {4, 5, 6, 7}, {0, 4, 5, 6, 7}, {2, 4, 0, 8}} {
		all = append(all, input{Shape: shape, DType: "float32"})
	}
	for _, dtype := range []string{"float64", "float16", "bfloat16", "int64", "int32", "uint8", "bool", "complex64"} {
		all = append(all, input{Shape: own, DType: dtype})
	}
	reversed := slices.Clone(own)
	slices.Reverse(reversed)
	return append(all, input{reversed, "float32", "strided"}, input{own, "float32", "nan"}, input{own, "float32", "inf"}, input{own, "float32", "-inf"})
}

func (in input) tensor(t *testing.T, s *torch.Scope) *torch.Tensor {
	dtype, err := torch.ParseDType(in.DType)
	if err != nil {
		t.Fatal(err)
	}
	n := int64(1)
	var order []int64
	for i, d := range in.Shape {
		n *= d
		order = append(order, int64(len(in.Shape)-1-i))
	}
	x := s.Arange(n).RemainderScalar(4).View(in.Shape...).To(dtype)
	switch in.Kind {
	case "":
	case "strided":
		x = x.Permute(order...)
	default:
		v, err := strconv.ParseFloat(in.Kind, 64)
		if err != nil {
			t.Fatal(err)
		}
		x.Narrow(-1, 1, 1).Fill_(v)
	}
	return x
}

// difference says why ours isn't excused where it refuses what Python takes, "strict", or takes what Python refuses, "lax". The
// key begins the layer's name in Python; the value says why, and is followed by what is in the error.
type difference struct{ of, in, why string }

var (
	strict = []difference{
		{"nn.InstanceNorm1d(4)", "expected 4 channels", "Python warns, and normalises by the channels that there are"},
		{"nn.InstanceNorm", "expected 4 channels", "an input N×C×… without N can't be told apart, but for C×L"},
	}
	lax = []difference{
		{"nn.BatchNorm", "D input", "one type serves all numbers of dimensions"},
		{"fastai.ConvLayer(4, 6, 3, norm_type=fastai.NormType.BatchZero", "expected 4D input", "as BatchNorm"},
		{"nn.InstanceNorm", "D input", "one type serves all numbers of dimensions"},
		{"nn.InstanceNorm", "size at dim=0 to match", "as above: what is C×H×W there is N×C×L here"},
		{"nn.LocalResponseNorm", "avg_pool3d_out_frame", "pictures are averaged by avg_pool2d, which knows more dtypes"},
		{"fastai.SelfAttention", "view size", "strided inputs are copied"},
		{"(lambda m, f=nn.init.ones_: [m, f(m.gamma)][0])(fastai.SimpleSelfAttention", "view size", "strided inputs are copied"},
		{"fastai.PoolFlatten", "cannot reshape tensor of 0 elements", "Flatten knows how many numbers an item has"},
	}
)

func excused(by []difference, py, err string) bool {
	return slices.ContainsFunc(by, func(d difference) bool { return strings.HasPrefix(py, d.of) && strings.Contains(err, d.in) })
}

// What PyTorch's layers refuse ours refuse, and of what they take ours make the same.
func TestLayersTakeWhatPyTorchTakes(t *testing.T) {
	type question struct {
		Py     string  `json:"py"`
		Train  bool    `json:"train"`
		Inputs []input `json:"inputs"`
	}
	var questions []question
	for _, l := range layers {
		questions = append(questions, question{l.py, l.train, oddInputs(l.shape)})
	}
	var wants [][]struct {
		Shape        []int64
		Values       []string
		DType, Error string
	}
	parity.Python(t, "layer_inputs.py", questions, &wants)
	for i, l := range layers {
		t.Run(l.py, func(t *testing.T) {
			torch.ManualSeed(1)
			m := l.ours()
			defer nn.Close(m)
			if l.train {
				nn.Train(m)
			} else {
				nn.Eval(m)
			}
			for j, in := range questions[i].Inputs {
				want := wants[i][j]
				s := torch.NewScope()
				x := in.tensor(t, s)
				torch.ManualSeed(5)
				var y *torch.Tensor
				err := torch.Try(func() { y = nn.Call(m, x) })
				switch {
				case err == nil && want.Error != "" && !excused(lax, l.py, want.Error):
					t.Errorf("%v: gives %v %v; Python refuses: %s", in, y.Shape(), y.DType(), want.Error)
				case err != nil && want.Error == "" && !excused(strict, l.py, err.Error()):
					t.Errorf("%v: is refused; Python gives %v %s: %v", in, want.Shape, want.DType, err)
				case err == nil && want.Error == "" && (!slices.Equal(y.Shape(), want.Shape) || y.DType().String() != want.DType):
					t.Errorf("%v: gives %v %v, want %v %s", in, y.Shape(), y.DType(), want.Shape, want.DType)
				case err == nil && want.Error == "":
					sameNumbers(t, in, y, want.Values)
				}
				s.Close()
			}
		})
	}
}

// sameNumbers compares numbers, which may be infinite or none, within the rounding of y's dtype.
func sameNumbers(t *testing.T, in input, y *torch.Tensor, want []string) {
	t.Helper()
	tol := map[torch.DType]float64{torch.Float16: 1e-2, torch.BFloat16: 5e-2}[y.DType()] + 1e-5
	if y.DType() == torch.Complex64 {
		y = torch.Call("aten::view_as_real", y.Detach())[0].(*torch.Tensor)
	}
	for i, got := range numbers(y) {
		v, err := strconv.ParseFloat(want[i], 64)
		if err != nil {
			t.Fatal(err)
		}
		if got != v && !(math.IsNaN(got) && math.IsNaN(v)) && !(math.Abs(got-v) <= tol*max(1, math.Abs(v))) {
			t.Errorf("%v: element %d is %v, want %v", in, i, got, v)
			return
		}
	}
}
