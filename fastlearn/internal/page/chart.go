package page

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/scale"
)

// Point is a place on a curve; one whose Y isn't finite lifts the pen.
type Point struct{ X, Y float64 }

// Curve is what is drawn as one line; Dots marks each of its points.
type Curve struct {
	Name   string
	Points []Point
	Dots   bool
}

// Axes says what curves are drawn over, and how.
type Axes struct {
	Title, X string
	Whole    bool // the x axis counts
	Shares   bool // the y axis goes from 0 to 1, so that charts can be compared and nothing looks worse than it is
	SharesX  bool // and the x axis
	MayLog   bool // the y axis is logarithmic where its values are positive and span more than two powers of ten
	LogX     bool
	UpTo     float64 // the x axis goes from 0 to this at least
	Marks    []Mark
}

// Mark is a place on the x axis that a vertical line shows, with its words or none.
type Mark struct {
	X    float64
	Text string
}

// Chart is a line chart, its numbers worked out for the template to draw.
type Chart struct {
	Title, XLabel, Desc    string
	W, H                   int
	Left, Right, Top, Base float64 // of the area of the curves
	XTicks, YTicks, Marks  []mark
	Series                 []series
}

type mark struct {
	At    string
	Label string
}

type series struct {
	Name, Class, Path string
	Dots              []dot
}

type dot struct{ X, Y, Title string }

const chartWidth, chartHeight = 360, 220

// axis places values between two ends of the drawing.
type axis struct {
	span
	log      bool
	from, to float64
	ticks    []scale.Tick
}

func (a *axis) at(v float64) float64 {
	if a.log {
		return a.from + math.Log(v/a.lo)/math.Log(a.hi/a.lo)*(a.to-a.from)
	}
	return a.from + (v-a.lo)/(a.hi-a.lo)*(a.to-a.from)
}

func (a *axis) divide(whole bool) {
	if a.log {
		a.ticks = scale.Decades(a.lo, a.hi)
	} else {
		a.ticks = scale.Ticks(a.lo, a.hi, 5, whole)
	}
}

func (a *axis) marks() (all []mark) {
	for _, t := range a.ticks {
		all = append(all, mark{coordinate(a.at(t.Value)), t.Label})
	}
	return all
}

// NewChart draws curves. It is nil where there is nothing to draw.
func NewChart(axes Axes, curves ...Curve) *Chart {
	x, y := axis{span: span{math.Inf(1), math.Inf(-1)}}, axis{span: span{math.Inf(1), math.Inf(-1)}}
	var kept []Curve
	for _, c := range curves {
		any := false
		for _, p := range c.Points {
			if p.finite() {
				any = true
				x.add(p.X)
				y.add(p.Y)
			}
		}
		if any {
			kept = append(kept, c)
		}
	}
	if kept == nil {
		return nil
	}
	if axes.UpTo > 0 {
		x.add(0)
		x.add(axes.UpTo)
	}
	c := &Chart{Title: axes.Title, XLabel: axes.X, W: chartWidth, H: chartHeight, Top: 12, Right: chartWidth - 12, Base: chartHeight - 40}
	switch {
	case axes.Shares:
		y.span = span{0, 1}
	case axes.MayLog && y.lo > 0 && y.hi/y.lo > 100:
		y.log = true
		c.Title += " (logarithmic)"
	default:
		y.widen()
	}
	switch {
	case axes.SharesX:
		x.span = span{0, 1}
	case x.hi == x.lo:
		x.lo, x.hi = x.lo-0.5, x.hi+0.5
	default:
		x.log = axes.LogX && x.lo > 0
	}
	y.divide(false)
	x.divide(axes.Whole)
	longest := 0
	for _, t := range y.ticks {
		longest = max(longest, len(t.Label))
	}
	c.Left = 16 + 6.6*float64(longest)
	if n := len(x.ticks); n > 0 {
		c.Right -= max(0, 3.6*float64(len(x.ticks[n-1].Label))-10) // half of the last label
	}
	x.from, x.to, y.from, y.to = c.Left, c.Right, c.Base, c.Top
	c.XTicks, c.YTicks = x.marks(), y.marks()
	for _, m := range axes.Marks {
		if m.X > x.lo && m.X < x.hi {
			c.Marks = append(c.Marks, mark{coordinate(x.at(m.X)), m.Text})
		}
	}
	var said []string
	for i, curve := range kept {
		s := newSeries(curve, &x, &y)
		s.Class = fmt.Sprintf("s%d", i%6)
		c.Series = append(c.Series, s)
		points := slices.DeleteFunc(slices.Clone(curve.Points), func(p Point) bool { return !p.finite() })
		said = append(said, fmt.Sprintf("%s from %s to %s", curve.Name, scale.Short(points[0].Y), scale.Short(points[len(points)-1].Y)))
	}
	c.Desc = fmt.Sprintf("%s over %s: %s.", c.Title, axes.X, strings.Join(said, "; "))
	return c
}

// newSeries draws a curve's lines, and dots where it is to have them or a line would have no length.
func newSeries(curve Curve, x, y *axis) series {
	s := series{Name: curve.Name}
	var path strings.Builder
	finite := func(k int) bool { return k >= 0 && k < len(curve.Points) && curve.Points[k].finite() }
	for k, p := range curve.Points {
		if !finite(k) {
			continue
		}
		command := "L"
		if !finite(k - 1) {
			command = "M"
		}
		path.WriteString(command + coordinate(x.at(p.X)) + " " + coordinate(y.at(p.Y)))
		if curve.Dots || command == "M" && !finite(k+1) {
			s.Dots = append(s.Dots, dot{coordinate(x.at(p.X)), coordinate(y.at(p.Y)), fmt.Sprintf("%s %s at %s", curve.Name, scale.Short(p.Y), scale.Short(p.X))})
		}
	}
	s.Path = path.String()
	return s
}

// coordinate writes a place in a drawing with a tenth of its unit.
func coordinate(v float64) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0") }

// span is what an axis has room for.
type span struct{ lo, hi float64 }

func (s *span) add(v float64) { s.lo, s.hi = min(s.lo, v), max(s.hi, v) }

// widen leaves a little room above and below, and takes 0 in where it is near.
func (s *span) widen() {
	if s.hi == s.lo {
		room := math.Abs(s.lo) * 0.1
		if room == 0 {
			room = 0.1
		}
		s.lo, s.hi = s.lo-room, s.hi+room
		return
	}
	if s.lo > 0 && s.lo < (s.hi-s.lo)/2 {
		s.lo = 0
	}
	room := (s.hi - s.lo) * 0.05
	if s.lo != 0 {
		s.lo -= room
	}
	s.hi += room
}

func (p Point) finite() bool { return !math.IsNaN(p.Y) && math.Abs(p.Y) < 1e300 }

// thinned are at most about most of n values, evenly chosen, the last one among them.
func thinned(values []float64, most int) []Point {
	step := max(1, (len(values)+most-1)/most)
	var points []Point
	for i := step - 1; i < len(values); i += step {
		points = append(points, Point{float64(i + 1), values[i]})
	}
	if n := len(values); n%step != 0 {
		points = append(points, Point{float64(n), values[n-1]})
	}
	return points
}
