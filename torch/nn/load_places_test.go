package nn_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// A path leads to weights anywhere in a file, and what else looks like weights is named.
func TestLoadFileTakesAPath(t *testing.T) {
	source, other := smallNet(t, 1, 2, 3), smallNet(t, 1, 2, 3)
	rest, err := nn.ToPTH(other)
	if err != nil {
		t.Fatal(err)
	}
	beside := func(key, wanted string) func(*pth.Dict) any {
		return func(state *pth.Dict) any {
			d := pth.NewDict()
			d.Set(key, rest)
			d.Set(wanted, state)
			return d
		}
	}
	inTuple := func(state *pth.Dict) any { return pth.Tuple{int64(3), state} }
	deep := func(state *pth.Dict) any {
		outer := pth.NewDict()
		outer.Set("model", beside("other", "state_dict")(state))
		return outer
	}
	for name, c := range parity.Sorted(map[string]struct {
		key    string
		wrap   func(*pth.Dict) any
		others []string
	}{
		"timm's EMA":        {"state_dict_ema", beside("state_dict", "state_dict_ema"), []string{".state_dict"}},
		"torchvision's EMA": {"model_ema", beside("model", "model_ema"), []string{".model"}},
		"beside an EMA":     {"", beside("state_dict_ema", "state_dict"), []string{".state_dict_ema"}},
		"custom key":        {"my_weights", under("my_weights"), nil},
		"key with a dot":    {"my.weights", under("my.weights"), nil},
		"two keys":          {"model.state_dict", deep, []string{".model.other"}},
		"index":             {"1", inTuple, nil},
		"index in brackets": {"[1]", inTuple, nil},
	}) {
		m := smallNet(t, 1, 2, 3)
		bad, err := nn.LoadFile(m, write(t, source, "x.pth", as(""), c.wrap), nn.LoadOptions{Key: c.key})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		same(t, values(m), values(source))
		var others []string
		for _, p := range bad.Others {
			others = append(others, p.Where)
		}
		if !slices.Equal(others, c.others) {
			t.Errorf("%s: the other places are %q, want %q", name, others, c.others)
		}
	}
}

// What can't be found is an error that lists where to look, and nothing is loaded in silence.
func TestLoadFileNamesPlaces(t *testing.T) {
	source := smallNet(t, 1, 2, 3)
	foreign := func(k string) string { return "encoder." + k }
	for name, c := range parity.Sorted(map[string]struct {
		file string
		o    nn.LoadOptions
		want string
	}{
		"unknown place":       {write(t, source, "x.pth", as(""), under("my_weights")), nn.LoadOptions{}, "my_weights (9 tensors)"},
		"no such place":       {write(t, source, "x.pth", as(""), under("my_weights")), nn.LoadOptions{Key: "ema"}, "my_weights (9 tensors)"},
		"no state_dict there": {write(t, source, "x.pth", as(""), under("my_weights")), nn.LoadOptions{Key: "epoch"}, "my_weights (9 tensors)"},
		"tuple":               {write(t, source, "x.pth", as(""), func(d *pth.Dict) any { return pth.Tuple{int64(1), d} }), nn.LoadOptions{}, "[1] (9 tensors)"},
		"nothing, not strict": {write(t, source, "x.pth", foreign, nil), nn.LoadOptions{NonStrict: true}, "encoder.0.weight"},
		"whole module":        {"../pth/testdata/python/module.pth", nn.LoadOptions{}, "net (9 tensors of a whole module)"},
		"no checksums":        {"../pth/testdata/python/no_crc.pth", nn.LoadOptions{}, "SkipCRC"},
	}) {
		m := smallNet(t, 1, 2, 3)
		before := values(m)
		if _, err := nn.LoadFile(m, c.file, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q in the error: %v", name, c.want, err)
		}
		same(t, values(m), before)
	}
	for _, c := range []struct {
		file string
		o    nn.LoadOptions
	}{
		{"no_crc", nn.LoadOptions{SkipCRC: true}},
		{"module", nn.LoadOptions{Key: "net"}},
	} {
		if _, err := nn.LoadFile(smallNet(t, 1, 2, 3), "../pth/testdata/python/"+c.file+".pth", c.o); err != nil {
			t.Errorf("%s: %v", c.file, err)
		}
	}
}

// Plain values and what a wrapper's prefix doesn't reach are unexpected keys, ignorable like others.
func TestLoadFileReportsWhatIsNoTensor(t *testing.T) {
	source := smallNet(t, 1, 2, 3)
	file := write(t, source, "x.pth", as("module."), func(state *pth.Dict) any {
		state.Set("step", int64(3))
		state.Set("n_averaged", pth.NewTensor(pth.Int64, nil, make([]byte, 8)))
		state.Set("criterion.weight", pth.NewTensor(pth.Float32, []int64{1}, make([]byte, 4)))
		return state
	})
	want := []string{"criterion.weight", "n_averaged", "step"}
	bad, err := nn.LoadFile(smallNet(t, 1, 2, 3), file, nn.LoadOptions{})
	if err == nil || !slices.Equal(bad.Unexpected, want) || len(bad.Missing) > 0 {
		t.Errorf("strict: %+v, %v", bad, err)
	}
	for name, o := range parity.Sorted(map[string]nn.LoadOptions{"not strict": {NonStrict: true}, "ignored": {Ignore: want}}) {
		m := smallNet(t, 1, 2, 3)
		if _, err := nn.LoadFile(m, file, o); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		same(t, values(m), values(source))
	}
}

// A weight that is there and can't be read, as a sparse one, is named with what to do; elsewhere in the file it doesn't matter.
func TestLoadFileNamesWeightsThatArentRead(t *testing.T) {
	dir := t.TempDir()
	var names []string
	parity.Python(t, "load_unread.py", dir, &names)
	load := func(name string) (*nn.Linear, error) {
		m := nn.NewLinear(3, 2)
		_, err := nn.LoadFile(m, filepath.Join(dir, name+".pth"), nn.LoadOptions{})
		return m, err
	}
	if _, err := load("beside"); err != nil {
		t.Error(err)
	}
	for _, word := range names {
		if _, err := load(word); err == nil || !strings.Contains(err.Error(), "weight: ") || strings.Count(err.Error(), word) < 2 {
			t.Errorf("want %q in the error: %v", word, err)
		}
	}
	view, err1 := load("neg")
	plain, err2 := load("negative")
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	same(t, values(view), values(plain))
	state, err := load("whole_state")
	for _, name := range []string{"whole", "whole_old"} {
		whole, err2 := load(name)
		if err != nil || err2 != nil {
			t.Fatal(name, err, err2)
		}
		same(t, values(whole), values(state))
	}
}
