package plot

import (
	"bytes"
	"errors"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/datasets"
)

// out is where the tests' figures go: FASTLEARN_PLOTS, to look at them, or nowhere for long.
func out(t *testing.T) string {
	if dir := os.Getenv("FASTLEARN_PLOTS"); dir != "" {
		return dir
	}
	return t.TempDir()
}

// saved writes a figure in both formats and looks whether anything is drawn.
func saved(t *testing.T, dir, name string, f *Figure, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, ext := range []string{".png", ".svg"} {
		if err := f.Save(filepath.Join(dir, name+ext)); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, name+".png"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	colours := map[color.Color]bool{}
	b := m.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y += 2 {
		for x := b.Min.X; x < b.Max.X; x += 2 {
			colours[m.At(x, y)] = true
		}
	}
	if len(colours) < 5 || !colours[color.RGBA{255, 255, 255, 255}] {
		t.Errorf("%s: %d colours", name, len(colours))
	}
	svg, err := os.ReadFile(filepath.Join(dir, name+".svg"))
	if err != nil || !bytes.Contains(svg, []byte("<svg")) {
		t.Errorf("%s: no SVG, %v", name, err)
	}
}

// A training on drawn flowers gives every figure.
func TestFigures(t *testing.T) {
	flowers := filepath.Join(t.TempDir(), "flowers")
	if err := datasets.DrawnFlowers(t.Context(), flowers, datasets.PerClass(12)); err != nil {
		t.Fatal(err)
	}
	torch.ManualSeed(1)
	dls, err := data.FromFolder(flowers, data.ValidPct(0.3), data.SplitSeed(1), data.BatchSize(16), data.ItemTfms(vision.Resize(64)),
		data.BatchTfms(vision.AugTransforms(vision.Size(48), vision.MinScale(0.75)).With(vision.Normalize(vision.ImageNetStats()))))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.Logger(nil), fastlearn.Metrics(metric.Accuracy(), metric.ErrorRate()))
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	dir := out(t)
	if _, err := Loss(learn.Recorder); !errors.Is(err, errNothing) {
		t.Errorf("nothing to draw: %v", err)
	}
	if _, err := Metrics(learn.Recorder); !errors.Is(err, errNothing) {
		t.Errorf("nothing to draw: %v", err)
	}
	found, err := learn.LRFind(t.Context(), fastlearn.NumIt(60))
	if err != nil {
		t.Fatal(err)
	}
	f, err := LRFind(found)
	saved(t, dir, "lr_find", f, err)
	stats := callback.ActivationStats(callback.WithHist())
	if err := learn.FitOneCycle(t.Context(), 4, fastlearn.LR(3e-3), fastlearn.Callbacks(stats)); err != nil {
		t.Fatal(err)
	}
	body, _ := stats.Layer("0.4.0.conv1")
	f, err = LayerStats(body)
	saved(t, dir, "layer_stats", f, err)
	f, err = ColorDim(body)
	saved(t, dir, "color_dim", f, err)
	f, err = GradCAM(t.Context(), learn, dls.Valid, CAM{})
	saved(t, dir, "gradcam", f, err)
	f, err = GradCAM(t.Context(), learn, dls.Valid, CAM{Most: 3, Class: "rose", Layer: nn.Children(nn.Children(learn.Model)[0].Module)[5].Module})
	saved(t, dir, "gradcam_rose", f, err)
	f, err = Loss(learn.Recorder)
	saved(t, dir, "loss", f, err)
	f, err = Schedules(learn.Recorder)
	saved(t, dir, "schedules", f, err)
	f, err = Metrics(learn.Recorder)
	saved(t, dir, "metrics", f, err)
	f, err = ClassBalance(dls)
	saved(t, dir, "balance", f, err)
	i, err := learn.Interpret(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err = ConfusionMatrix(i)
	saved(t, dir, "confusion", f, err)
	f, err = Batch(t.Context(), dls.Train.(*data.ItemLoader), 9)
	saved(t, dir, "batch", f, err)
	f, err = TopLosses(i, 9)
	saved(t, dir, "top_losses", f, err)
	f, err = Results(i, 6)
	saved(t, dir, "results", f, err)
	if err := f.Save(filepath.Join(dir, "results.gif")); err == nil || !strings.Contains(err.Error(), ".gif") {
		t.Errorf("an unknown format: %v", err)
	}
	if err := f.Save(filepath.Join(dir, "nowhere", "results.png")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such folder: %v", err)
	}
	if _, err := Pictures(nil); err == nil {
		t.Error("no tiles")
	}
}

// 102 classes are readable: each has a row of its own that is high enough for its name.
func TestConfusionOf102Classes(t *testing.T) {
	i := &fastlearn.Interpretation{Preds: &fastlearn.Preds{}}
	for c := range 102 {
		i.Vocab = append(i.Vocab, strings.Repeat("flower ", 1+c%3)+string(rune('a'+c%26)))
		for k := range 10 {
			said := c
			if k == 3 {
				said = (c*7 + 1) % 102
			}
			i.Targets, i.Decoded = append(i.Targets, c), append(i.Decoded, said)
		}
	}
	f, err := ConfusionMatrix(i)
	saved(t, out(t), "confusion102", f, err)
	if h := f.Image().Bounds().Dy(); h < 102*20 {
		t.Errorf("%d pixels high", h)
	}
}

// names of classes that are hard to draw.
var names = []string{"a", "the very long name of a tulip that has no end, Tulipa gesneriana var. longissima", "onewordthatisfartoolongforanylineandcantbebrokenanywhere", "forget_me_not_of_the_alps"}

// Long names are broken or shortened and not cut off, in narrow figures too.
func TestLongNames(t *testing.T) {
	dir := out(t)
	var labels []string
	i := &fastlearn.Interpretation{Preds: &fastlearn.Preds{}, Vocab: names, Files: files(t, 8)}
	for k := range 8 {
		labels = append(labels, names[k%4])
		i.Targets, i.Decoded, i.Losses = append(i.Targets, k%4), append(i.Decoded, k/2), append(i.Losses, float64(k))
		i.Probs = append(i.Probs, []float64{0.1, 0.2, 0.3, 0.4})
	}
	i.Targets[7] = -100 // such as a loss ignores
	f, err := TopLosses(i, 1)
	saved(t, dir, "long_one", f, err)
	inside(t, "long_one", f)
	f, err = Results(i, 8)
	saved(t, dir, "long_results", f, err)
	inside(t, "long_results", f)
	f, err = ConfusionMatrix(i)
	saved(t, dir, "long_confusion", f, err)
	inside(t, "long_confusion", f)
	two := &fastlearn.Interpretation{Preds: &fastlearn.Preds{Targets: []int{0, 1, 1}, Decoded: []int{0, 1, 0}}, Vocab: []string{"a", "b"}}
	f, err = ConfusionMatrix(two)
	saved(t, dir, "confusion2", f, err)
	inside(t, "confusion2", f)
	dls, err := data.FromLists(i.Files, labels, data.BatchSize(2), data.SplitSeed(1), data.ValidPct(0.25), data.ItemTfms(vision.Resize(16)))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	f, err = ClassBalance(dls)
	saved(t, dir, "long_balance", f, err)
	inside(t, "long_balance", f)
	r := &fastlearn.Recorder{MetricNames: []string{"epoch", "train_loss", "valid_loss", "accuracy", names[1], "", "time"}}
	for e := range 5 {
		r.Values = append(r.Values, []float64{1 / float64(e+1), 1.5 / float64(e+1), float64(e) / 5, 1e6 * float64(e), math.NaN()})
	}
	r.Values[2] = nil
	f, err = Metrics(r)
	saved(t, dir, "long_metrics", f, err)
	inside(t, "long_metrics", f)
	if _, err := ClassBalance(data.NewLoaders(&data.TensorLoader{}, &data.TensorLoader{}, torch.CPU)); err == nil {
		t.Error("custom loaders")
	}
}

// inside tells whether a figure's border is blank, as nothing that is cut off leaves it.
func inside(t *testing.T, name string, f *Figure) {
	t.Helper()
	m := f.Image()
	b := m.Bounds()
	blank := func(x, y int) bool { r, g, b, _ := m.At(x, y).RGBA(); return r+g+b > 3*0xf000 }
	for x := b.Min.X; x < b.Max.X; x++ {
		if !blank(x, b.Min.Y) || !blank(x, b.Max.Y-1) {
			t.Errorf("%s: something is cut off at the top or bottom, x %d", name, x)
			return
		}
	}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		if !blank(b.Min.X, y) || !blank(b.Max.X-1, y) {
			t.Errorf("%s: something is cut off at a side, y %d", name, y)
			return
		}
	}
}
