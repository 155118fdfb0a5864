package dashboard

import (
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/page"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/datasets"
)

// What the page shows of a validation is what Interpret says of the model after it.
func TestResultsAreTheModels(t *testing.T) {
	b := board(t, ":0")
	learn := learner(t, b)
	if err := learn.Fit(t.Context(), 2, fastlearn.LR(1e-3)); err != nil {
		t.Fatal(err)
	}
	i, err := learn.Interpret(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := page.NewOutcome(i)
	outcome, losses := b.drawn.of(b.now.judged)
	want.Note = "On the validation set, as of epoch 2 of 2."
	if !reflect.DeepEqual(outcome, want) {
		t.Errorf("%+v\nwant\n%+v", outcome, want)
	}
	if n := min(len(i.Files), topLosses); len(losses.Pictures) != n || losses.Pictures[0].Path != i.Files[i.TopLosses(1)[0]] {
		t.Errorf("%d pictures, want %d, the first %s", len(losses.Pictures), n, losses.Pictures[0].Path)
	}
	if _, err := learn.Validate(t.Context(), learn.DLs.Train); err != nil { // which is no fit's
		t.Fatal(err)
	}
	if b.now.judged.count != 2 {
		t.Errorf("%d validations", b.now.judged.count)
	}
}

// averaged can't tell the losses of items.
type averaged struct{ fastlearn.CrossEntropy }

func (a averaged) Loss(pred, target *torch.Tensor, r torch.Reduction) *torch.Tensor {
	if r == torch.ReductionNone {
		panic(errors.New("averages only"))
	}
	return a.CrossEntropy.Loss(pred, target, r)
}

// What can't be gathered ends no training; the page says why it isn't there.
func TestResultsThatCantBe(t *testing.T) {
	b := board(t, ":0")
	learn := learner(t, b)
	learn.Loss = averaged{}
	if err := learn.Fit(t.Context(), 1, fastlearn.LR(1e-3)); err != nil {
		t.Fatal(err)
	}
	if page := get(t, b.URL()); !strings.Contains(page, "There are no results of epoch 1: ") || !strings.Contains(page, "averages only") || strings.Contains(page, "Confusion matrix") {
		t.Error("the page doesn't say why")
	}
}

// An epoch that is cut short says how much of it was seen; targets that are no classes have losses.
func TestPartsOfResults(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "flowers")
	if err := datasets.DrawnFlowers(t.Context(), dir, datasets.PerClass(6)); err != nil {
		t.Fatal(err)
	}
	files, err := vision.GetImageFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	labels := make([]string, len(files))
	for i := range labels {
		labels[i] = []string{"red", "red;round", "round"}[i%3]
	}
	dls, err := fastlearn.FromLists(files, labels, fastlearn.YBlock(fastlearn.MultiCategoryBlock{Delim: ";"}), fastlearn.ValidPct(0.3), fastlearn.SplitSeed(1),
		fastlearn.BatchSize(2), fastlearn.ItemTfms(vision.Resize(32)))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	b := board(t, ":0")
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.Pretrained(false), fastlearn.NoLogging(), fastlearn.Callbacks(b, fastlearn.ShortEpoch(0.5, true)))
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	if err := learn.Fit(t.Context(), 1, fastlearn.LR(1e-3)); err != nil {
		t.Fatal(err)
	}
	html := get(t, b.URL())
	for _, want := range []string{"as of epoch 1 of 1: ", "Top losses", "is red;round"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(html, "Confusion matrix") || strings.Contains(html, "<select") {
		t.Error("labels are no classes")
	}
}
