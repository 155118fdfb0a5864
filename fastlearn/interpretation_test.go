package fastlearn_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/vision"
)

// The report is scikit-learn's, to the letter, and the confusions fastai's.
func TestInterpretationEqualsScikitLearn(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	p := &fastlearn.Preds{}
	vocab := []string{"a", "bee", "a long name of a class", "d", "never", "e"}
	for range 400 {
		actual := []int{0, 1, 2, 3, 5}[rng.IntN(5)]
		said := actual
		if rng.Float64() < 0.4 {
			said = []int{0, 1, 2, 3}[rng.IntN(4)]
		}
		p.Targets, p.Decoded, p.Losses = append(p.Targets, actual), append(p.Decoded, said), append(p.Losses, float64(rng.IntN(50)))
	}
	i := &fastlearn.Interpretation{Preds: p, Vocab: vocab}
	var want struct {
		Report   map[string]any
		Text     string
		Confused [][]any
	}
	parity.Python(t, "interpret.py", map[string]any{"targets": p.Targets, "decoded": p.Decoded, "vocab": vocab}, &want)
	r := i.Report()
	if r.String() != want.Text {
		t.Errorf("the table is\n%s\nwant\n%s", r, want.Text)
	}
	for _, s := range append(slices.Clone(r.Classes), r.Macro, r.Weighted) {
		w := want.Report[s.Class].(map[string]any)
		parity.Close(t, s.Class, []float64{s.Precision, s.Recall, s.F1, float64(s.Support)},
			[]float64{w["precision"].(float64), w["recall"].(float64), w["f1-score"].(float64), w["support"].(float64)}, parity.Rounding(parity.Float64, len(vocab), 1))
	}
	if got := want.Report["accuracy"].(float64); math.Abs(got-r.Accuracy) > 1e-12 {
		t.Errorf("accuracy %v, want %v", r.Accuracy, got)
	}
	var confused [][]any
	for _, c := range i.MostConfused(2) {
		confused = append(confused, []any{c.Actual, c.Predicted, float64(c.N)})
	}
	if fmt.Sprint(confused) != fmt.Sprint(want.Confused) {
		t.Errorf("confused %v, want %v", confused, want.Confused)
	}
	top := i.TopLosses(0)
	if !slices.IsSortedFunc(top, func(a, b int) int { return int(p.Losses[b] - p.Losses[a]) }) || len(top) != 400 || len(i.TopLosses(5)) != 5 {
		t.Errorf("top losses %v", top[:5])
	}
}

// The report of several labels is scikit-learn's, to the letter: of labels that are never there or never predicted, and of
// items without labels.
func TestReportOfLabelsEqualsScikitLearn(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	vocab := []string{"sun", "cloud", "never there", "never said, of a long name", "rain"}
	p := &fastlearn.Preds{}
	for k := range 60 {
		actual, said := make([]float64, len(vocab)), make([]float64, len(vocab))
		for c := range vocab {
			if actual[c] = float64(rng.IntN(2)); rng.IntN(3) == 0 || actual[c] == 1 {
				said[c] = float64(rng.IntN(2))
			}
		}
		actual[2], said[3] = 0, 0
		if k%10 == 0 {
			clear(actual)
		}
		if k%15 == 0 {
			clear(said)
		}
		p.TargetRows, p.DecodedRows = append(p.TargetRows, actual), append(p.DecodedRows, said)
	}
	var want struct {
		Report map[string]map[string]float64
		Text   string
	}
	parity.Python(t, "interpret.py", map[string]any{"targets": p.TargetRows, "decoded": p.DecodedRows, "vocab": vocab, "labels": true}, &want)
	r := (&fastlearn.Interpretation{Preds: p, Vocab: vocab}).Report()
	if r.String() != want.Text {
		t.Errorf("the table is\n%s\nwant\n%s", r, want.Text)
	}
	for _, s := range append(slices.Clone(r.Classes), r.Micro, r.Macro, r.Weighted, r.Samples) {
		w := want.Report[s.Class]
		parity.Close(t, s.Class, []float64{s.Precision, s.Recall, s.F1, float64(s.Support)},
			[]float64{w["precision"], w["recall"], w["f1-score"], w["support"]}, parity.Rounding(parity.Float64, len(p.TargetRows), 1))
	}
	numbers := &fastlearn.Interpretation{Preds: &fastlearn.Preds{TargetRows: [][]float64{{1.5, 2}}, DecodedRows: [][]float64{{1, 2}}}}
	if r := numbers.Report(); len(r.Classes) != 0 {
		t.Errorf("numbers have the classes %v", r.Classes)
	}
}

func TestInterpret(t *testing.T) {
	files := fixture.ColourFolders(t, 12, "blue", "red")
	dls := fixture.ColourDLs(t, files, data.BatchSize(4))
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.Logger(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	i, err := learn.Interpret(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	n := dls.Valid.(*data.ItemLoader).NumItems()
	sum := 0
	for _, row := range i.ConfusionMatrix() {
		for _, v := range row {
			sum += v
		}
	}
	if sum != n || len(i.Files) != n || !slices.Equal(i.Files, dls.Valid.(*data.ItemLoader).Files()) {
		t.Errorf("%d counted, %d files, want %d", sum, len(i.Files), n)
	}
	for k, f := range i.Files {
		if !strings.Contains(f, i.Vocab[i.Targets[k]]) {
			t.Errorf("%s is said to be %s", f, i.Vocab[i.Targets[k]])
		}
	}
	plain, err := dls.TestDL(files)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if _, err := learn.Interpret(t.Context(), plain); err == nil {
		t.Error("a loader without labels must be refused")
	}
}
