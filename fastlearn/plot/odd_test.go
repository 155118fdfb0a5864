package plot

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gonum "gonum.org/v1/plot"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/vision"
)

// files are pictures on the disk, of many colours.
func files(t *testing.T, n int) (paths []string) {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 60, 30))
	for p := range m.Pix {
		m.Pix[p] = uint8(100 + p%97)
	}
	dir := t.TempDir()
	for k := range n {
		path := filepath.Join(dir, fmt.Sprintf("%d.png", k))
		var b bytes.Buffer
		if err := errors.Join(png.Encode(&b, m), os.WriteFile(path, b.Bytes(), 0o666)); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

// Names in other scripts, and what would break an SVG, are drawn within the figure, and SVGs stay XML.
func TestNamesOfAllKinds(t *testing.T) {
	defer alone(t)()
	warned(t)
	dir := out(t)
	kinds := []string{"花火の写真を撮るための長い名前です花火", "роза", "זר פרחים", "<script>alert(\"&'\")</script>", "two\nlines\tand a bell \a", "bad \xff\xfe bytes \uFFFE", "🌼🌼🌼", ""}
	i := &fastlearn.Interpretation{Preds: &fastlearn.Preds{}, Vocab: kinds, Files: files(t, len(kinds))}
	for k := range kinds {
		i.Targets, i.Decoded, i.Losses = append(i.Targets, k), append(i.Decoded, (k+k%2)%len(kinds)), append(i.Losses, math.NaN())
		i.Probs = append(i.Probs, make([]float64, len(kinds)))
	}
	for name, draw := range parity.Sorted(map[string]func() (*Figure, error){
		"kinds_confusion": func() (*Figure, error) { return ConfusionMatrix(i) },
		"kinds_results":   func() (*Figure, error) { return Results(i, 8) },
		"kinds_losses":    func() (*Figure, error) { return TopLosses(i, 8) },
	}) {
		f, err := draw()
		saved(t, dir, name, f, err)
		inside(t, name, f)
		svg, err := os.ReadFile(filepath.Join(dir, name+".svg"))
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, name, svg)
		if bytes.Contains(svg, []byte("<script")) || !bytes.Contains(svg, []byte("花火")) {
			t.Errorf("%s: the names are not those of the classes", name)
		}
	}
}

// A font is found for letters that Liberation Sans lacks, and nothing changes for others.
func TestAddFont(t *testing.T) {
	const font = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
	if err := AddFont(filepath.Join(t.TempDir(), "none.ttf")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	noFont := files(t, 1)[0]
	if err := AddFont(noFont); err == nil || !strings.Contains(err.Error(), noFont) {
		t.Errorf("a picture as a font: %v", err)
	}
	if _, err := os.Stat(font); err != nil {
		t.Skip("DejaVu Sans is not installed")
	}
	defer alone(t)()
	warned(t)
	tile := func(name string) *Figure {
		f, err := Pictures([]Tile{{Picture: image.NewGray(image.Rect(0, 0, 4, 4)), Lines: []string{name}}})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	pixels := func(name string) []byte { return tile(name).Image().(*image.RGBA).Pix }
	georgian, latin := pixels("ვარდი"), pixels("rose")
	if w := textStyle(10).Width("花花"); w != 20 {
		t.Errorf("two letters without a font are %v wide", w)
	}
	if bytes.Equal(georgian, pixels(" ")) {
		t.Error("letters without a font vanish")
	}
	if err := errors.Join(AddFont(font), AddFont(font)); err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(pixels("ვარდი"), georgian) || !bytes.Equal(pixels("rose"), latin) || len(fonts.added) != 1 {
		t.Error("the font isn't used for the letters that it should be used for")
	}
	path := filepath.Join(out(t), "georgian")
	f := tile("ვარდი და rose")
	if err := errors.Join(f.Save(path+".png"), f.Save(path+".svg")); err != nil {
		t.Fatal(err)
	}
	if svg, err := os.ReadFile(path + ".svg"); err != nil || !bytes.Contains(svg, []byte("'DejaVu Sans',")) || !bytes.Contains(svg, []byte(">rose</text>")) {
		t.Errorf("the SVG doesn't name the font, or a text begins with a space, %v", err)
	}
}

// Few numbers, and what is none, are drawn or said.
func TestShortAndBrokenTrainings(t *testing.T) {
	dir := out(t)
	nan, inf := math.NaN(), math.Inf(1)
	heads := []string{"epoch", "train_loss", "valid_loss", "accuracy", "time"}
	broken := &fastlearn.Recorder{MetricNames: heads, Losses: []float64{nan, inf, nan}, Iters: []int{3}, Values: [][]float64{{nan, nan, nan}}}
	for _, draw := range []func(*fastlearn.Recorder, ...Option) (*Figure, error){Loss, Metrics} {
		if _, err := draw(broken); !errors.Is(err, errNoNumbers) {
			t.Errorf("no numbers: %v", err)
		}
	}
	one := &fastlearn.Recorder{MetricNames: heads, Losses: []float64{0.7}, Iters: []int{1}, Values: [][]float64{{0.7, 0.6, 0.5}}, Hypers: map[string][]float64{"lr": {1e-3}, "mom": {0.95}}}
	for name, draw := range parity.Sorted(map[string]func(*fastlearn.Recorder, ...Option) (*Figure, error){"one_loss": Loss, "one_metrics": Metrics, "one_schedules": Schedules}) {
		f, err := draw(one)
		saved(t, dir, name, f, err)
		inside(t, name, f)
	}
	if f, err := Schedules(one); err != nil || count(f, palette[0]) < 30 { // a dot
		t.Errorf("one rate isn't drawn, %v", err)
	}
	short := &fastlearn.Recorder{MetricNames: heads, Losses: []float64{3, 2, 1.5, 1.2}, Iters: []int{4}, Values: [][]float64{{1.2, nan, 0.5}}}
	f, err := Schedules(&fastlearn.Recorder{LRs: []float64{1e-3, 1e-3}})
	saved(t, dir, "constant_rate", f, err)
	f, err = Loss(short)
	saved(t, dir, "short_loss", f, err)
	if blue := count(f, palette[0]); blue < 500 { // four losses are a line, not a dot
		t.Errorf("%d blue pixels", blue)
	}
	if _, err := LRFind(&fastlearn.LRFound{LRs: make([]float64, 6), Losses: make([]float64, 6)}); err == nil || strings.Contains(err.Error(), "train first") {
		t.Errorf("a short rate finder: %v", err)
	}
}

// An axis has room around what is on it, and around a single place.
func TestWidened(t *testing.T) {
	for _, c := range []struct{ least, most, part, room, wantLeast, wantMost float64 }{
		{0, 10, 0.05, 1, -0.5, 10.5}, {3, 3, 0.05, 0.5, 2.5, 3.5}, {0, 0, 0.05, 0, 0, 0}, {1, 5, 0, 0.5, 1, 5},
		{math.Inf(1), math.Inf(-1), 0.05, 1, math.Inf(1), math.Inf(-1)}, {-most, most, 0.05, 0, -most, most},
	} {
		a := gonum.Axis{Min: c.least, Max: c.most}
		if widened(&a, c.part, c.room); a.Min != c.wantLeast || a.Max != c.wantMost {
			t.Errorf("%+v: %v to %v", c, a.Min, a.Max)
		}
	}
}

func count(f *Figure, c color.Color) (n int) {
	m := f.Image()
	for y := m.Bounds().Min.Y; y < m.Bounds().Max.Y; y++ {
		for x := m.Bounds().Min.X; x < m.Bounds().Max.X; x++ {
			if m.At(x, y) == c {
				n++
			}
		}
	}
	return n
}

// One class alone has room for the title; numbers of any length have theirs.
func TestFewClassesAndMany(t *testing.T) {
	dir := out(t)
	for _, name := range []string{"a", ""} {
		f, err := ConfusionMatrix(&fastlearn.Interpretation{Preds: &fastlearn.Preds{Targets: []int{0}, Decoded: []int{0}}, Vocab: []string{name}})
		saved(t, dir, "confusion1", f, err)
		inside(t, "confusion1"+name, f)
	}
	for _, i := range []*fastlearn.Interpretation{{Preds: &fastlearn.Preds{}}, {Preds: &fastlearn.Preds{TargetRows: [][]float64{{1}}}, Vocab: []string{"a"}}} {
		if _, err := ConfusionMatrix(i); err == nil {
			t.Error("a confusion matrix without classes")
		}
	}
	paths := files(t, 3)
	var many, labels []string
	for k := range 30000 {
		many, labels = append(many, paths[k%3]), append(labels, []string{"a", "b", "a"}[k/10000])
	}
	dls, err := data.FromLists(many, labels, data.ItemTfms(vision.Resize(8)), data.SplitSeed(1))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	f, err := ClassBalance(dls)
	saved(t, dir, "balance1", f, err)
	inside(t, "balance1", f)
}

// Several labels, and numbers, are said in words; only labels can be wrong.
func TestOtherTargets(t *testing.T) {
	dir := out(t)
	several := &fastlearn.Interpretation{Vocab: []string{"red", "round"}, Files: files(t, 2), Preds: &fastlearn.Preds{
		DecodedRows: [][]float64{{1, 0}, {1, 1}}, TargetRows: [][]float64{{0, 0}, {1, 1}}, Losses: []float64{1, 2}}}
	numbers := &fastlearn.Interpretation{Files: several.Files, Preds: &fastlearn.Preds{
		DecodedRows: [][]float64{{1.25}, {2}}, TargetRows: [][]float64{{1}, {2.5}}, Losses: []float64{1, 2}}}
	for _, c := range []struct {
		i     *fastlearn.Interpretation
		lines string
		wrong bool
	}{{several, "\u2068red\u2069 / \u2068nothing\u2069|1.00", true}, {numbers, "\u20681.25\u2069 / \u20681\u2069|1.00", false}} {
		if tile := (&look{}).told(c.i, 0, true); strings.Join(tile.Lines, "|") != c.lines || tile.Wrong != c.wrong {
			t.Errorf("%q, wrong: %v", tile.Lines, tile.Wrong)
		}
		f, err := TopLosses(c.i, 2)
		saved(t, dir, "other_losses", f, err)
		f, err = Results(c.i, 2)
		saved(t, dir, "other_results", f, err)
	}
	unlabelled := &fastlearn.Interpretation{Vocab: []string{"a"}, Files: several.Files, Preds: &fastlearn.Preds{Decoded: []int{0, 0}}}
	if f, err := Results(unlabelled, 2); err != nil || f == nil {
		t.Errorf("without labels: %v", err)
	}
	unlabelled.Files = files(t, 3)
	if _, err := Results(unlabelled, 3); err == nil || !strings.Contains(err.Error(), "3 files for 2 predictions") {
		t.Errorf("a file too many: %v", err)
	}
	if _, err := TopLosses(unlabelled, 2); err == nil {
		t.Error("losses without labels")
	}
	if _, err := Batch(t.Context(), &data.TensorLoader{}, 2); err == nil {
		t.Error("a batch of custom loaders")
	}
	if _, err := Pictures([]Tile{{Picture: image.NewGray(image.Rect(0, 0, 4, 4))}, {}}); err == nil || !strings.Contains(err.Error(), "tile 2") {
		t.Errorf("a tile without a picture: %v", err)
	}
}
