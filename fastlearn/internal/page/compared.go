package page

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Compared is what two runs have in common, and what not.
type Compared struct {
	A, B        string
	Heads       []string
	Metrics     [][]string
	Charts      []*Chart
	Scores      [][]string
	Differences [][]string // settings and versions
	Same        string     // what is said where there are none
}

// NewCompared compares two runs, each named as it is to be shown.
func NewCompared(a, b *Record, nameA, nameB string) *Compared {
	c := &Compared{A: nameA, B: nameB, Heads: []string{"Metric", "A, best", "B, best", "B − A", "A, last", "B, last"}, Same: "Both have the same settings, as far as both are known."}
	for k := 1; k < len(a.Heads)-1; k++ {
		c.add(a, b, a.Heads[k])
	}
	for k := 1; k < len(b.Heads)-1; k++ {
		if !slices.Contains(a.Heads, b.Heads[k]) {
			c.add(a, b, b.Heads[k])
		}
	}
	if a.ECE != nil || b.ECE != nil {
		c.Metrics = append(c.Metrics, []string{"expected calibration error", "", "", "", optional(a.ECE), optional(b.ECE)})
	}
	c.Metrics = append(c.Metrics, []string{"epochs", "", "", "", fmt.Sprint(len(a.Epochs)), fmt.Sprint(len(b.Epochs))},
		[]string{"time", "", "", "", a.clock(), b.clock()})
	c.scores(a.Scores, b.Scores)
	if a.Settings == nil || b.Settings == nil {
		c.Same = "The settings aren't compared: a table of epochs doesn't have them."
	} else {
		c.differ(a.Settings, b.Settings)
		c.differ(a.Versions, b.Versions)
	}
	return c
}

func (r *Record) clock() string { return Clock(time.Duration(r.Seconds * float64(time.Second))) }

func optional(v *float64) string {
	if v == nil {
		return "–"
	}
	return number4(*v)
}

// column is a metric's numbers, nil where the run doesn't have it.
func (r *Record) column(head string) (points []Point) {
	k := slices.Index(r.Heads, head) - 1
	if k < 0 || k >= len(r.Heads)-2 {
		return nil
	}
	for e := range r.Epochs {
		points = append(points, Point{float64(e), r.value(e, k)})
	}
	return points
}

// add compares what the runs have of one head.
func (c *Compared) add(a, b *Record, head string) {
	of := [2][]Point{a.column(head), b.column(head)}
	both := append(slices.Clone(of[0]), of[1]...)
	row := []string{head, "–", "–", "–", "–", "–"}
	var best [2]float64
	for i, points := range of {
		best[i] = math.NaN()
		for _, p := range points {
			if math.IsNaN(best[i]) || Less(head) && p.Y < best[i] || !Less(head) && p.Y > best[i] {
				best[i] = p.Y
			}
		}
		if len(points) > 0 {
			row[1+i], row[4+i] = number4(best[i]), number4(points[len(points)-1].Y)
		}
	}
	if d := best[1] - best[0]; !math.IsNaN(d) {
		row[3] = signed(d)
	}
	c.Metrics = append(c.Metrics, row)
	axes := Axes{Title: capital(head), X: "epoch", Whole: true, Shares: IsFraction(head, both), MayLog: magnitudes.MatchString(head)}
	dots := len(both) <= mostDots
	if chart := NewChart(axes, Curve{"A", of[0], dots}, Curve{"B", of[1], dots}); chart != nil {
		c.Charts = append(c.Charts, chart)
	}
}

// Less tells whether less of a metric is better: losses and errors.
func Less(head string) bool {
	head = strings.ReplaceAll(head, "_", " ")
	return magnitudes.MatchString(head) || strings.Contains(head, "error") || strings.Contains(head, "hamming loss")
}

func signed(d float64) string { return strings.Replace(fmt.Sprintf("%+.4f", d), "-", "−", 1) }

// scores lists the classes by how much B has lost.
func (c *Compared) scores(a, b map[string]float64) {
	type score struct {
		class string
		row   []string
		d     float64
	}
	var all []score
	for class, x := range a {
		s := score{class, []string{class, fmt.Sprintf("%.3f", x), "–", "–"}, math.Inf(1)}
		if y, ok := b[class]; ok {
			s.d = y - x
			s.row[2], s.row[3] = fmt.Sprintf("%.3f", y), strings.Replace(fmt.Sprintf("%+.3f", s.d), "-", "−", 1)
		}
		all = append(all, s)
	}
	for class, y := range b {
		if _, ok := a[class]; !ok && a != nil {
			all = append(all, score{class, []string{class, "–", fmt.Sprintf("%.3f", y), "–"}, math.Inf(1)})
		}
	}
	if a == nil || b == nil {
		return
	}
	slices.SortFunc(all, func(x, y score) int { return cmp.Or(cmp.Compare(x.d, y.d), strings.Compare(x.class, y.class)) })
	for _, s := range all {
		c.Scores = append(c.Scores, s.row)
	}
}

// differ lists what the runs have other values of.
func (c *Compared) differ(a, b []Fact) {
	value := func(facts []Fact, name string) string {
		for _, f := range facts {
			if f.Name == name {
				return f.Value
			}
		}
		return "–"
	}
	for i, f := range append(slices.Clone(a), b...) {
		x, y := value(a, f.Name), value(b, f.Name)
		if x != y && (i < len(a) || x == "–") {
			c.Differences = append(c.Differences, []string{f.Name, x, y})
		}
	}
}
