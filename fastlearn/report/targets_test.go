package report_test

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/fastlearn/report"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/datasets"
)

// written is the page of a learner.
func written(t *testing.T, learn *fastlearn.Learner, opts ...report.Option) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	if err := report.Write(learn, path, opts...); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, string(data))
	external(t, string(data))
	return string(data)
}

func has(t *testing.T, page string, want bool, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(page, text) != want {
			t.Errorf("%q in the page: %v", text, !want)
		}
	}
}

// fewFlowers are twenty pictures of ten classes.
func fewFlowers(t *testing.T) []string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "flowers")
	if err := datasets.DrawnFlowers(t.Context(), dir, datasets.PerClass(2)); err != nil {
		t.Fatal(err)
	}
	files, err := vision.GetImageFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Targets that aren't classes have top losses, and nothing that only classes have. None of the
// learners was fitted.
func TestOtherTargets(t *testing.T) {
	files := fewFlowers(t)
	var numbers, several []string
	for i := range files {
		numbers = append(numbers, fmt.Sprintf("%d.5", i))
		several = append(several, []string{"red", "red;round", "", "round"}[i%4])
	}
	learner := func(labels []string, y data.TransformBlock) *fastlearn.Learner {
		dls, err := data.FromLists(files, labels, data.YBlock(y), data.ValidPct(0.3), data.SplitSeed(1), data.BatchSize(4), data.ItemTfms(vision.Resize(32)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { dls.Close() })
		learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.NoLogging())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { learn.Close() })
		return learn
	}
	page := written(t, learner(numbers, data.RegressionBlock{}))
	has(t, page, true, "No fit was recorded yet", "Top losses", "A batch", ".5</bdi></span>", "MSE", "Prediction / Actual / Loss.", "1×3×32×32", "On the validation set.")
	has(t, page, false, "Confusion matrix", "Probability", `class="wrong"`, "Class balance", "<select", "choose what should become")
	page = written(t, learner(several, data.MultiCategoryBlock{Delim: ";"}))
	has(t, page, true, "Pictures of each label", "red;<wbr>round", "<bdi>nothing</bdi>", "BCEWithLogits", "; 2 labels", "Prediction / Actual / Loss.")
	has(t, page, false, "Confusion matrix", "<select")
	page = written(t, learner(several, data.MultiCategoryBlock{Delim: ";"}), report.TopLosses(0))
	has(t, page, false, "Top losses")
}

// A page offers no choice that would come back with another name, and every name that comes back whole.
func TestNamesThatAPageCantCarry(t *testing.T) {
	for _, c := range []struct {
		name  string
		whole bool
	}{{"c\xff", false}, {"c\rd", false}, {"c\r\nd", false}, {"c\x00", false}, {"\"c\"\n, 'd' <e> &amp; \t", true}, {"=c+1", true}, {"花 🌼", true}} {
		name, whole := c.name, c.whole
		t.Run(fmt.Sprintf("%q", name), func(t *testing.T) {
			files := fewFlowers(t)
			var labels []string
			for i := range files {
				labels = append(labels, []string{"plain", name}[i%2])
			}
			dls, err := data.FromLists(files, labels, data.ValidPct(0.5), data.SplitSeed(1), data.BatchSize(4), data.ItemTfms(vision.Resize(32)))
			if err != nil {
				t.Fatal(err)
			}
			defer dls.Close()
			learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.NoLogging())
			if err != nil {
				t.Fatal(err)
			}
			defer learn.Close()
			choices := map[string]int{} // by label
			page := written(t, learn)
			for _, m := range regexp.MustCompile(`data-label="([^"]*)"`).FindAllStringSubmatch(page, -1) {
				choices[html.UnescapeString(m[1])]++
			}
			var classes []string
			for _, m := range regexp.MustCompile(`value="relabel:([^"]*)"`).FindAllStringSubmatch(page, -1) {
				classes = append(classes, html.UnescapeString(m[1]))
			}
			if choices["plain"] == 0 || choices[name] > 0 != whole || len(choices) > 2 || slices.Contains(classes, name) != whole || !slices.Contains(classes, "plain") {
				t.Errorf("choices %v among %q", choices, classes)
			}
		})
	}
}

// Custom loaders have no pictures, and a page all the same.
func TestOwnLoaders(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	x, y := s.Randn(12, 4), torch.FromSlice(s, []int64{0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2}, 12)
	loader := func() data.Loader { return &data.TensorLoader{X: x, Y: y, BatchSize: 4} }
	dls := data.NewLoaders(loader(), loader(), torch.CPU)
	learn, err := fastlearn.NewLearner(dls, nn.NewSequential(nn.NewLinear(4, 3)), fastlearn.LossFunc(loss.CrossEntropy{}), fastlearn.NoLogging())
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	if err := learn.Fit(t.Context(), 2, fastlearn.LR(1e-2)); err != nil {
		t.Fatal(err)
	}
	page := written(t, learn)
	has(t, page, true, "The last fit", "2 epochs in", "Custom loaders: 3 batches", "Confusion matrix", "Sequential")
	has(t, page, false, "Top losses", "A batch", "Class balance")
}

// A training without a validation set has a page without results.
func TestNoValidation(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	x, y := s.Randn(4, 2), s.With(torch.Int64).Zeros(4)
	dls := data.NewLoaders(&data.TensorLoader{X: x, Y: y, BatchSize: 4}, nil, torch.CPU)
	learn, err := fastlearn.NewLearner(dls, nn.NewLinear(2, 2), fastlearn.LossFunc(loss.CrossEntropy{}), fastlearn.NoLogging())
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	if err := learn.Fit(t.Context(), 1, fastlearn.LR(1e-2)); err != nil {
		t.Fatal(err)
	}
	page := written(t, learn)
	has(t, page, true, "The last fit", "Linear")
	has(t, page, false, "Results", "Top losses")
}
