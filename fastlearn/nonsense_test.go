package fastlearn_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/files"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/safetensors"
)

// places calls do with a way to set each value in a tree of JSON, the values of its objects and lists, one after the other.
func places(v any, do func(set func(any))) {
	each := func(inner any, set func(any)) {
		do(set)
		set(inner)
		places(inner, do)
	}
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			each(inner, func(x any) { v[k] = x })
		}
	case []any:
		for i, inner := range v {
			each(inner, func(x any) { v[i] = x })
		}
	}
}

// A predictor's file in which any word or number is another one is refused, or it is loaded and can be closed; cut off or with
// other bytes it is refused or loaded, too. Nothing panics, and no tensor is left.
func TestExportsOfNonsense(t *testing.T) {
	collector.Off(t)
	learn := exportCases()[6].learner(t, fixture.ColourFolders(t, 8, "blue", "red"))
	file, f := exportedFile(t, learn)
	var tree any
	if err := json.Unmarshal([]byte(f.Metadata[files.ExportKey]), &tree); err != nil {
		t.Fatal(err)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // what is left to the garbage collector is left
	live := torch.LiveTensors()
	path := filepath.Join(t.TempDir(), "bad.safetensors")
	refused, loaded := 0, 0
	load := func(what string) {
		t.Helper()
		defer func() {
			if r := recover(); r != nil {
				t.Errorf("%s: a panic: %v", what, r)
			}
		}()
		p, err := predictor.Load(path)
		if err != nil {
			refused++
			return
		}
		loaded++
		if err := p.Close(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, with := range []any{nil, -1.0, 0.0, 1.5, 1e6, 1e300, "x", "", true, []any{}, map[string]any{}, []any{map[string]any{}}} {
		places(tree, func(set func(any)) {
			set(with)
			text, err := json.Marshal(tree)
			if err != nil {
				t.Fatal(err)
			}
			if err := safetensors.WriteFile(path, f.StateDict(), safetensors.Checksums(), safetensors.Metadata(map[string]string{files.ExportKey: string(text)})); err != nil {
				t.Fatal(err)
			}
			load(string(text))
		})
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(7, 8))
	for i := range 300 {
		bad := append([]byte(nil), whole...)
		if i%3 == 0 {
			bad = bad[:rnd.IntN(len(bad))]
		} else {
			bad[rnd.IntN(min(len(bad), 4000))] = byte(rnd.IntN(256))
		}
		if err := os.WriteFile(path, bad, 0o666); err != nil {
			t.Fatal(err)
		}
		load(fmt.Sprint("bytes ", i))
	}
	t.Logf("%d refused, %d loaded", refused, loaded)
	if refused < 500 {
		t.Errorf("only %d were refused", refused)
	}
	if n := torch.LiveTensors() - live; n != 0 {
		t.Errorf("%d tensors live", n)
	}
}
