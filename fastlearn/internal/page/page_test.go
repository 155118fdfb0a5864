package page

import (
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/internal/browser"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// out is where pictures of pages go: FASTLEARN_PLOTS, to look at them, or nowhere for long.
func out(t *testing.T) string {
	if dir := os.Getenv("FASTLEARN_PLOTS"); dir != "" {
		return dir
	}
	return t.TempDir()
}

// manyClasses are 102 classes with long names, and a long training.
func manyClasses(t *testing.T) *Page {
	dir := t.TempDir()
	i := &fastlearn.Interpretation{Preds: &fastlearn.Preds{}}
	d := &Data{Note: "Drawn for the test."}
	var train, valid []int
	for c := range 102 {
		i.Vocab = append(i.Vocab, fmt.Sprintf("%s of the %d. kind", strings.TrimSpace(strings.Repeat("flower ", 1+c%4)), c))
		train, valid = append(train, (c*37)%60), append(valid, 10)
		for k := range 10 {
			said := c
			if k == 3 {
				said = (c*7 + 1) % 102
			}
			p := make([]float64, 102)
			p[said] = 0.9
			i.Targets, i.Decoded, i.Probs, i.Losses = append(i.Targets, c), append(i.Decoded, said), append(i.Probs, p), append(i.Losses, float64(k)/3)
			i.Files = append(i.Files, filepath.Join(dir, fmt.Sprintf("%d.jpg", (c+k)%9)))
		}
	}
	for k := range 8 { // the ninth is missing
		m := image.NewRGBA(image.Rect(0, 0, 90+20*k, 200-15*k))
		for p := range m.Pix {
			m.Pix[p] = uint8(p*k/50) | 128
		}
		m.Set(3, 3, color.Black)
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("%d.jpg", k)))
		if err == nil {
			err = jpeg.Encode(f, m, nil)
			f.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	d.balance(i.Vocab, train, valid)
	r := &fastlearn.Recorder{MetricNames: []string{"epoch", "train_loss", "valid_loss", "accuracy", "a metric with a very long name", "", "perplexity", "time"}, Hypers: map[string][]float64{}}
	for b := range 30000 {
		r.Losses = append(r.Losses, 4*math.Exp(-float64(b)/3000)+0.01)
		r.LRs = append(r.LRs, 1e-5*float64(b%1000))
		r.Hypers["lr"] = r.LRs
		if b%500 == 499 {
			r.Iters = append(r.Iters, b+1)
			e := float64(b / 500)
			r.Values = append(r.Values, []float64{r.Losses[b], 0.5 + 40*math.Exp(-e), 1 - 1/(e+2), 0.3, math.NaN(), 1e6 / (e + 1)})
			r.Times = append(r.Times, 83*time.Second)
		}
	}
	r.Values[5] = nil // a callback cancelled all of it
	return &Page{Title: "A page of 102 classes", Sub: "It is drawn for a test", Runs: Runs([]Fit{NewFit(1, r, 0, 3)}), Data: d, Outcome: NewOutcome(i), Losses: NewLosses(i, 12),
		Versions: []Fact{{"a long line", strings.Repeat("long", 60)}}}
}

// 102 classes and 30,000 batches make a page that fits every window and stays small.
func TestManyClasses(t *testing.T) {
	p := manyClasses(t)
	html, err := p.HTML()
	if err != nil {
		t.Fatal(err)
	}
	if len(html) > 1<<20 {
		t.Errorf("the page has %d bytes", len(html))
	}
	if m := regexp.MustCompile(`NaN|Inf\b`).FindString(regexp.MustCompile(`(?s)base64,[^"]*|<td>NaN</td>|<script>.*</script>`).ReplaceAllString(string(html), "")); m != "" {
		t.Error("a number that is none is in the page")
	}
	tab := browser.Open(t)
	dir := out(t)
	file := filepath.Join(dir, "many.html")
	if err := os.WriteFile(file, html, 0o666); err != nil {
		t.Fatal(err)
	}
	tab.Size(1280, 900, false)
	tab.Do(chromedp.Navigate("file://" + file))
	for _, w := range []int64{1920, 1280, 900, 390, 320} {
		for _, way := range []string{"rtl", "ltr"} {
			tab.Size(w, 800, false)
			if wide := browser.Eval[int64](tab, fmt.Sprintf(`document.documentElement.dir = %q, document.documentElement.scrollWidth`, way)); wide > w {
				t.Errorf("at a width of %d, %s, the page is %d wide", w, way, wide)
			}
			tab.Shot(filepath.Join(dir, fmt.Sprintf("many%d%s.png", w, way)))
		}
	}
	tab.Size(390, 844, true)
	tab.Shot(filepath.Join(dir, "manydark.png"))
	if n := tab.PDF(filepath.Join(dir, "many.pdf")); n > 12 {
		t.Errorf("%d pages of paper", n)
	}
	// No label of a chart is cut off by its drawing.
	tab.Size(1280, 900, false)
	cut := browser.Eval[string](tab, `[...document.querySelectorAll("main svg")].flatMap(s => { const r = s.getBoundingClientRect(); return [...s.querySelectorAll("text")].filter(x => { const b = x.getBoundingClientRect(); return b.left < r.left - 1 || b.right > r.right + 1 || b.top < r.top - 1 || b.bottom > r.bottom + 1; }).map(x => x.textContent); }).join("|")`)
	if cut != "" {
		t.Errorf("cut off: %s", cut)
	}
	if problems := tab.Problems(); problems != nil {
		t.Errorf("the page complains: %q", problems)
	}
	tab.Axe(t)
}

// Charts are drawn of whatever numbers there are.
func TestCharts(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		points  []Point
		nothing bool
	}{
		{nil, true}, {[]Point{{1, nan}}, true}, {[]Point{{1, inf}, {2, nan}}, true},
		{[]Point{{1, 0}}, false}, {[]Point{{1, 5}, {2, 5}}, false}, {[]Point{{1, 1e-9}, {2, 1e9}}, false}, {[]Point{{1, -3}, {2, nan}, {3, 1e200}}, false},
		{[]Point{{1, -1e-320}, {2, 1e-320}}, false},
	} {
		chart := NewChart(Axes{Title: "x", X: "y", Whole: true, MayLog: true}, Curve{Name: "z", Points: c.points})
		if (chart == nil) != c.nothing {
			t.Errorf("%v: %v", c.points, chart)
		}
		if s := fmt.Sprint(chart); strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
			t.Errorf("%v: %s", c.points, s)
		}
	}
	long := make([]float64, 12345)
	if p := thinned(long, 500); len(p) > 501 || p[len(p)-1].X != 12345 {
		t.Errorf("%d points, the last %v", len(p), p[len(p)-1])
	}
}

// Fractions have an axis from 0 to 1, however small they begin; losses that fall by powers of ten a logarithmic one.
func TestFractionsAreNeverLogarithmic(t *testing.T) {
	r := &fastlearn.Recorder{MetricNames: []string{"epoch", "train_loss", "valid_loss", "accuracy", "time"}, Iters: []int{3, 6, 9},
		Values: [][]float64{{900, 900, 0.001}, {9, 9, 0.2}, {1, 0.9, 0.97}}, Losses: []float64{900, 9, 1}}
	titles := map[string]*Chart{}
	for _, c := range Runs([]Fit{NewFit(1, r, 0, 0)})[0].Charts {
		titles[c.Title] = c
	}
	c, loss := titles["Accuracy"], titles["Loss (logarithmic)"]
	if c == nil || loss == nil || c.YTicks[0].Label != "0" || !strings.HasPrefix(c.YTicks[len(c.YTicks)-1].Label, "1") {
		t.Errorf("%+v", titles)
	}
}

func TestClock(t *testing.T) {
	for d, want := range parity.Sorted(map[time.Duration]string{400 * time.Millisecond: "0.4 s", 12 * time.Second: "12 s", 185 * time.Second: "3:05 min", 3723 * time.Second: "1:02:03 h"}) {
		if got := Clock(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}

// A history forgets the oldest fits, and keeps little of the others.
func TestHistoryIsBounded(t *testing.T) {
	h := &History{}
	m := nn.NewLinear(1, 1)
	defer nn.Close(m)
	l := &fastlearn.Learner{Recorder: &fastlearn.Recorder{}, Opt: optim.New(optim.Adam{}, nn.Parameters(m))}
	for n := range 50 {
		if err := h.BeforeFit(l); err != nil {
			t.Fatal(err)
		}
		*l.Recorder = fastlearn.Recorder{MetricNames: []string{"epoch", "train_loss", "valid_loss", "time"}, Losses: make([]float64, 5000), LRs: make([]float64, 5000)}
		for e := range 600 {
			l.Recorder.Values, l.Recorder.Iters = append(l.Recorder.Values, []float64{1, 2}), append(l.Recorder.Iters, e*5)
			h.Look(l)
		}
		if n == 30 { // a fit that never ended
			continue
		}
		if err := h.AfterFit(l); err != nil {
			t.Fatal(err)
		}
	}
	fits := h.Fits()
	if len(fits) != mostFits || fits[0].Title() != "Fit 31" || len(fits[0].Rows) != mostRows || fits[0].LeftOut != 100 || fits[0].Lines()[0][0] != "100" {
		t.Errorf("%d fits, %q, %d rows", len(fits), fits[0].Title(), len(fits[0].Rows))
	}
	runs := Runs(fits)
	if n := len(runs[0].Charts[0].Series[0].Path); len(runs) != 1 || n > 40*mostPoints {
		t.Errorf("%d runs, a curve of %d bytes", len(runs), n)
	}
	if n := runs[0].Rows(); n != mostRows || runs[0].LeftOut() != 19*600+100 {
		t.Errorf("%d rows without %d", n, runs[0].LeftOut())
	}
}

// A training that diverged is told from an epoch that a callback cut short, and a curve that lies on 0 from one that doesn't.
func TestOddNumbers(t *testing.T) {
	r := &fastlearn.Recorder{MetricNames: []string{"epoch", "train_loss", "valid_loss", "accuracy", "time"}, Iters: []int{3, 6},
		Values: [][]float64{{math.NaN(), math.NaN(), 0}, {math.NaN()}}, Losses: []float64{math.NaN()}}
	f := NewFit(1, r, 0, 0)
	if got := fmt.Sprint(f.Lines()); got != "[[0 NaN NaN 0.0000 –] [1 NaN – – –]]" {
		t.Errorf("%s", got)
	}
	c := NewChart(Axes{Title: "Accuracy"}, Curve{Name: "accuracy", Points: []Point{{3, 0}, {6, 0}}})
	if n := len(c.YTicks); n < 2 || c.YTicks[0].Label == c.YTicks[n-1].Label || strings.Contains(c.YTicks[0].Label, "e-") {
		t.Errorf("ticks %v", c.YTicks)
	}
	if a, b := width("tulip"), width("花の名前だ"); a >= b {
		t.Errorf("%v and %v wide", a, b)
	}
}

// A matrix of a thousand classes, where half of a hundred thousand pictures are taken for others, is drawn in few elements.
func TestThousandClasses(t *testing.T) {
	const n = 1000
	counts, names := make([][]int, n), make([]string, n)
	cells := 0
	for i := range counts {
		counts[i], names[i] = make([]int, n), fmt.Sprint("class ", i)
		for k := range 50 {
			counts[i][(i+k*k)%n] = 1 + k
		}
		for _, v := range counts[i] {
			cells += min(v, 1)
		}
	}
	p := &Page{Outcome: &Outcome{Matrix: NewMatrix(counts, names)}}
	html, err := p.Part("results")
	if err != nil {
		t.Fatal(err)
	}
	if drawn := strings.Count(html, "h11v11h-11z"); drawn != cells || strings.Count(html, "<rect") != 1 || len(html) > 2<<20 {
		t.Errorf("%d of %d cells in %d bytes", drawn, cells, len(html))
	}
	dark := regexp.MustCompile(`fill-opacity="1" d="([^"]*)"`).FindStringSubmatch(html)
	if d := p.Outcome.Matrix.Drawing; dark == nil || !strings.Contains(dark[1], fmt.Sprintf("M%s %sh11v11h-11z", coordinate(d.Left+11*(49*49%n)), coordinate(d.Top))) {
		t.Error("the largest number isn't among the darkest")
	}
}

// One output of a model may tell two classes apart: there is no probability of the second.
func TestOneOutput(t *testing.T) {
	i := &fastlearn.Interpretation{Preds: &fastlearn.Preds{Targets: []int{1}, Decoded: []int{1}, Losses: []float64{1}, Probs: [][]float64{{0.9}}}, Vocab: []string{"a", "b"}, Files: []string{"nowhere"}}
	if l := NewLosses(i, 1); strings.Contains(fmt.Sprint(l.Pictures[0].Lines), "1.00 / ") || l.Heading != "Prediction / Actual / Loss" {
		t.Errorf("%q", l.Pictures[0].Lines)
	}
}

// A class that the loss ignores is neither wrong nor right.
func TestIgnoredTarget(t *testing.T) {
	i := &fastlearn.Interpretation{Preds: &fastlearn.Preds{Targets: []int{-100, 1}, Decoded: []int{1, 1}, Losses: []float64{1, 0}}, Vocab: []string{"a", "b"}, Files: []string{"x", "y"}}
	l := NewLosses(i, 2)
	if p := l.Pictures[0]; p.Wrong || p.Lines[0] != "b /" || p.Lines[1] != "-100" {
		t.Errorf("ignored: %+v", p)
	}
	if p := l.Pictures[1]; p.Wrong || p.Lines[0] != "b /" || p.Lines[1] != "b" {
		t.Errorf("right: %+v", p)
	}
}
