package inspect_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint/inspect"
)

// A whole Learner of fastai's is told from its file: modules, vocabulary, transforms, sizes and normalisation, and its weights are a state_dict.
// Files with several state_dicts list the places.
func TestLearnersAndPlaces(t *testing.T) {
	dir := t.TempDir()
	var want map[string]struct {
		Modules      [][2]string
		Vocab, Batch []string
	}
	parity.Python(t, "inspect_learner.py", dir, &want)
	at := func(name string) string { return filepath.Join(dir, name) }
	for name, c := range parity.Sorted(want) {
		t.Run(name, func(t *testing.T) {
			r, err := inspect.Describe(at(name + ".pkl"))
			if err != nil {
				t.Fatal(err)
			}
			l := r.Learner
			if l == nil || !strings.Contains(r.Kind, "learn.export") || r.StateDict == nil || *r.StateDict != "model" || len(r.Places) > 0 {
				t.Fatalf("it is %s: %+v", r.Kind, r)
			}
			var modules [][2]string
			for _, m := range l.Modules {
				class, _, _ := strings.Cut(m.Value, "(")
				modules = append(modules, [2]string{m.Name, class})
			}
			if !slices.Equal(modules, c.Modules) {
				t.Errorf("the modules are %q, want %q", modules, c.Modules)
			}
			if len(l.Vocabularies) != 1 || !slices.Equal(l.Vocabularies[0], c.Vocab) {
				t.Errorf("the vocabularies are %q, want %q", l.Vocabularies, c.Vocab)
			}
			var batch []string
			for _, f := range l.Transforms {
				class, _, _ := strings.Cut(f.Value, "(")
				if f.Name == "after_batch" {
					batch = append(batch, class)
				}
			}
			if !slices.Equal(batch, c.Batch) {
				t.Errorf("the batch transforms are %q, want %q", batch, c.Batch)
			}
			safe := at(name + ".safetensors")
			if _, err := inspect.Convert(at(name+".pkl"), safe); err != nil {
				t.Fatal(err)
			}
			d, err := inspect.Compare(safe, at(name+".pth"))
			if err != nil || len(d.Changed)+len(d.OnlyIn[0])+len(d.OnlyIn[1]) > 0 || d.Same == 0 {
				t.Errorf("its weights differ from the model's: %+v, %v", d, err)
			}
		})
	}
	r, err := inspect.Describe(at("single.pkl"))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(r.Learner.Sizes); got != "[{after_item Resize (48, 48)} {after_batch Flip 32}]" {
		t.Errorf("the sizes are %s", got)
	}
	parity.Close(t, "mean", r.Learner.Mean, []float64{0.485, 0.456, 0.406}, 1e-6)
	parity.Close(t, "std", r.Learner.Std, []float64{0.229, 0.224, 0.225}, 1e-6)
	for file, words := range parity.Sorted(map[string][]string{
		"single.pkl": {"a whole Learner", "vocabulary of 2: cat, dog", "size of after_item Resize: (48, 48)", "normalised by mean [0.485 0.456 0.406]", "kernel_size=(3, 3)", "lr = 0.001"},
		"timm.pth":   {"state_dict under state_dict\n", "a state_dict, too: state_dict_ema (2 tensors)\n"},
		"custom.pth": {"no state_dict", "a state_dict, too: my.weights (2 tensors)\n", "a state_dict, too: other[1] (1 tensor)\n"},
		"module.pth": {"a state_dict, too: net (2 tensors of a whole module)\n"},
		"whole.pth":  {"a whole module", "Linear(in_features=2, out_features=3)", "2 tensors, 9 elements"},
	}) {
		r, err := inspect.Describe(at(file))
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := r.Print(&b); err != nil {
			t.Fatal(err)
		}
		for _, word := range words {
			if !strings.Contains(b.String(), word) {
				t.Errorf("%s: want %q in\n%s", file, word, b.String())
			}
		}
		if strings.Contains(b.String(), "optimizer") && strings.Contains(b.String(), "too: optimizer") {
			t.Errorf("%s: the averages of an optimizer are taken for weights:\n%s", file, b.String())
		}
	}
}
