package nn_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// smallNet is the net of the files in torch/pth/testdata and torch/safetensors/testdata.
func smallNet(t *testing.T, in, out, features int64) nn.Module {
	t.Helper()
	m := nn.NewSequential(nn.NewConv2d(in, out, 3), nn.NewBatchNorm(out), nn.NewLinear(out, features))
	t.Cleanup(func() { nn.Close(m) })
	return m
}

// values are all numbers of m's state_dict by name.
func values(m nn.Module) map[string][]float64 {
	out := map[string][]float64{}
	s := torch.NewScope()
	defer s.Close()
	for _, n := range nn.StateDict(m) {
		out[n.Name] = torch.ToSlice[float64](n.Detach().MoveTo(s).To(torch.Float64))
	}
	return out
}

func same(t *testing.T, got, want map[string][]float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d tensors, want %d", len(got), len(want))
	}
	for k, v := range want {
		if !slices.Equal(got[k], v) {
			t.Errorf("%s: %v, want %v", k, got[k], v)
		}
	}
}

// write writes m's state_dict with its keys changed, within what wrap makes of it.
func write(t *testing.T, m nn.Module, name string, rename func(string) string, wrap func(*pth.Dict) any) string {
	t.Helper()
	from, err := nn.ToPTH(m)
	if err != nil {
		t.Fatal(err)
	}
	state := pth.NewOrderedDict()
	for k, v := range from.All() {
		if key := rename(k.(string)); key != "" {
			state.Set(key, v)
		}
	}
	path := filepath.Join(t.TempDir(), name)
	if wrap == nil {
		err = checkpoint.WriteFile(path, state)
	} else {
		err = pth.WriteFile(path, wrap(state))
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func as(prefix string) func(string) string { return func(k string) string { return prefix + k } }

func under(key string) func(*pth.Dict) any {
	return func(state *pth.Dict) any {
		d := pth.NewDict()
		d.Set(key, state)
		d.Set("epoch", int64(3))
		return d
	}
}

// Every layout that frameworks write is found and its wrappers' prefixes taken off.
func TestLoadFileFindsTheWeights(t *testing.T) {
	source := smallNet(t, 1, 2, 3)
	want := values(source)
	wrapped := smallNet(t, 1, 2, 3)
	for name, c := range parity.Sorted(map[string]struct {
		file string
		o    nn.LoadOptions
	}{
		"bare":         {file: write(t, source, "x.pth", as(""), nil)},
		"safetensors":  {file: write(t, source, "x.safetensors", as(""), nil)},
		"fastai":       {file: write(t, source, "x.pth", as(""), under("model"))},
		"Lightning":    {file: write(t, source, "x.ckpt", as("model."), under("state_dict"))},
		"DataParallel": {file: write(t, source, "x.pth", as("module."), nil)},
		"compiled":     {file: write(t, source, "x.safetensors", as("_orig_mod."), nil)},
		"all wrappers": {file: write(t, source, "x.pth", as("module._orig_mod.model."), under("state_dict"))},
		"prefix":       {file: write(t, source, "x.pth", as("net.body."), nil), o: nn.LoadOptions{Prefix: "net.body."}},
		"key map": {
			file: write(t, source, "x.pth", func(k string) string { return "module." + strings.Replace(k, "0.", "conv.", 1) }, nil),
			o:    nn.LoadOptions{KeyMap: func(k string) string { return strings.Replace(k, "conv.", "0.", 1) }},
		},
		"key map that drops": {
			file: write(t, source, "x.pth", as(""), nil),
			o: nn.LoadOptions{NonStrict: true, KeyMap: func(k string) string {
				if strings.HasPrefix(k, "0.") {
					return ""
				}
				return k
			}},
		},
	}) {
		t.Run(name, func(t *testing.T) {
			m := smallNet(t, 1, 2, 3)
			fresh := values(m)
			bad, err := nn.LoadFile(m, c.file, c.o)
			if err != nil {
				t.Fatal(err)
			}
			if name != "key map that drops" {
				same(t, values(m), want)
				return
			}
			if !slices.Equal(bad.Missing, []string{"0.weight", "0.bias"}) {
				t.Errorf("%+v", bad)
			}
			if got := values(m); !slices.Equal(got["0.weight"], fresh["0.weight"]) || !slices.Equal(got["2.weight"], want["2.weight"]) {
				t.Error("dropped keys were loaded, or the others not")
			}
		})
	}
	// A model whose own keys begin like a wrapper's keeps them.
	outer := &named{}
	outer.Register("model", wrapped)
	if _, err := nn.LoadFile(outer, write(t, source, "x.pth", as("module.model."), nil), nn.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	same(t, values(wrapped), want)
}

// named is a custom module.
type named struct{ nn.Base }

func (m *named) Forward(x *torch.Tensor) *torch.Tensor { return x }

// The report has all that doesn't fit, in every case; strict, nothing is changed then.
func TestLoadFileReportsEverything(t *testing.T) {
	source := smallNet(t, 1, 2, 3)
	file := write(t, source, "x.pth", func(k string) string {
		switch k {
		case "1.weight", "1.running_var", "1.num_batches_tracked":
			return ""
		case "2.bias":
			return "9.bias"
		}
		return k
	}, under("state_dict"))
	missing, unexpected := []string{"1.weight", "1.running_var", "2.bias"}, []string{"9.bias"}
	check := func(t *testing.T, bad nn.Mismatch, misshapen int) {
		t.Helper()
		if !slices.Equal(bad.Missing, missing) || !slices.Equal(bad.Unexpected, unexpected) || len(bad.Misshapen) != misshapen {
			t.Errorf("%+v", bad)
		}
	}
	m := smallNet(t, 1, 2, 3)
	before := values(m)
	bad, err := nn.LoadFile(m, file, nn.LoadOptions{})
	var e *nn.StateError
	if !errors.As(err, &e) || !strings.Contains(err.Error(), file) {
		t.Fatal(err)
	}
	check(t, bad, 0)
	check(t, e.Mismatch, 0)
	same(t, values(m), before)

	if bad, err = nn.LoadFile(m, file, nn.LoadOptions{NonStrict: true}); err != nil {
		t.Fatal(err)
	}
	check(t, bad, 0)
	if got, want := values(m), values(source); !slices.Equal(got["0.weight"], want["0.weight"]) || !slices.Equal(got["2.bias"], before["2.bias"]) {
		t.Error("what fits was not loaded, or what doesn't was")
	}

	if bad, err = nn.LoadFile(m, file, nn.LoadOptions{Ignore: []string{"1.", "2.bias", "9."}}); err != nil || len(bad.Missing)+len(bad.Unexpected) > 0 {
		t.Errorf("ignored: %+v, %v", bad, err)
	}

	// Another shape is an error, strict or not.
	other := smallNet(t, 4, 2, 5)
	before = values(other)
	bad, err = nn.LoadFile(other, file, nn.LoadOptions{NonStrict: true})
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	check(t, bad, 2)
	if len(bad.Misshapen) == 2 && bad.Misshapen[0] != "0.weight (file [2 1 3 3], model [2 4 3 3])" {
		t.Errorf("%q", bad.Misshapen)
	}
	same(t, values(other), before)
}

func TestLoadFileErrors(t *testing.T) {
	m := smallNet(t, 1, 2, 3)
	file := write(t, m, "x.pth", as(""), nil)
	_, err := nn.LoadFile(m, file, nn.LoadOptions{KeyMap: func(string) string { return "0.weight" }})
	if err == nil || !strings.Contains(err.Error(), "both become 0.weight") {
		t.Error(err)
	}
	if _, err := nn.LoadFile(m, file+"-absent", nn.LoadOptions{}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	extra := write(t, m, "x.pth", as(""), func(state *pth.Dict) any {
		state.Set("2._extra_state", int64(1))
		return state
	})
	if _, err := nn.LoadFile(m, extra, nn.LoadOptions{}); err == nil || !strings.Contains(err.Error(), "2._extra_state") {
		t.Error(err)
	}
	if _, err := nn.LoadFile(m, extra, nn.LoadOptions{Ignore: []string{"2._extra_state"}}); err != nil {
		t.Error(err)
	}
	// A whole module, and a file without weights: the error is the one that says what to do.
	for file, word := range parity.Sorted(map[string]string{"module": "state_dict() instead", "function": "posix.system", "export": "load_learner"}) {
		if _, err := nn.LoadFile(m, "../pth/testdata/python/"+file+".pth", nn.LoadOptions{}); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", file, err)
		}
	}
	nothing := filepath.Join(t.TempDir(), "x.pth")
	if err := pth.WriteFile(nothing, []any{1}); err != nil {
		t.Fatal(err)
	}
	if _, err := nn.LoadFile(m, nothing, nn.LoadOptions{}); err == nil || !strings.Contains(err.Error(), nothing) {
		t.Error(err)
	}
}

// Tied weights are saved once and stay tied when they are loaded.
func TestTiedWeights(t *testing.T) {
	tied := func() (m *named, w *torch.Tensor) {
		first, second := nn.NewLinear(3, 3, nn.NoBias()), &named{}
		second.RegisterParameter("weight", first.Weight)
		m = &named{}
		m.Register("first", first)
		m.Register("second", second)
		t.Cleanup(func() { nn.Close(m) })
		return m, first.Weight
	}
	source, w := tied()
	file := write(t, source, "x.pth", as(""), nil)
	f, err := checkpoint.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	a, _ := pth.Get[*pth.Tensor](f.Value().(*pth.Dict), "first.weight")
	b, _ := pth.Get[*pth.Tensor](f.Value().(*pth.Dict), "second.weight")
	if a == nil || b == nil || a == b || a.Storage != b.Storage {
		t.Errorf("the file has %v and %v", a, b)
	}
	for _, assign := range []bool{false, true} {
		m, v := tied()
		if _, err := nn.LoadFile(m, file, nn.LoadOptions{Assign: assign}); err != nil {
			t.Fatal(err)
		}
		if !v.Equal(w) {
			t.Error("the weight was not loaded")
		}
		torch.NoGrad(func() { v.Zero_() })
		for name, n := range values(m) {
			if slices.Max(n) != 0 {
				t.Errorf("%s is not tied any more", name)
			}
		}
	}
}

// To gives the module a dtype, and its integers keep theirs.
func TestLoadFileTo(t *testing.T) {
	source := smallNet(t, 1, 2, 3)
	file := write(t, source, "x.safetensors", as(""), nil)
	for _, assign := range []bool{false, true} {
		m := smallNet(t, 1, 2, 3)
		if _, err := nn.LoadFile(m, file, nn.LoadOptions{To: []torch.Option{torch.Float64}, Assign: assign}); err != nil {
			t.Fatal(err)
		}
		same(t, values(m), values(source)) // float32 goes into float64 as it is
		for _, n := range nn.StateDict(m) {
			want := torch.Float64
			if strings.HasSuffix(n.Name, "num_batches_tracked") {
				want = torch.Int64
			}
			if n.DType() != want {
				t.Errorf("%s is %v", n.Name, n.DType())
			}
		}
	}
}

// Assigned tensors look at the file, and what is written to them never reaches it; the mapping goes with the
// last of them.
func TestLoadFileAssign(t *testing.T) {
	collector.Off(t)
	const in, out = 1024, 4096 // 16 MB
	source := nn.NewLinear(in, out)
	defer nn.Close(source)
	for _, ext := range []string{".pth", ".safetensors"} {
		file := write(t, source, "x"+ext, as(""), nil)
		m := nn.NewLinear(in, out)
		live := torch.LiveTensors()
		mapped := mappings(t, file)
		anonymous := parity.Status(t, "RssAnon")
		if _, err := nn.LoadFile(m, file, nn.LoadOptions{Assign: true}); err != nil {
			t.Fatal(err)
		}
		if grew := parity.Status(t, "RssAnon") - anonymous; grew > 4<<20 {
			t.Errorf("%s: memory grew by %d bytes, of which the tensors are 16 MB", ext, grew)
		}
		if torch.LiveTensors() != live || mappings(t, file) != mapped+1 {
			t.Errorf("%s: %d tensors, want %d; %d mappings", ext, torch.LiveTensors(), live, mappings(t, file))
		}
		same(t, values(m), values(source))
		if !m.Weight.RequiresGrad() {
			t.Error("the weight isn't trained any more")
		}
		torch.NoGrad(func() { m.Weight.Zero_() })
		again := nn.NewLinear(in, out)
		if _, err := nn.LoadFile(again, file, nn.LoadOptions{}); err != nil {
			t.Fatal(err)
		}
		same(t, values(again), values(source))
		nn.Close(again)
		nn.Close(m)
		if mappings(t, file) != 0 {
			t.Errorf("%s: the mapping stays", ext)
		}
	}
}

// A module may be saved over the very file that its tensors look at.
func TestSaveOverTheMappedFile(t *testing.T) {
	source := smallNet(t, 1, 2, 3)
	for _, ext := range []string{".pth", ".safetensors"} {
		file := write(t, source, "x"+ext, as(""), nil)
		m := smallNet(t, 1, 2, 3)
		if _, err := nn.LoadFile(m, file, nn.LoadOptions{Assign: true}); err != nil {
			t.Fatal(err)
		}
		torch.NoGrad(func() { nn.Parameters(m)[0].Fill_(7) })
		want := values(m)
		state, err := nn.ToPTH(m)
		if err != nil {
			t.Fatal(err)
		}
		if err := checkpoint.WriteFile(file, state); err != nil {
			t.Fatal(err)
		}
		same(t, values(m), want)
		again := smallNet(t, 1, 2, 3)
		if _, err := nn.LoadFile(again, file, nn.LoadOptions{}); err != nil {
			t.Fatal(err)
		}
		same(t, values(again), want)
	}
}

// mappings is how often the process maps the file.
func mappings(t *testing.T, file string) int {
	data, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Skip(err)
	}
	return strings.Count(string(data), file+"\n")
}

// Files that Python wrote.
func TestLoadFileFromPython(t *testing.T) {
	for _, c := range []struct {
		file              string
		in, out, features int64
	}{
		{"../pth/testdata/python/lightning.pth", 1, 2, 3},
		{"../pth/testdata/python/legacy4.pth", 1, 2, 3},
		{"../pth/testdata/python/script.pth", 1, 2, 3}, // with an object of a class that is not read
		{"../safetensors/testdata/python/net.safetensors", 3, 4, 2},
	} {
		m := smallNet(t, c.in, c.out, c.features)
		before := values(m)
		if _, err := nn.LoadFile(m, c.file, nn.LoadOptions{}); err != nil {
			t.Error(err)
		}
		if after := values(m); slices.Equal(after["0.weight"], before["0.weight"]) || slices.Equal(after["2.bias"], before["2.bias"]) {
			t.Errorf("%s: nothing was loaded", c.file)
		}
	}
}
