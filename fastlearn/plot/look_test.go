package plot

import (
	"bytes"
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// figures makes one of each kind that needs no learner.
func figures(t *testing.T) map[string]func(...Option) (*Figure, error) {
	t.Helper()
	i := &fastlearn.Interpretation{Vocab: []string{"rose", "tulip", "daisy"}, Files: files(t, 4), Preds: &fastlearn.Preds{
		Targets: []int{0, 0, 0, 1}, Decoded: []int{0, 0, 1, 1}, Losses: []float64{1, 2, 3, 4}, Probs: [][]float64{{0.9, 0.1, 0}, {0.5, 0.2, 0.3}, {0.2, 0.7, 0.1}, {0.1, 0.8, 0.1}}}}
	r := &fastlearn.Recorder{MetricNames: []string{"epoch", "train_loss", "valid_loss", "accuracy", "time"}, Losses: []float64{3, 2, 1}, Iters: []int{3}, Values: [][]float64{{1, 2, 0.5}, {0.5, 1, 0.7}}, LRs: []float64{1, 2, 1}}
	found := &fastlearn.LRFound{Valley: 1e-4, Slide: math.NaN(), Minimum: 1e-4, Steep: 1e-4}
	stats := callback.LayerStats{Name: "conv", Mean: []float64{0, 1}, Std: []float64{1, 2}, NearZero: []float64{0.1, 0.2}, Hist: [][]float64{{1, 2, 3}, {3, 2, 1}}}
	for k := range 20 {
		found.LRs, found.Losses = append(found.LRs, 1e-6*math.Pow(2, float64(k))), append(found.Losses, 20-float64(k))
	}
	return map[string]func(...Option) (*Figure, error){
		"confusion": func(o ...Option) (*Figure, error) {
			var all []MatrixOption
			for _, o := range o {
				all = append(all, o)
			}
			return ConfusionMatrix(i, all...)
		},
		"losses":  func(o ...Option) (*Figure, error) { return TopLosses(i, 4, o...) },
		"results": func(o ...Option) (*Figure, error) { return Results(i, 4, o...) },
		"row": func(o ...Option) (*Figure, error) {
			return Row([]Tile{{Picture: image.NewGray(image.Rect(0, 0, 9, 9))}}, o...)
		},
		"loss":      func(o ...Option) (*Figure, error) { return Loss(r, o...) },
		"metrics":   func(o ...Option) (*Figure, error) { return Metrics(r, o...) },
		"schedules": func(o ...Option) (*Figure, error) { return Schedules(r, o...) },
		"lr_find":   func(o ...Option) (*Figure, error) { return LRFind(found, o...) },
		"stats":     func(o ...Option) (*Figure, error) { return LayerStats(stats, o...) },
		"color_dim": func(o ...Option) (*Figure, error) { return ColorDim(stats, o...) },
	}
}

// Each figure takes each option, in the manner of all, and refuses what makes no sense.
func TestOptionsOfEveryFigure(t *testing.T) {
	dir := out(t)
	for name, draw := range parity.Sorted(figures(t)) {
		f, err := draw(Dark(), Title("A title of "+strings.Repeat("many words ", 30)), Size(4, 3), DPI(50))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		m := f.Image()
		if m.Bounds().Dx() != 200 || m.Bounds().Dy() != 150 || m.At(0, 0) != darkTheme.background {
			t.Errorf("%s: %v, its corner %v", name, m.Bounds(), m.At(0, 0))
		}
		path := filepath.Join(dir, "small_"+name+".svg")
		if err := f.Save(path); err != nil {
			t.Fatal(err)
		}
		svg, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(svg, []byte(`width="288pt" height="216pt"`)) || !bytes.Contains(svg, []byte("A title of")) || !bytes.Contains(svg, []byte("fill:#161B22")) {
			t.Errorf("%s: %v, %.600s", name, err, svg)
		}
		f, err = draw(Dark())
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Save(filepath.Join(dir, "dark_"+name+".png")); err != nil {
			t.Fatal(err)
		}
		if name != "color_dim" && name != "row" && name != "losses" && name != "results" {
			if c := darkest(f.Image()); c.Y < 20 { // nothing dark is written on dark
				t.Errorf("%s: %v is on it", name, c)
			}
		}
		for wrong, opts := range parity.Sorted(map[string][]Option{
			"want 0.5 to 200": {Size(0, 0)}, "Size of NaN": {Size(math.NaN(), 3)}, "Size of 3 × -1": {Size(3, -1)}, "DPI of 0": {DPI(0)}, "DPI of 1000000": {DPI(1e6)},
			"too many": {Size(100, 100), DPI(2400)}, "option 2 is nil": {Dark(), nil},
		}) {
			if f, err := draw(opts...); err == nil || f != nil || !strings.Contains(err.Error(), wrong) {
				t.Errorf("%s: %v, want %q", name, err, wrong)
			}
		}
	}
}

// A normalized matrix has the parts of each row; a class without items leaves its row blank.
func TestNormalize(t *testing.T) {
	m := &matrix{look: &look{normalize: true}, counts: [][]int{{3, 1, 0}, {0, 2, 0}, {0, 0, 0}}}
	shares, most := m.shares()
	if want := [][]float64{{0.75, 0.25, 0}, {0, 1, 0}, {0, 0, 0}}; most != 1 || len(shares) != 3 || shares[0][0] != want[0][0] || shares[0][1] != want[0][1] || shares[1][1] != 1 || shares[2][2] != 0 {
		t.Errorf("%v, want %v", shares, want)
	}
	i := &fastlearn.Interpretation{Vocab: []string{"rose", "tulip"}, Preds: &fastlearn.Preds{Targets: []int{0, 0, 0}, Decoded: []int{0, 0, 1}}}
	f, err := ConfusionMatrix(i, Normalize(), Dark())
	saved2 := filepath.Join(t.TempDir(), "m.svg")
	if err == nil {
		err = f.Save(saved2)
	}
	svg, readErr := os.ReadFile(saved2)
	if err != nil || readErr != nil || !bytes.Contains(svg, []byte(">0.67<")) || !bytes.Contains(svg, []byte(">0.33<")) {
		t.Errorf("%v, %v", err, readErr)
	}
}

// A suggestion beyond the curve isn't drawn, and a note says so.
func TestMarkersBeyondTheCurve(t *testing.T) {
	found := &fastlearn.LRFound{Valley: 1e-4, Slide: 1e-9, Minimum: math.Inf(1), Steep: math.NaN()}
	for k := range 20 {
		found.LRs, found.Losses = append(found.LRs, 1e-6*math.Pow(2, float64(k))), append(found.Losses, 20-float64(k))
	}
	f, err := LRFind(found)
	if err != nil {
		t.Fatal(err)
	}
	if want := "slide 1.0e-09 lies beyond the curve"; len(f.notes) != 2 || f.notes[0] != want && f.notes[1] != want {
		t.Errorf("%q", f.notes)
	}
	if count(f, palette[2]) > 0 {
		t.Error("what lies beyond the curve is drawn")
	}
}

func darkest(m image.Image) color.Gray {
	low := color.Gray{255}
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			if c := color.GrayModel.Convert(m.At(x, y)).(color.Gray); c.Y < low.Y {
				low = c
			}
		}
	}
	return low
}
