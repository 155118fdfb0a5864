package fastlearn_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/clean"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/vision"
)

// What is gathered while a fit validates is what GetPreds says after it, and no other validation's.
func TestGatherPredsInFit(t *testing.T) {
	dls := fixture.ColourDLs(t, fixture.ColourFolders(t, 12, "blue", "red"), data.BatchSize(4))
	gather, lean := fastlearn.GatherPreds(), fastlearn.GatherPreds(fastlearn.WithoutProbs())
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.NoLogging(), fastlearn.Callbacks(gather, lean))
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	if err := learn.FitOneCycle(t.Context(), 2, fastlearn.LR(1e-3)); err != nil {
		t.Fatal(err)
	}
	seen, err := gather.Preds()
	if err != nil {
		t.Fatal(err)
	}
	short, err := lean.Preds()
	if err != nil {
		t.Fatal(err)
	}
	want, err := learn.GetPreds(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(seen, want) {
		t.Errorf("gathered %v, GetPreds %v", seen, want)
	}
	want.Probs = nil
	if !reflect.DeepEqual(short, want) {
		t.Errorf("without probabilities %v, want %v", short, want)
	}
	i, err := short.Interpret(learn, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(i.MostConfused(1)); len(i.Files) != len(short.Items) || n > 2 {
		t.Errorf("%d files, %d pairs", len(i.Files), n)
	}
}

// Targets that aren't classes are interpreted too: what is true and what was said, in words, and the losses; what
// only classes have is empty.
func TestInterpretOtherTargets(t *testing.T) {
	files := fixture.ColourFolders(t, 8, "blue", "red")
	for name, c := range parity.Sorted(map[string]struct {
		block  data.TransformBlock
		labels []string
		actual string // of each
	}{
		"labels":  {data.MultiCategoryBlock{Delim: ";"}, []string{"warm;flat", "flat", "", "warm"}, "flat;warm flat nothing warm"},
		"numbers": {data.RegressionBlock{}, []string{"1.5", "2", "-3", "4"}, "1.5 2 -3 4"},
	}) {
		labels := make([]string, len(files))
		for k := range labels {
			labels[k] = c.labels[k%4]
		}
		dls, err := data.FromLists(files, labels, data.YBlock(c.block), data.ValidPct(0.5), data.SplitSeed(1), data.BatchSize(4), data.ItemTfms(vision.Resize(32)))
		if err != nil {
			t.Fatal(err)
		}
		defer dls.Close()
		learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.NoLogging())
		if err != nil {
			t.Fatal(err)
		}
		defer learn.Close()
		i, err := learn.Interpret(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for k, file := range i.Files {
			at := 0
			for files[at] != file {
				at++
			}
			want := strings.Fields(c.actual)[at%4]
			if got := i.Actual(k); got != want {
				t.Errorf("%s: %s is %q, want %q", name, file, got, want)
			}
			if i.Predicted(k) == "" {
				t.Errorf("%s: nothing is said of %s", name, file)
			}
		}
		if top := i.TopLosses(0); len(top) != len(i.Files) {
			t.Errorf("%s: %d losses of %d", name, len(top), len(i.Files))
		}
		if i.ConfusionMatrix() != nil || i.MostConfused(1) != nil || i.Report().String() == "" {
			t.Errorf("%s: there are classes", name)
		}
		if r := i.Report(); len(r.Classes) != len(i.Vocab) || r.Labels != (i.Vocab != nil) { // a score for each label, none for numbers
			t.Errorf("%s: the report has %d scores, labels %v; the vocabulary is %q", name, len(r.Classes), r.Labels, i.Vocab)
		}
		if _, err := clean.Choices(i, 3); err == nil || !strings.Contains(err.Error(), "aren't classes") {
			t.Errorf("%s: choices: %v", name, err)
		}
	}
}
