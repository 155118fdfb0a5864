package models_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/internal/parity/redraw"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// proof is a case of models.py.
type proof struct {
	Name    string `json:"name"`
	Classes int64  `json:"classes"`
	N       int64  `json:"n"`
	Size    int64  `json:"size"`
	Seed    uint64 `json:"seed"`
	DType   string `json:"dtype"`
	Train   bool   `json:"train"` // a pass in training mode too
	File    string `json:"file"`
}

// proven is what models.py prints of one.
type proven struct {
	Keys     []string
	Hash     string
	Params   int64
	Initial  string
	Sections []struct {
		Name  string
		Numel int
	}
}

// prove compares a model with Python's: what it holds, its first weights, and with all of them drawn anew its outputs, gradients and
// buffers. It returns the worst difference, relative to the largest element of the tensor where it is.
func prove(t *testing.T, c proof, build func(classes int64) nn.Module, want proven) (worst float64, where string) {
	t.Helper()
	torch.ManualSeed(c.Seed)
	m := build(c.Classes)
	defer nn.Close(m)
	keys, _, params := contents(m)
	if !slices.Equal(keys, want.Keys) {
		for i := range max(len(keys), len(want.Keys)) {
			if i >= len(keys) || i >= len(want.Keys) || keys[i] != want.Keys[i] {
				t.Fatalf("entry %d: %q, want %q", i, at(keys, i), at(want.Keys, i))
			}
		}
	}
	if params != want.Params {
		t.Errorf("%d parameters, want %d", params, want.Params)
	}
	if got := hashOf(m); got != want.Initial {
		t.Error("the same seed gives other first weights")
	}
	dtype, err := torch.ParseDType(c.DType)
	if err != nil {
		t.Fatal(err)
	}
	nn.To(m, dtype)
	torch.ManualSeed(c.Seed + 1)
	for _, n := range nn.StateDict(m) {
		redraw.Entry(n)
	}
	s := torch.NewScope()
	defer s.Close()
	x := s.With(dtype).Empty(c.N, 3, c.Size, c.Size).Uniform_(-2, 2).RequiresGrad_(true)
	weights := s.With(dtype).Empty(c.N, c.Classes).Uniform_(-1, 1)
	f, err := os.Open(c.File)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sections := want.Sections
	compare := func(name string, got *torch.Tensor) bool {
		if len(sections) == 0 || sections[0].Name != name {
			t.Fatalf("%q comes where Python has %v", name, sections[:min(1, len(sections))])
		}
		n := sections[0].Numel
		sections = sections[1:]
		theirs := make([]float64, n)
		if err := binary.Read(f, binary.LittleEndian, theirs); err != nil && err != io.EOF {
			t.Fatal(err)
		}
		var ours []float64
		if got != nil {
			double := got.To(torch.Float64)
			ours = torch.ToSlice[float64](double)
			double.Close()
		}
		if len(ours) != n {
			t.Errorf("%s: %d numbers, want %d", name, len(ours), n)
			return false
		}
		largest, difference := 0.0, 0.0
		for i, v := range theirs {
			largest, difference = max(largest, math.Abs(v)), max(difference, math.Abs(v-ours[i]))
		}
		if r := difference / max(largest, math.SmallestNonzeroFloat64); r > worst || math.IsNaN(r) {
			worst, where = r, name
		}
		return true
	}
	rest := nn.NamedParameters(m)
	for _, mode := range []string{"eval", "train"}[:1+btoi(c.Train)] { // training derives what evaluation leaves out
		if nn.Eval(m); mode == "train" {
			nn.Train(m)
		}
		torch.ManualSeed(c.Seed + 2)
		var outputs []*torch.Tensor
		run := func() { outputs = forward(m, x) }
		if len(rest) == 0 {
			torch.NoGrad(run)
		} else {
			run()
			loss := outputs[0].Mul(weights).Sum()
			for _, o := range outputs[1:] {
				loss = loss.Add(o.Mul(weights).Sum())
			}
			loss.Backward()
		}
		for i, o := range outputs {
			compare(fmt.Sprintf("%s output %d", mode, i), o)
		}
		if mode == "eval" {
			compare("gradient of the input", x.Grad())
			for len(sections) > 0 && strings.HasPrefix(sections[0].Name, "mutated ") {
				mutant := sections[0].Name
				before, place := worst, where
				if worst = 0; !compare(mutant, outputs[0]) {
					return math.NaN(), mutant
				}
				if !(worst > tolerance) {
					t.Errorf("%s isn't seen: it changes the outputs by %g", mutant, worst)
				}
				worst, where = before, place
			}
		}
		rest = slices.DeleteFunc(rest, func(p nn.Named) bool {
			grad := p.Grad()
			if grad != nil {
				compare("gradient of "+p.Name, grad)
			}
			torch.ClearGrad([]*torch.Tensor{p.Tensor})
			return grad != nil
		})
	}
	if len(rest) > 0 && c.Train {
		t.Errorf("%d parameters have no gradient, such as %s", len(rest), rest[0].Name)
	}
	parameter := map[string]bool{}
	for _, p := range nn.NamedParameters(m) {
		parameter[p.Name] = true
	}
	for _, b := range nn.StateDict(m) {
		if !parameter[b.Name] {
			compare(b.Name+" after training", b.Tensor)
		}
	}
	if len(sections) > 0 {
		t.Errorf("%d tensors of Python's are left, from %q on", len(sections), sections[0].Name)
	}
	return worst, where
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func forward(m nn.Module, x *torch.Tensor) []*torch.Tensor {
	if m, ok := m.(models.Auxiliary); ok {
		y, aux := m.ForwardAux(x)
		return append([]*torch.Tensor{y}, aux...)
	}
	return []*torch.Tensor{m.Forward(x)}
}

func at(keys []string, i int) string {
	if i < len(keys) {
		return keys[i]
	}
	return ""
}

// contents are the lines of models.py's contents, their hash, and the number of parameters.
func contents(m nn.Module) (keys []string, hash string, params int64) {
	digest := sha256.New()
	for _, n := range nn.StateDict(m) {
		line := fmt.Sprintf("%s %v %s", n.Name, n.DType(), strings.ReplaceAll(fmt.Sprint(n.Shape()), " ", ", "))
		keys = append(keys, line)
		fmt.Fprintln(digest, line)
	}
	for _, p := range nn.Parameters(m) {
		params += p.Numel()
	}
	return keys, hex.EncodeToString(digest.Sum(nil))[:16], params
}

// hashOf is a hash of all the model's bytes.
func hashOf(m nn.Module) string {
	digest := sha256.New()
	for _, n := range nn.StateDict(m) {
		n.WithBytes(func(memory []byte) { digest.Write(memory) })
	}
	return hex.EncodeToString(digest.Sum(nil))
}

func provePython(t *testing.T, cases []proof) (results []proven) {
	t.Helper()
	dir := t.TempDir()
	for i := range cases {
		cases[i].File = fmt.Sprintf("%s/%d", dir, i)
	}
	parity.Python(t, "models.py", cases, &results)
	return results
}

// pythonContents is what Python's models hold.
func pythonContents(t *testing.T, cases []proof) (results []proven) {
	t.Helper()
	parity.Python(t, "models.py", cases, &results)
	return results
}
