package page

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Run is one fit, or some that follow each other and measure the same things, such as FineTune's two: they share a
// table and charts.
type Run struct {
	ID     string
	Title  string
	Heads  []string
	Fits   []Fit
	Charts []*Chart
	Took   string
}

// Runs puts fits together, in their order. One of which nothing is known yet waits until it is, unless it is the first.
func Runs(fits []Fit) (runs []Run) {
	if n := len(fits); n > 1 && fits[n-1].Heads == nil {
		fits = fits[:n-1]
	}
	for len(fits) > 0 {
		n := 1
		for n < len(fits) && slices.Equal(fits[n].Heads, fits[0].Heads) {
			n++
		}
		runs = append(runs, newRun(slices.Clone(fits[:n])))
		fits = fits[n:]
	}
	return runs
}

func newRun(fits []Fit) Run {
	first, last := fits[0], fits[len(fits)-1]
	r := Run{ID: fmt.Sprintf("run-%d", first.Number), Title: first.Title(), Heads: first.Heads, Fits: fits, Charts: charts(fits), Took: first.Took()}
	if len(fits) > 1 {
		r.Title = fmt.Sprintf("Fits %d to %d", first.Number, last.Number)
		var sum time.Duration
		n := 0
		for _, f := range fits {
			sum += f.Total
			n += f.Epochs
		}
		r.Took = took(n, sum)
	}
	room := mostRows
	for i := len(fits) - 1; i >= 0; i-- { // the last rows of all
		f := &r.Fits[i]
		if n := len(f.Rows) - room; n > 0 {
			f.LeftOut += n
			f.Rows = f.Rows[n:]
		}
		room -= len(f.Rows)
	}
	return r
}

// LeftOut are epochs that aren't in the table.
func (r Run) LeftOut() (n int) {
	for _, f := range r.Fits {
		n += f.LeftOut
	}
	return n
}

// Rows is how many rows the table has.
func (r Run) Rows() (n int) {
	for _, f := range r.Fits {
		n += len(f.Rows)
	}
	return n
}

// Several tells whether the table tells fits apart.
func (r Run) Several() bool { return len(r.Fits) > 1 }

// HTML writes the inside of a run.
func (r Run) HTML() (string, error) {
	var b strings.Builder
	err := templates.ExecuteTemplate(&b, "run", r)
	return b.String(), err
}

// magnitudes are the names of metrics that aren't fractions even below 1, and whose powers of ten matter.
var magnitudes = regexp.MustCompile(`(?i)loss|entropy|perplexity|\b(r?mse|mae|msle|rmspe)\b`)

// IsFraction tells whether a metric is a fraction: an accuracy, a rate, a score from 0 to 1.
func IsFraction(name string, points []Point) bool {
	return !magnitudes.MatchString(strings.ReplaceAll(name, "_", " ")) && !slices.ContainsFunc(points, func(p Point) bool { return p.Y < 0 || p.Y > 1 })
}

// charts draws the losses, the metrics and the schedules of fits one after the other.
func charts(fits []Fit) (all []*Chart) {
	axes := Axes{X: "training batches", Whole: true, MayLog: true}
	epochs, before := 0, 0
	var starts []float64
	for _, f := range fits {
		if epochs += f.Epochs; before > 0 {
			axes.Marks = append(axes.Marks, Mark{float64(before), f.Title()})
		}
		starts = append(starts, float64(before))
		before += f.batches
	}
	axes.UpTo = float64(before) // so that charts stand under each other
	joined := func(name string, dots bool, of func(Fit) []Point) Curve {
		c, n := Curve{Name: name, Dots: dots && epochs <= mostDots}, 0
		for _, f := range fits {
			n += len(of(f))
		}
		step := max(1, n/mostPoints) // many fits have hardly more points than one
		for i, f := range fits {
			points := of(f)
			if c.Points != nil {
				c.Points = append(c.Points, Point{starts[i], math.NaN()})
			}
			for k := max(0, len(points)-1) % step; k < len(points); k += step {
				c.Points = append(c.Points, Point{starts[i] + points[k].X, points[k].Y})
			}
		}
		return c
	}
	add := func(title string, axes Axes, curves ...Curve) {
		axes.Title = capital(title)
		if c := NewChart(axes, curves...); c != nil {
			all = append(all, c)
		}
	}
	metric := func(name string, k int) Curve {
		return joined(name, true, func(f Fit) []Point { return f.metrics[k] })
	}
	heads := fits[0].Heads
	losses := []Curve{joined("training", false, func(f Fit) []Point { return f.train })}
	if len(heads) > 3 {
		losses = append(losses, metric("validation", 0))
	}
	add("Loss", axes, losses...)
	shares, plain := axes, axes
	shares.Shares = true
	var fractions []Curve
	for k := 1; k < len(heads)-3; k++ {
		c := metric(heads[k+2], k)
		if IsFraction(c.Name, c.Points) {
			fractions = append(fractions, c)
			continue
		}
		plain.MayLog = magnitudes.MatchString(c.Name)
		add(c.Name, plain, c)
	}
	for few := range slices.Chunk(fractions, 4) { // as many as one can tell apart
		title := "Metrics"
		if len(few) == 1 {
			title = few[0].Name
		}
		add(title, shares, few...)
	}
	titles := map[string]string{"lr": "learning rate", "mom": "momentum", "wd": "weight decay"}
	var names []string
	for _, f := range fits {
		for name := range f.hypers {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		title := name
		if t, known := titles[name]; known {
			title = t
		}
		add(title, axes, joined(title, false, func(f Fit) []Point { return f.hypers[name] }))
	}
	return all
}
