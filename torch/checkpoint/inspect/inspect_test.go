package inspect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/pth"
	"github.com/fastlearn-go/fastlearn/torch/safetensors"
)

const pthCorpus, stCorpus = "../../pth/testdata/python/", "../../safetensors/testdata/python/"

// printed returns what is printed of a result.
func printed(t *testing.T) func(r Result, err error) string {
	return func(r Result, err error) string {
		t.Helper()
		var b strings.Builder
		if err == nil {
			err = r.Print(&b)
		}
		if err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
}

// asJSON reads a result's JSON into a value.
func asJSON(t *testing.T, into any) func(r Result, err error) {
	return func(r Result, err error) {
		t.Helper()
		var b bytes.Buffer
		if err == nil {
			err = Write(&b, r, true)
		}
		if err == nil {
			err = json.Unmarshal(b.Bytes(), into)
		}
		if err != nil {
			t.Fatalf("%v in %s", err, b.Bytes())
		}
	}
}

// row finds the cells of a table's row by the key it begins with.
func cells(t *testing.T, table, key string) []string {
	t.Helper()
	for line := range strings.Lines(table) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), key+"  "); ok {
			return strings.Fields(rest)
		}
	}
	t.Fatalf("no row %q in\n%s", key, table)
	return nil
}

func TestTable(t *testing.T) {
	out := printed(t)(Describe(pthCorpus + "lightning.pth"))
	if got := cells(t, out, "model.0.weight"); !slices.Equal(got, []string{"2×1×3×3", "float32", "72", "B"}) {
		t.Errorf("%q", got)
	}
	if got := cells(t, out, "model.1.num_batches_tracked"); !slices.Equal(got, []string{"scalar", "int64", "8", "B"}) {
		t.Errorf("%q", got)
	}
	for _, want := range []string{"key", "shape", "dtype", "size", "9 tensors, 38 elements, 156 B", "under state_dict", "begin with model.",
		"epoch = 3", "hyper_parameters.lr = 0.001", "optimizer_states[0].param_groups[0].betas = (0.9, 0.999)", "elsewhere in the file: 18 tensors"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if strings.Contains(out, "NaN") || strings.Contains(out, "params =") {
		t.Error(out)
	}
	// Tied weights are counted once; a view that would fill a disk is no reason to give up.
	if out := printed(t)(Describe(pthCorpus + "tied.pth")); !strings.Contains(out, "4 tensors, 22 elements, 24 B") {
		t.Error(out)
	}
	if got := cells(t, printed(t)(Stats(pthCorpus+"views.pth")), "huge"); !slices.Equal(got[len(got)-2:], []string{"too", "large"}) {
		t.Errorf("%q", got)
	}
	// A whole pickled module shows its tensors and what is not read.
	if out := printed(t)(Describe(pthCorpus + "module.pth")); !strings.Contains(out, "9 tensors, 38 elements") || !strings.Contains(out, "torch.nn.modules.conv.Conv2d") {
		t.Error(out)
	}
	// Names that would disturb a terminal are quoted.
	if out := printed(t)(Describe(stCorpus + "names.safetensors")); !strings.Contains(out, `"tab\t"`) || !strings.Contains(out, "🌸") {
		t.Error(out)
	}
}

// Of a whole Learner the tensors are shown, and what was left alone.
func TestWholeLearner(t *testing.T) {
	out := printed(t)(Describe(pthCorpus + "export.pth"))
	cells(t, out, "1.weight")
	if !strings.Contains(out, "nothing was made: fastai.learner.Learner") {
		t.Error(out)
	}
}

// Stats are PyTorch's for every dtype and every pattern of bits, and kinds and hyperparameters are found in
// files of Lightning and fastai.
func TestStatsAndKindsOfPythonsFiles(t *testing.T) {
	dir := t.TempDir()
	var want map[string]map[string][4]any
	parity.Python(t, "inspect_files.py", map[string]any{"dir": dir}, &want)
	type tensor struct {
		Key   string
		Stats struct {
			Min, Mean, Max any
			NaN            float64
		}
	}
	var r struct {
		Kind                    string
		Tensors                 []tensor
		Values, Hyperparameters []Setting
		Objects                 []string
	}
	for name, tensors := range want {
		asJSON(t, &r)(Stats(filepath.Join(dir, name)))
		if len(r.Tensors) != len(tensors) {
			t.Errorf("%s: %d tensors, want %d", name, len(r.Tensors), len(tensors))
		}
		for _, x := range r.Tensors {
			w := tensors[x.Key]
			for i, got := range []any{x.Stats.Min, x.Stats.Mean, x.Stats.Max, x.Stats.NaN} {
				a, isA := got.(float64)
				b, isB := w[i].(float64)
				if got != w[i] && !(isA && isB && math.Abs(a-b) <= 1e-12*math.Abs(b)) {
					t.Errorf("%s %s: %v, want %v (min, mean, max, NaN)", name, x.Key, x.Stats, w)
					break
				}
			}
		}
		list := fmt.Sprint(r.Values, r.Hyperparameters, r.Objects)
		for _, c := range [][]string{
			{"stats.pth", "a bare state_dict (torch.save)"},
			{"lightning.ckpt", "a Lightning checkpoint (torch.save)", "{epoch 7}", `{pytorch-lightning_version "2.5.1"}`, "{hyper_parameters.lr 0.25}",
				"{hyper_parameters.layers [3, 2]}", "mse_loss", "{optimizer_states[0].param_groups[0].lr 0.25}"},
			{"fastai.pth", "fastai's learn.save, with the optimizer (torch.save)", "{opt.hypers[0].lr 0.125}", "{opt.hypers[0].mom 0.9}"},
		} {
			if name != c[0] {
				continue
			}
			if r.Kind != c[1] {
				t.Errorf("%s is %q", name, r.Kind)
			}
			for _, word := range c[2:] {
				if !strings.Contains(list, word) {
					t.Errorf("%s: no %q in %s", name, word, list)
				}
			}
		}
	}
}

func floats(shape []int64, values ...float32) *pth.Tensor {
	var data []byte
	for _, v := range values {
		data = le.AppendUint32(data, math.Float32bits(v))
	}
	return pth.NewTensor(pth.Float32, shape, data)
}

func TestDifferences(t *testing.T) {
	dir := t.TempDir()
	nan := float32(math.NaN())
	write := func(name, prefix string, tensors map[string]*pth.Tensor) string {
		state := pth.NewOrderedDict()
		for _, key := range []string{"same", "nan", "value", "shape", "dtype", "a", "b"} {
			if x, ok := tensors[key]; ok {
				state.Set(prefix+key, x)
			}
		}
		path := filepath.Join(dir, name)
		if err := pth.WriteFile(path, state); err != nil {
			t.Fatal(err)
		}
		return path
	}
	a := write("a.pth", "", map[string]*pth.Tensor{
		"same": floats([]int64{2}, 1, nan), "nan": floats([]int64{2}, 1, nan), "value": floats([]int64{2, 2}, 1, 2, 3, 4), "shape": floats([]int64{2}, 1, 2),
		"dtype": floats([]int64{2}, 1, 2), "a": floats(nil, 1),
	})
	b := write("b.pth", "module.", map[string]*pth.Tensor{
		"same": floats([]int64{2}, 1, nan), "nan": floats([]int64{2}, 1, 7), "value": floats([]int64{2, 2}, 1, 2.5, 3, 2), "shape": floats([]int64{1, 2}, 1, 2),
		"dtype": pth.NewTensor(pth.Int8, []int64{2}, []byte{1, 3}), "b": floats(nil, 1),
	})
	var d struct {
		OnlyIn  [2][]string `json:"only_in"`
		Changed []struct {
			Key           string
			Elements      int
			Largest, Mean any
			DTypes        [2]string
			Shapes        [2][]int64
		}
		Same int
	}
	asJSON(t, &d)(Compare(a, b))
	if fmt.Sprint(d.OnlyIn) != "[[a] [b]]" || d.Same != 1 {
		t.Errorf("%+v", d)
	}
	want := "[{nan 1 NaN NaN [float32 float32] [[2] [2]]} {value 2 2 0.625 [float32 float32] [[2 2] [2 2]]}" +
		" {shape 0 0 0 [float32 float32] [[2] [1 2]]} {dtype 1 1 0.5 [float32 int8] [[2] [2]]}]"
	if got := fmt.Sprint(d.Changed); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	out := printed(t)(Compare(a, b))
	for _, word := range []string{"only in " + a + ":\n  a\n", "only in " + b + ":\n  b\n", "2 | 1×2", "float32 | int8", "1 tensors are the same, 4 differ"} {
		if !strings.Contains(out, word) {
			t.Errorf("no %q in\n%s", word, out)
		}
	}
	if out := printed(t)(Compare(a, a)); !strings.Contains(out, "6 tensors are the same, 0 differ") {
		t.Error(out)
	}
}

// A state_dict goes to the other kind and back unchanged.
func TestConverts(t *testing.T) {
	dir := t.TempDir()
	st, back := filepath.Join(dir, "x.safetensors"), filepath.Join(dir, "y.pth")
	out := printed(t)(Convert(pthCorpus+"lightning.pth", st))
	if !strings.Contains(out, "9 tensors, 38 elements") || !strings.Contains(out, "left out: epoch, optimizer_states, hyper_parameters") {
		t.Error(out)
	}
	printed(t)(Convert(st, back))
	for _, path := range []string{st, back} {
		var d struct {
			OnlyIn  [2][]string `json:"only_in"`
			Changed []any
			Same    int
		}
		asJSON(t, &d)(Compare(pthCorpus+"lightning.pth", path))
		if d.Same != 9 || len(d.Changed)+len(d.OnlyIn[0])+len(d.OnlyIn[1]) > 0 {
			t.Errorf("%s: %+v", path, d)
		}
	}
	f, err := safetensors.Open(st)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Metadata["format"] != "pt" {
		t.Errorf("metadata %v", f.Metadata)
	}
	// Metadata stay, tied weights are told.
	odd := filepath.Join(dir, "odd.safetensors")
	printed(t)(Convert(stCorpus+"odd_metadata.safetensors", odd))
	g, err := safetensors.Open(odd)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if g.Metadata["Blüte \"🌸\"\n"] != "back\\slash\t\x00" || len(g.Metadata) != 1 {
		t.Errorf("metadata %q", g.Metadata)
	}
	if out := printed(t)(Convert(pthCorpus+"tied.pth", odd)); !strings.Contains(out, "3 tensors shared") {
		t.Error(out)
	}
}

// Keys that no terminal can show are quoted, and what has no end is cut.
func TestStrangeKeysAndValues(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.pth")
	state, root := pth.NewOrderedDict(), pth.NewDict()
	for _, key := range []string{"file\xed\xb3\xbf", strings.Repeat("k", 1e6)} {
		state.Set(key, pth.NewTensor(pth.Uint8, []int64{1}, []byte{1}))
	}
	root.Set("state_dict", state)
	root.Set("big", new(big.Int).Lsh(big.NewInt(1), 2000))
	if err := pth.WriteFile(path, root); err != nil {
		t.Fatal(err)
	}
	out := printed(t)(Describe(path))
	for _, want := range []string{`"file\xed\xb3\xbf"`, strings.Repeat("k", 200) + "… (1000000 bytes)", "big = an int of 2001 bits"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%.3000s", want, out)
		}
	}
	if len(out) > 3000 {
		t.Errorf("it prints %d bytes", len(out))
	}
}

// A file without checksums is read where they are left out, and only there.
func TestSkipCRC(t *testing.T) {
	if out := printed(t)(Describe(pthCorpus+"no_crc.pth", pth.SkipCRC())); !strings.Contains(out, "9 tensors, 38 elements") {
		t.Error(out)
	}
}

// An exported file's forward pass is one line, a graph's or the reason why there is none.
func TestForwardPass(t *testing.T) {
	g := `{"graph":{"version":1,"inputs":[0],"weights":{},"values":[{"dtype":"float32","shape":["N",2]},{"dtype":"float32","shape":["2N",1]},{"dtype":"float32","shape":["2N",1]}],
		"nodes":[{"op":"aten::relu","module":"","args":{"self":{"value":0}},"results":[1],"macs":0},{"op":"aten::relu","module":"","args":{"self":{"value":1}},"results":[2],"macs":0}],"outputs":[2]}}`
	dir := t.TempDir()
	for _, c := range []struct{ metadata, want string }{
		{g, "\nforward pass: a graph of float32[N×2] to float32[2N×1], 2 operations: 2 relu\n"},
		{`{"refused":"operation 2, aten::item: why"}`, "\nforward pass: no graph: operation 2, aten::item: why\n"},
		{strings.Replace(g, `"value":0`, `"value":2`, 1), "\nforward pass: can't be read: graph: operation 0, aten::relu, argument self: the value 2 is used before it is made\n"},
		{strings.Replace(g, `"version":1`, `"version":9`, 1), "\nforward pass: can't be read: graph: its version is 9, and this program knows 1\n"},
	} {
		path := filepath.Join(dir, "x.safetensors")
		if err := safetensors.WriteFile(path, pth.NewDict(), safetensors.Metadata(map[string]string{graph.Key: c.metadata, "other": "stays"})); err != nil {
			t.Fatal(err)
		}
		if out := printed(t)(Describe(path)); !strings.Contains(out, c.want) || strings.Contains(out, "aten::relu\",") || !strings.Contains(out, "stays") {
			t.Errorf("want %q in\n%s", c.want, out)
		}
	}
}
