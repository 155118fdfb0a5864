package page

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/scale"
)

// Fit is what one fit left: its table and its curves. However long the fit is, it stays small.
type Fit struct {
	ID      string
	Title   string
	Heads   []string
	Rows    [][]string
	LeftOut int // epochs before the rows
	Charts  []*Chart
	Took    string
}

const (
	mostPoints = 500 // of a curve
	mostRows   = 500 // of the table: the last ones
)

// NewFit reads a recorder. Frozen is how many of how many parameter groups are frozen.
func NewFit(number int, r *fastlearn.Recorder, frozen, groups int) Fit {
	f := Fit{ID: fmt.Sprintf("fit-%d", number), Title: fmt.Sprintf("Fit %d", number)}
	if frozen > 0 {
		f.Title += fmt.Sprintf(": %d of %d parameter groups frozen", frozen, groups)
	}
	if len(r.MetricNames) > 0 {
		for _, h := range r.MetricNames {
			f.Heads = append(f.Heads, strings.ReplaceAll(h, "_", " "))
		}
	}
	f.LeftOut = max(0, len(r.Values)-mostRows)
	sum := total(r.Times)
	if len(r.Values) > 0 {
		f.Took = fmt.Sprintf("%s in %s", Count(len(r.Values), "epoch"), Clock(sum))
		if n := time.Duration(len(r.Values)); n > 1 {
			f.Took += fmt.Sprintf(", %s each", Clock(sum/n))
		}
	}
	for e := f.LeftOut; e < len(r.Values); e++ {
		row := []string{fmt.Sprint(e)}
		for k := range len(f.Heads) - 2 {
			row = append(row, shown(r, e, k))
		}
		took := "–"
		if e < len(r.Times) {
			took = Clock(r.Times[e])
		}
		f.Rows = append(f.Rows, append(row, took))
	}
	f.Charts = charts(r)
	return f
}

// shown is an epoch's k-th number in the table.
func shown(r *fastlearn.Recorder, epoch, k int) string {
	if k >= len(r.Values[epoch]) {
		return "–"
	}
	return number4(r.Values[epoch][k])
}

// value is an epoch's k-th number, NaN where a callback cancelled it.
func value(r *fastlearn.Recorder, epoch, k int) float64 {
	if k >= len(r.Values[epoch]) {
		return math.NaN()
	}
	return r.Values[epoch][k]
}

// charts draws the losses, the metrics and the schedules.
func charts(r *fastlearn.Recorder) (all []*Chart) {
	add := func(c *Chart) {
		if c != nil {
			all = append(all, c)
		}
	}
	const skip = 5 // batches whose loss says little, as fastai's plot_loss
	train := thinned(r.Losses, mostPoints)
	for len(train) > 10 && train[0].X <= skip {
		train = train[1:]
	}
	epochs := func(k int) (points []Point) {
		step := max(1, (len(r.Values)+mostPoints-1)/mostPoints)
		for e := (len(r.Values) - 1) % step; e < len(r.Values); e += step {
			if e >= 0 {
				points = append(points, Point{float64(r.Iters[e]), value(r, e, k)})
			}
		}
		return points
	}
	add(NewChart("Loss", "training batches", true, Curve{Name: "training", Points: train}, Curve{"validation", epochs(1), len(r.Values) <= 60}))
	var shares []Curve
	for k := 2; k < len(r.MetricNames)-2; k++ {
		c := Curve{strings.ReplaceAll(r.MetricNames[k+1], "_", " "), epochs(k), len(r.Values) <= 60}
		if slices.ContainsFunc(c.Points, func(p Point) bool { return p.Y < 0 || p.Y > 1 }) {
			add(NewChart(c.Name, "training batches", true, c))
		} else {
			shares = append(shares, c)
		}
	}
	for few := range slices.Chunk(shares, 4) { // as many as one can tell apart
		title := "Metrics"
		if len(few) == 1 {
			title = few[0].Name
		}
		add(NewShares(title, "training batches", true, few...))
	}
	titles := map[string]string{"lr": "learning rate", "mom": "momentum", "wd": "weight decay"}
	names := make([]string, 0, len(r.Hypers))
	for name := range r.Hypers {
		names = append(names, name)
	}
	slices.Sort(names)
	if len(names) == 0 && len(r.LRs) > 0 {
		add(NewChart("Learning rate", "training batches", true, Curve{Name: "learning rate", Points: thinned(r.LRs, mostPoints)}))
	}
	for _, name := range names {
		title := name
		if t, known := titles[name]; known {
			title = t
		}
		add(NewChart(title, "training batches", true, Curve{Name: title, Points: thinned(r.Hypers[name], mostPoints)}))
	}
	for _, c := range all {
		c.Title = capital(c.Title)
	}
	return all
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
		facts = append(facts, Fact{strings.ReplaceAll(name, "_", " "), shown(r, n-1, k)})
	}
	return append(facts, Fact{"last fit", Count(n, "epoch") + ", " + Clock(total(r.Times))})
}

func total(times []time.Duration) (sum time.Duration) {
	for _, t := range times {
		sum += t
	}
	return sum
}
