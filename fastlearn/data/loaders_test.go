package data_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// sizes are the batches of an epoch by their number of pictures.
func sizes(t *testing.T, l data.Loader) (out []int) {
	t.Helper()
	for b, err := range l.Batches(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if n := b.X().Size(0); int(n) != len(b.Items) || b.Y().Size(0) != n {
			t.Errorf("a batch of %d pictures has %d items and %d targets", n, len(b.Items), b.Y().Size(0))
		}
		out = append(out, len(b.Items))
		b.Close()
	}
	return out
}

func TestBatchSizes(t *testing.T) {
	files := fixture.ColourFolders(t, 11, "blue", "red") // 17 to train on, 5 to validate on
	for _, c := range []struct {
		opts         []data.LoaderOption
		train, valid string
	}{
		{nil, "[4 4 4 4]", "[4 1]"},
		{[]data.LoaderOption{data.KeepLast()}, "[4 4 4 4 1]", "[4 1]"},
		{[]data.LoaderOption{data.NoShuffle()}, "[4 4 4 4 1]", "[4 1]"},
		{[]data.LoaderOption{data.NoShuffle(), data.DropLast()}, "[4 4 4 4]", "[4 1]"},
		{[]data.LoaderOption{data.ValidBatchSize(3)}, "[4 4 4 4]", "[3 2]"},
		{[]data.LoaderOption{data.Prefetch(0), data.Workers(0)}, "[4 4 4 4]", "[4 1]"},
	} {
		dls := fixture.ColourDLs(t, files, append([]data.LoaderOption{data.BatchSize(4)}, c.opts...)...)
		train, valid := sizes(t, dls.Train), sizes(t, dls.Valid)
		if fmt.Sprint(train) != c.train || fmt.Sprint(valid) != c.valid || len(train) != dls.Train.Len() || len(valid) != dls.Valid.Len() {
			t.Errorf("%v and %v of %d and %d, want %s and %s", train, valid, dls.Train.Len(), dls.Valid.Len(), c.train, c.valid)
		}
	}
	dls := fixture.ColourDLs(t, files, data.BatchSize(4), data.NoShuffle())
	b, err := dls.OneBatch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if fmt.Sprint(b.Items) != "[0 1 2 3]" || fmt.Sprint(b.X().Shape()) != "[4 3 12 12]" {
		t.Errorf("items %v, shape %v", b.Items, b.X().Shape())
	}
}

func TestNewDLKeepsWhatIsNotSaid(t *testing.T) {
	files := fixture.ColourFolders(t, 11, "blue", "red")
	dls := fixture.ColourDLs(t, files, data.BatchSize(4), data.ValidBatchSize(5))
	larger, err := dls.NewDL(data.ItemTfms(vision.Resize(30)), data.BatchTfms(vision.Batch()))
	if err != nil {
		t.Fatal(err)
	}
	defer larger.Close()
	b, err := larger.OneBatch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if got := fmt.Sprint(b.X().Shape(), sizes(t, larger.Valid), larger.Vocab, larger.Outputs()); got != "[4 3 30 30] [5] [blue red] 2" {
		t.Error(got)
	}
	train, err := dls.Train.(*data.ItemLoader).NewDL(data.BatchSize(17), data.NoShuffle())
	if err != nil {
		t.Fatal(err)
	}
	defer train.Close()
	if got := fmt.Sprint(sizes(t, train), sizes(t, dls.Train)); got != "[17] [4 4 4 4]" {
		t.Error(got)
	}
	if _, err := dls.NewDL(data.BatchSize(0)); err == nil {
		t.Error("BatchSize(0) must be refused")
	}
}

func TestTestDL(t *testing.T) {
	files := fixture.ColourFolders(t, 11, "blue", "red")
	dls := fixture.ColourDLs(t, files, data.BatchSize(4))
	some := []string{files[20], files[3], files[15]}
	targets := func(dl *data.ItemLoader, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer dl.Close()
		b, err := dl.OneBatch(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		if b.Y() == nil {
			return fmt.Sprint(b.Items, "none")
		}
		return fmt.Sprint(b.Items, torch.ToSlice[int64](b.Y()))
	}
	if got := targets(dls.TestDL(some)); got != "[0 1 2]none" {
		t.Errorf("without labels: %s", got)
	}
	if got := targets(dls.TestDL(some, data.Labels([]string{"red", "blue", "red"}), data.BatchSize(2))); got != "[0 1] [1 0]" {
		t.Errorf("with labels: %s", got)
	}
	if got := targets(fixture.ColourBlock().TestDL(dls, some, data.WithLabels())); got != "[0 1 2] [1 0 1]" {
		t.Errorf("labels by the block: %s", got)
	}
	if got := targets(fixture.ColourBlock().TestDL(dls, some)); got != "[0 1 2]none" {
		t.Errorf("the block, without labels: %s", got)
	}
	for _, labels := range [][]string{{"red"}, {"red", "blue", "green"}} {
		if _, err := dls.TestDL(some, data.Labels(labels)); err == nil {
			t.Errorf("labels %q must be refused", labels)
		}
	}
}

// Weighted items come as often as their weights say, those of weight 0 never.
func TestSampleWeights(t *testing.T) {
	files := fixture.ColourFolders(t, 20, "blue", "red")
	weights := make([]float64, len(files))
	for i := range weights {
		if weights[i] = 1; i >= 20 {
			weights[i] = 3
		}
		if i%20 == 0 {
			weights[i] = 0
		}
	}
	dls := fixture.ColourDLs(t, files, data.BatchSize(5), data.SampleWeights(weights))
	dl := dls.Train.(*data.ItemLoader)
	counts := map[string]int{}
	for seed := range uint64(200) {
		for _, i := range dl.Order(seed) {
			counts[filepath.Base(filepath.Dir(dl.Files()[i]))]++
			if name := filepath.Base(dl.Files()[i]); name == "aa.jpg" {
				t.Fatal("an item of weight 0")
			}
		}
	}
	want := 0.0 // of red ones
	sum := 0.0
	for _, f := range dl.Files() {
		w := weights[slices.Index(files, f)]
		if sum += w; strings.Contains(f, "red") {
			want += w
		}
	}
	if got := float64(counts["red"]) / float64(counts["red"]+counts["blue"]); got < want/sum-0.02 || got > want/sum+0.02 {
		t.Errorf("%.3f are red, want %.3f", got, want/sum)
	}
	if got := sizes(t, dls.Valid); len(got) != 2 {
		t.Errorf("validation is weighted: %v", got)
	}
}

func TestSummary(t *testing.T) {
	files := fixture.ColourFolders(t, 11, "blue", "red")
	var out bytes.Buffer
	if err := fixture.ColourBlock().Summary(t.Context(), &out, files); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"22: 17 to train on, 5 to validate on", "2: blue, red", "18×2", "×3 uint8 (H×W×C)", "Resize", "16×16×3 uint8",
		"Flip, Warp, Rotate, Zoom", "4×3×16×16 float32", "Brightness, Contrast", "RandomResizedCropGPU", "4×3×12×12 float32", "4 int64, 0 to 1"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if err := os.WriteFile(files[3], []byte("no picture"), 0o666); err != nil {
		t.Fatal(err)
	}
	block := fixture.ColourBlock()
	block.Splitter = data.IndexSplitter([]int{0, 1, 2, 12})
	out.Reset()
	if err := block.Summary(t.Context(), &out, files); err == nil || !strings.Contains(err.Error(), files[3]) {
		t.Errorf("an unreadable picture: %v", err)
	}
}

// Models of several labels and of numbers learn, predict and are validated.
func TestOtherTargets(t *testing.T) {
	files := fixture.ColourFolders(t, 12, "blue", "red")
	for name, c := range parity.Sorted(map[string]struct {
		y     data.TransformBlock
		label func(string) (string, error)
		width int
	}{
		"labels":  {data.MultiCategoryBlock{Delim: "+"}, func(p string) (string, error) { return filepath.Base(filepath.Dir(p)) + "+small", nil }, 3},
		"number":  {data.RegressionBlock{}, func(p string) (string, error) { return fmt.Sprint(len(filepath.Base(filepath.Dir(p)))), nil }, 1},
		"numbers": {data.RegressionBlock{}, func(string) (string, error) { return "1 2.5", nil }, 2},
	}) {
		block := fixture.ColourBlock()
		block.Y, block.GetY = c.y, c.label
		dls, err := block.DataLoaders(files, data.BatchSize(4))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.Logger(nil))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := learn.FitOneCycle(t.Context(), 1, fastlearn.LR(1e-3)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		p, err := learn.GetPreds(t.Context(), nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if n := len(dls.Valid.(*data.ItemLoader).Files()); len(p.Probs) != n || len(p.Probs[0]) != c.width || len(p.DecodedRows) != n || len(p.TargetRows) != n || len(p.Losses) != n || p.Decoded != nil {
			t.Errorf("%s: %d predictions of %d, %d rows, %d targets", name, len(p.Probs), len(p.Probs[0]), len(p.DecodedRows), len(p.TargetRows))
		}
		one, err := learn.Predict(t.Context(), files[0])
		if err != nil || one.Index != -1 || len(one.Probs) != c.width || len(one.Labels) > 0 && one.Label != strings.Join(one.Labels, ";") {
			t.Errorf("%s: %+v, %v", name, one, err)
		}
		learn.Close()
		dls.Close()
	}
}

// Grey pictures come with one channel.
func TestGreyPictures(t *testing.T) {
	block := fixture.ColourBlock()
	block.X = data.ImageBlock{Gray: true}
	dls, err := block.DataLoaders(fixture.ColourFolders(t, 11, "blue", "red"), data.BatchSize(4))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	b, err := dls.OneBatch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if fmt.Sprint(b.X().Shape()) != "[4 1 12 12]" {
		t.Errorf("%v", b.X().Shape())
	}
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.Logger(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	if err := learn.FitOneCycle(t.Context(), 1, fastlearn.LR(1e-3)); err != nil {
		t.Error(err)
	}
	if w := nn.Parameters(learn.Model)[0]; fmt.Sprint(w.Shape()) != "[64 1 7 7]" {
		t.Errorf("the first weights are %v", w.Shape())
	}
}

func TestSplittersMustNotOverlap(t *testing.T) {
	block := fixture.ColourBlock()
	block.Splitter = func(data.Items) (train, valid []int, err error) { return []int{0, 1, 10}, []int{1, 11}, nil }
	if _, err := block.DataLoaders(fixture.ColourFolders(t, 8, "blue", "red"), data.BatchSize(2)); err == nil || !strings.Contains(err.Error(), "item 1") {
		t.Errorf("%v", err)
	}
}

// Without anything to validate on a model is trained all the same.
func TestNoValidation(t *testing.T) {
	block := fixture.ColourBlock()
	block.Splitter = data.RandomSplitter(0, 1)
	dls, err := block.DataLoaders(fixture.ColourFolders(t, 8, "blue", "red"), data.BatchSize(4))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.Metrics(metric.Accuracy()), fastlearn.Logger(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	if err := learn.FitOneCycle(t.Context(), 1, fastlearn.LR(1e-3)); err != nil {
		t.Fatal(err)
	}
	if v := learn.Recorder.Values[0]; math.IsNaN(v[0]) || !math.IsNaN(v[1]) || !math.IsNaN(v[2]) {
		t.Errorf("recorded %v", v)
	}
}

// An error of a batch transform names it.
func TestErrorsNameTheTransform(t *testing.T) {
	block := fixture.ColourBlock()
	dls, err := block.DataLoaders(fixture.ColourFolders(t, 8, "blue", "red"), data.BatchSize(2))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	dls.AddBatchTfms(vision.Normalize([]float64{1, 2}, []float64{1, 2}))
	if _, err := dls.OneBatch(t.Context()); err == nil || !strings.Contains(err.Error(), "Normalize") {
		t.Errorf("%v", err)
	}
}

// Pictures that are normalised by the statistics of their batch have mean 0 and deviation 1.
func TestBatchStats(t *testing.T) {
	files := fixture.ColourFolders(t, 8, "blue", "red")
	block := fixture.ColourBlock()
	block.BatchTfms = vision.Batch()
	dls, err := block.DataLoaders(files, data.BatchSize(12), data.NoShuffle())
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	mean, std, err := dls.BatchStats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	torch.ManualSeed(3)
	dls.AddBatchTfms(vision.Normalize(mean, std))
	again, dev, err := dls.BatchStats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for c := range 3 { // another crop of the same pictures
		if math.Abs(again[c]) > 0.05 || math.Abs(dev[c]-1) > 0.05 {
			t.Errorf("channel %d: mean %.3f, deviation %.3f", c, again[c], dev[c])
		}
	}
}
