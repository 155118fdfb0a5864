package plot

import (
	"bytes"
	"errors"

	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/torch"
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
	dls, err := fastlearn.FromFolder(flowers, fastlearn.ValidPct(0.3), fastlearn.SplitSeed(1), fastlearn.BatchSize(16), fastlearn.ItemTfms(vision.Resize(64)),
		fastlearn.BatchTfms(vision.AugTransforms(vision.Size(48), vision.MinScale(0.75)).With(vision.Normalize(vision.ImageNetStats()))))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.Pretrained(false), fastlearn.Logger(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	dir := out(t)
	if _, err := Loss(learn.Recorder); !errors.Is(err, errNothing) {
		t.Errorf("nothing to draw: %v", err)
	}
	found, err := learn.LRFind(t.Context(), fastlearn.NumIt(60))
	if err != nil {
		t.Fatal(err)
	}
	f, err := LRFind(found)
	saved(t, dir, "lr_find", f, err)
	if err := learn.FitOneCycle(t.Context(), 4, fastlearn.LR(3e-3)); err != nil {
		t.Fatal(err)
	}
	f, err = Loss(learn.Recorder)
	saved(t, dir, "loss", f, err)
	f, err = Schedules(learn.Recorder)
	saved(t, dir, "schedules", f, err)
	i, err := learn.Interpret(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err = ConfusionMatrix(i)
	saved(t, dir, "confusion", f, err)
	f, err = Batch(t.Context(), dls.Train.(*fastlearn.DataLoader), 9)
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
