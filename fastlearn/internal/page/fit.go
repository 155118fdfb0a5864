package page

import (
	"cmp"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/scale"
)

// Fit is what one fit left: its rows and its curves. However long the fit is, it stays small.
type Fit struct {
	Number  int
	Note    string // how much of the model is frozen
	Heads   []string
	Epochs  int
	Total   time.Duration
	LeftOut int // epochs before the rows
	Rows    []Epoch

	batches int
	train   []Point
	metrics [][]Point // the validation's loss, then the metrics
	hypers  map[string][]Point
}

// Epoch is a row of the table: its values are fewer than its heads where a callback cancelled some.
type Epoch struct {
	Values []float64
	Took   time.Duration
}

const (
	mostPoints = 500 // of a curve
	mostRows   = 500 // of the table: the last ones
	mostDots   = 60  // epochs that have a dot each
)

// NewFit reads a recorder. Frozen is how many of how many parameter groups are frozen.
func NewFit(number int, r *fastlearn.Recorder, frozen, groups int) Fit {
	f := Fit{Number: number, Epochs: len(r.Values), Total: total(r.Times), batches: len(r.Losses), hypers: map[string][]Point{}}
	if frozen > 0 {
		f.Note = fmt.Sprintf("%d of %d parameter groups frozen", frozen, groups)
	}
	for _, h := range r.MetricNames {
		f.Heads = append(f.Heads, cmp.Or(strings.ReplaceAll(h, "_", " "), "unnamed"))
	}
	f.LeftOut = max(0, len(r.Values)-mostRows)
	for e := f.LeftOut; e < len(r.Values); e++ {
		row := Epoch{Values: r.Values[e]}
		if e < len(r.Times) {
			row.Took = r.Times[e]
		}
		f.Rows = append(f.Rows, row)
	}
	const skip = 5 // batches whose loss says little, as fastai's plot_loss
	f.train = thinned(r.Losses, mostPoints)
	for len(f.train) > 10 && f.train[0].X <= skip {
		f.train = f.train[1:]
	}
	for k := 1; k < len(f.Heads)-2; k++ {
		f.metrics = append(f.metrics, epochs(r, k))
	}
	for name, values := range r.Hypers {
		f.hypers[name] = thinned(values, mostPoints)
	}
	if len(r.Hypers) == 0 && len(r.LRs) > 0 {
		f.hypers["lr"] = thinned(r.LRs, mostPoints)
	}
	return f
}

// Title names a fit.
func (f Fit) Title() string {
	if f.Number == 0 { // a recorder's, which knows no other
		return "The last fit"
	}
	title := fmt.Sprintf("Fit %d", f.Number)
	if f.Note != "" {
		title += ": " + f.Note
	}
	return title
}

// Took is how long a fit took.
func (f Fit) Took() string { return took(f.Epochs, f.Total) }

func took(epochs int, total time.Duration) string {
	if epochs == 0 {
		return ""
	}
	took := fmt.Sprintf("%s in %s", Count(epochs, "epoch"), Clock(total))
	if n := time.Duration(epochs); n > 1 {
		took += fmt.Sprintf(", %s each", Clock(total/n))
	}
	return took
}

// Lines are the rows as they are shown.
func (f Fit) Lines() (lines [][]string) {
	for i, e := range f.Rows {
		line := []string{fmt.Sprint(f.LeftOut + i)}
		for k := range len(f.Heads) - 2 {
			line = append(line, e.shown(k))
		}
		took := "–"
		if e.Took > 0 {
			took = Clock(e.Took)
		}
		lines = append(lines, append(line, took))
	}
	return lines
}

// value is the k-th number, NaN where a callback cancelled it.
func (e Epoch) value(k int) float64 {
	if k >= len(e.Values) {
		return math.NaN()
	}
	return e.Values[k]
}

func (e Epoch) shown(k int) string {
	if k >= len(e.Values) {
		return "–"
	}
	return number4(e.Values[k])
}

// epochs are the k-th numbers of the epochs, over the batches trained until then.
func epochs(r *fastlearn.Recorder, k int) (points []Point) {
	step := max(1, (len(r.Values)+mostPoints-1)/mostPoints)
	for e := (len(r.Values) - 1) % step; e < len(r.Values); e += step {
		if e >= 0 {
			points = append(points, Point{float64(r.Iters[e]), Epoch{Values: r.Values[e]}.value(k)})
		}
	}
	return points
}

// capital begins a text with a capital letter.
func capital(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(s[:n]) + s[n:]
}

// number4 is a number of the table.
func number4(v float64) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case v != 0 && math.Abs(v) < 1e-3, math.Abs(v) >= 1e6:
		return scale.Short(v)
	case math.Abs(v) >= 100:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.4f", v)
}

// Clock writes a duration as people read it: 0.4 s, 12 s, 3:05, 1:02:03.
func Clock(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	s := int(d.Round(time.Second).Seconds())
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d:%02d min", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d h", s/3600, s/60%60, s%60)
}

// Count is so many of what: "1 epoch", "3 epochs".
func Count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Facts are the last epoch's numbers, and how long the last fit took.
func Facts(l *fastlearn.Learner) []Fact {
	r := l.Recorder
	n := len(r.Values)
	if n == 0 {
		return nil
	}
	var facts []Fact
	for k, name := range r.MetricNames[1 : len(r.MetricNames)-1] {
		facts = append(facts, Fact{strings.ReplaceAll(name, "_", " "), Epoch{Values: r.Values[n-1]}.shown(k)})
	}
	return append(facts, Fact{"last fit", Count(n, "epoch") + ", " + Clock(total(r.Times))})
}

func total(times []time.Duration) (sum time.Duration) {
	for _, t := range times {
		sum += t
	}
	return sum
}
