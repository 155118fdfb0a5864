package torch_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
)

// operand is an input of the expressions, by its name there. One of indices keeps its dtype.
type operand struct {
	shape []int64
	dtype torch.DType // 0: that of the case
	data  func(i int) float64
}

func wave(a, b float64) func(i int) float64 {
	return func(i int) float64 { return a * math.Sin(b*float64(i)+1) }
}

func listed(values ...float64) func(i int) float64 { return func(i int) float64 { return values[i] } }

var operands = map[string]operand{
	"x":       {shape: []int64{3, 4}, data: wave(2.3, 1.7)},
	"y":       {shape: []int64{3, 4}, data: wave(1.9, 2.9)},
	"p":       {shape: []int64{3, 4}, data: func(i int) float64 { return .05 + .9*math.Abs(math.Sin(float64(i)*1.3+1)) }},
	"v":       {shape: []int64{4}, data: wave(1.5, 1.1)},
	"w":       {shape: []int64{4}, data: wave(1.2, 2.3)},
	"spd":     {shape: []int64{3, 3}, data: listed(4, 1, .5, 1, 3, -.7, .5, -.7, 5)},
	"seq":     {shape: []int64{2, 4, 6}, data: wave(2, .9)},
	"img":     {shape: []int64{2, 4, 5, 6}, data: wave(2, .77)},
	"vol":     {shape: []int64{1, 4, 3, 4, 5}, data: wave(2, .53)},
	"k1":      {shape: []int64{4, 2, 3}, data: wave(.7, 1.3)},
	"k2":      {shape: []int64{4, 2, 3, 2}, data: wave(.7, 1.3)},
	"k3":      {shape: []int64{4, 2, 2, 3, 2}, data: wave(.7, 1.3)},
	"rows":    {shape: []int64{2}, dtype: torch.Int64, data: listed(2, 0)},
	"cols":    {shape: []int64{2}, dtype: torch.Int64, data: listed(1, 3)},
	"classes": {shape: []int64{3}, dtype: torch.Int64, data: listed(1, 3, 0)},
	"places":  {shape: []int64{3, 4}, dtype: torch.Int64, data: listed(2, 0, 1, 1, 0, 1, 2, 0, 1, 2, 0, 2)},
	"m":       {shape: []int64{3, 4}, dtype: torch.Bool, data: listed(1, 0, 0, 1, 1, 1, 0, 1, 0, 0, 1, 1)},
	"counts":  {shape: []int64{5}, dtype: torch.Int64, data: listed(3, 1, 1, 5, 3)},
}

// values are o's elements as those of dtype d: whole and not negative unless d is of floating point.
func (o operand) values(d torch.DType) []float64 {
	n := int64(1)
	for _, s := range o.shape {
		n *= s
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = o.data(i)
		if o.dtype == 0 && !d.IsFloatingPoint() {
			out[i] = math.Floor(math.Abs(out[i]) * 2)
			if d == torch.Bool {
				out[i] = min(out[i], 1)
			}
		}
	}
	return out
}

type in1 map[string]*torch.Tensor

type expression struct {
	py   string
	uses []string
	ours func(in in1) []*torch.Tensor
}

// ex is an expression of one result.
func ex(py string, ours func(in in1) *torch.Tensor) expression {
	return expression{py: py, uses: namesIn(py), ours: func(in in1) []*torch.Tensor { return []*torch.Tensor{ours(in)} }}
}

func exs(py string, ours func(in in1) []*torch.Tensor) expression {
	return expression{py: py, uses: namesIn(py), ours: ours}
}

// unaries is py's method for each of ours, of x.
func unaries(of string, all map[string]func(*torch.Tensor) *torch.Tensor) (out []expression) {
	for _, py := range slices.Sorted(maps.Keys(all)) {
		out = append(out, ex(fmt.Sprintf(py, of), func(in in1) *torch.Tensor { return all[py](in[of]) }))
	}
	return out
}

// binaries is py, of two operands, for each of ours.
func binaries(all map[string]func(a, b *torch.Tensor) *torch.Tensor) (out []expression) {
	for _, py := range slices.Sorted(maps.Keys(all)) {
		out = append(out, ex(py, func(in in1) *torch.Tensor {
			names := namesIn(py)
			return all[py](in[names[0]], in[names[len(names)-1]])
		}))
	}
	return out
}

// namesIn are the operands of an expression.
func namesIn(py string) (names []string) {
	word := ""
	before := byte(' ')
	for i := range len(py) + 1 {
		var c byte = ' '
		if i < len(py) {
			c = py[i]
		}
		if c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			word += string(c)
			continue
		}
		if _, ok := operands[word]; ok && before != '.' && c != '=' && !slices.Contains(names, word) {
			names = append(names, word)
		}
		word, before = "", c
	}
	return names
}

var inf = math.Inf(1)

var exactness = map[torch.DType]float64{torch.Float64: parity.Float64, torch.Float32: parity.Float32, torch.Float16: 0x1p-10, torch.BFloat16: 0x1p-7, torch.Complex64: parity.Float32, torch.Complex128: parity.Float64}

// Each daily operation gives PyTorch's values, dtypes, shapes and gradients, or its refusal, for each dtype.
func TestDailyOperationsEqualPyTorch(t *testing.T) {
	type sent struct {
		Shape []int64  `json:"shape"`
		DType string   `json:"dtype"`
		Data  []string `json:"data"`
	}
	type question struct {
		Py     string          `json:"py"`
		Inputs map[string]sent `json:"inputs"`
		Grad   bool            `json:"grad"`
	}
	type answer struct {
		Results, Grads [][]string
		Shapes         [][]int64
		DTypes         []string
		Error          string
	}
	dtypes := []torch.DType{torch.Float64, torch.Float32, torch.Float16, torch.BFloat16, torch.Int64, torch.Int32, torch.Uint8, torch.Bool}
	var questions []question
	for _, e := range expressions() {
		for _, d := range dtypes {
			q := question{Py: e.py, Inputs: map[string]sent{}, Grad: d.IsFloatingPoint()}
			for _, name := range e.uses {
				o := operands[name]
				s := sent{Shape: o.shape, DType: d.String()}
				if o.dtype != 0 {
					s.DType = o.dtype.String()
				}
				for _, v := range o.values(d) {
					s.Data = append(s.Data, strconv.FormatFloat(v, 'g', -1, 64))
				}
				q.Inputs[name] = s
			}
			questions = append(questions, q)
		}
	}
	var answers []answer
	parity.Python(t, "expressions.py", questions, &answers)
	for i, e := range expressions() {
		for j, d := range dtypes {
			want := answers[i*len(dtypes)+j]
			t.Run(e.py+"/"+d.String(), func(t *testing.T) {
				s := torch.NewScope()
				defer s.Close()
				inputs := in1{}
				var leaves []*torch.Tensor
				for _, name := range slices.Sorted(slices.Values(e.uses)) { // the order of JSON's keys
					o := operands[name]
					to := d
					if o.dtype != 0 {
						to = o.dtype
					}
					x := torch.FromSlice(s, o.values(d), o.shape...).To(to)
					if to.IsFloatingPoint() {
						leaves = append(leaves, x.RequiresGrad_(true))
					}
					inputs[name] = x
				}
				var results []*torch.Tensor
				err := torch.Try(func() { results = e.ours(inputs) })
				var grads []*torch.Tensor
				if err == nil && d.IsFloatingPoint() {
					err = torch.Try(func() { grads = gradients(results, leaves) })
				}
				if err != nil || want.Error != "" {
					if (err == nil) != (want.Error == "") {
						t.Errorf("an error of %v, PyTorch's %q", err, want.Error)
					}
					return
				}
				if len(results) != len(want.Results) {
					t.Fatalf("%d results, want %d", len(results), len(want.Results))
				}
				for k, r := range results {
					if !slices.Equal(r.Shape(), want.Shapes[k]) || r.DType().String() != want.DTypes[k] {
						t.Errorf("result %d is %v %v, want %v %v", k, r.Shape(), r.DType(), want.Shapes[k], want.DTypes[k])
						continue
					}
					near(t, "result "+strconv.Itoa(k), r, want.Results[k], exactness[r.DType()])
				}
				for k, g := range grads {
					if (g == nil) != (len(want.Grads) == 0 || len(want.Grads[k]) == 0) {
						t.Errorf("gradient %d: %v, want %v", k, g, want.Grads)
					} else if g != nil {
						near(t, "gradient "+strconv.Itoa(k), g, want.Grads[k], exactness[d])
					}
				}
			})
		}
	}
}

// gradients are those of Σ result·(1, 2, …) with respect to leaves, nil without.
func gradients(results, leaves []*torch.Tensor) []*torch.Tensor {
	grads := make([]*torch.Tensor, len(leaves))
	var loss *torch.Tensor
	for _, r := range results {
		if !r.RequiresGrad() {
			continue
		}
		if r.DType() == torch.Complex64 || r.DType() == torch.Complex128 {
			r = r.Abs()
		}
		weights := r.Scope().Arange(r.Numel()).AddScalar(1).To(torch.Float64).View(r.Shape()...)
		if sum := r.To(torch.Float64).Mul(weights).Sum(); loss == nil {
			loss = sum
		} else {
			loss = loss.Add(sum)
		}
	}
	if loss == nil {
		return grads
	}
	loss.Backward()
	for i, l := range leaves {
		grads[i] = l.Grad()
	}
	return grads
}

func near(t *testing.T, what string, x *torch.Tensor, want []string, eps float64) {
	t.Helper()
	if d := x.DType(); d == torch.Complex64 || d == torch.Complex128 {
		x = torch.Stack(-1, x.Detach().Real(), x.Detach().Imag())
	}
	got := doubles(x.Detach())
	if len(got) != len(want) {
		t.Fatalf("%s: %d elements, want %d", what, len(got), len(want))
	}
	numbers, largest := make([]float64, len(want)), 0.0
	for i, w := range want {
		numbers[i], _ = strconv.ParseFloat(w, 64)
		if !math.IsInf(numbers[i], 0) && !math.IsNaN(numbers[i]) {
			largest = max(largest, math.Abs(numbers[i]))
		}
	}
	tol := parity.Rounding(eps, len(want), largest)
	for i, w := range numbers {
		if g := got[i]; g != w && !(math.IsNaN(g) && math.IsNaN(w)) && !(math.Abs(g-w) <= tol) {
			t.Errorf("%s: element %d is %v, want %v; tolerance %g", what, i, g, w, tol)
			return
		}
	}
}
