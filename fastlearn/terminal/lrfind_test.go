package terminal

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// found is a curve as the finder sees it: level, falling, exploding.
func found() *fastlearn.LRFound {
	f := &fastlearn.LRFound{Valley: 2e-3, Slide: 1e-1, Minimum: 5e-2, Steep: 4e-2}
	for i := range 100 {
		lr := fastlearn.SchedExp(1e-7, 10)(float64(i) / 100)
		x := math.Log10(lr)
		f.LRs = append(f.LRs, lr)
		f.Losses = append(f.Losses, 2.5-1.6/(1+math.Exp(-2*(x+2.5)))+math.Exp(3*(x-0.2)))
	}
	return f
}

// The curve falls where the loss does, has each suggestion where its rate is, and its lines
// fit, whatever the width.
func TestLRFindText(t *testing.T) {
	for _, width := range []int{1, 20, 29, 30, 31, 40, 80, 100, 300} {
		text, err := lrFind(found(), width, false)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		for _, line := range lines {
			if width >= 20 && len(line) > min(width, 100) || strings.ContainsAny(line, "\x1b\t") || strings.HasSuffix(line, " ") {
				t.Errorf("%d columns: %q", width, line)
			}
		}
		if drawn := len(lines) >= rows; drawn != (width >= 30) {
			t.Errorf("%d columns: drawn %v\n%s", width, drawn, text)
		}
		if !strings.Contains(text, "V valley 2.0e-03") || !strings.Contains(text, "T steep 4.0e-02") {
			t.Errorf("%d columns: no suggestions in\n%s", width, text)
		}
	}
	text, err := lrFind(found(), 80, false)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(text, "\n")
	last := func(s string) int { return strings.LastIndexAny(s, "*|VSMT") }
	if first := lines[0]; last(first) < 70 { // the highest loss is the last one
		t.Errorf("the curve ends elsewhere than at the right, above: %q", first)
	}
	axis, names := lines[rows], lines[rows+1]
	at := func(letter string) int {
		for _, l := range lines[:rows] {
			if i := strings.Index(l, letter); i > 0 {
				return i
			}
		}
		return -1
	}
	// 2e-3 lies between the marks of 1e-3 and 1e-2, a third of the way
	a, b := strings.Index(names, "1e-3")+1, strings.Index(names, "1e-2")+1
	if axis[a] != '+' || axis[b] != '+' || math.Abs(float64(at("V"))-(float64(a)+0.3*float64(b-a))) > 1 {
		t.Errorf("V at %d between %d and %d:\n%s", at("V"), a, b, text)
	}
	if !(at("V") < at("T") && at("T") < at("S")) {
		t.Errorf("suggestions in the wrong order:\n%s", text)
	}
}

// Colours change nothing but colours.
func TestLRFindColours(t *testing.T) {
	plain, err := lrFind(found(), 80, false)
	if err != nil {
		t.Fatal(err)
	}
	coloured, err := lrFind(found(), 80, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []string{"31", "32", "33", "34", "35", "0"} {
		if !strings.Contains(coloured, "\x1b["+c+"m") {
			t.Errorf("no colour %s", c)
		}
		coloured = strings.ReplaceAll(coloured, "\x1b["+c+"m", "")
	}
	if coloured != plain {
		t.Errorf("without its colours:\n%s", coloured)
	}
	var b bytes.Buffer
	if err := LRFind(&b, found()); err != nil || b.String() != plain {
		t.Errorf("what isn't a terminal gets %q, %v", b.String(), err)
	}
}

// What makes no curve is an error; what isn't a number in a curve is left out.
func TestLRFindOfStrangeCurves(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for name, f := range parity.Sorted(map[string]*fastlearn.LRFound{
		"nil": nil, "empty": {}, "short": {LRs: []float64{1, 2, 3, 4, 5, 6}, Losses: []float64{1, 2, 3, 4, 5, 6}},
		"no numbers": {LRs: make([]float64, 20), Losses: make([]float64, 20)},
	}) {
		if text, err := lrFind(f, 80, false); err == nil || text != "" {
			t.Errorf("%s: %q", name, text)
		}
	}
	f := found()
	f.Losses[3], f.Losses[50], f.Losses[70], f.Slide, f.Valley = nan, inf, -1e308, nan, 1e9
	text, err := lrFind(f, 80, false)
	if err != nil || strings.Contains(text, "S slide") || strings.Contains(text, "NaN") {
		t.Errorf("%v\n%s", err, text)
	}
	level := &fastlearn.LRFound{LRs: f.LRs, Losses: make([]float64, 100)}
	if text, err = lrFind(level, 80, false); err != nil || strings.Count(text, "*") != 80-len("loss |") {
		t.Errorf("level: %v\n%s", err, text)
	}
}

// Rates within less than two powers of ten are named at both ends.
func TestLRFindOfFewRates(t *testing.T) {
	for _, c := range []struct {
		from, to float64
		want     []string
	}{{2e-4, 8e-4, []string{"2.0e-04", "8.0e-04"}}, {2e-4, 5e-3, []string{"2.0e-04", "1e-3", "5.0e-03"}}, {1e-3, 1e-2, []string{"1e-3", "1e-2"}}} {
		f := &fastlearn.LRFound{}
		for i := range 56 { // of which the last five are not drawn
			f.LRs = append(f.LRs, fastlearn.SchedExp(c.from, c.to)(float64(i)/50))
			f.Losses = append(f.Losses, float64(60-i))
		}
		for _, width := range []int{30, 80} {
			text, err := lrFind(f, width, false)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(text, "\n")
			if got := strings.Fields(lines[rows+1])[1:]; !slices.Equal(got, c.want) || strings.Count(lines[rows], "+") != len(c.want)+1 {
				t.Errorf("%v to %v, %d columns: %q\n%s", c.from, c.to, width, got, text)
			}
		}
	}
}
