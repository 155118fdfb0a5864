package page

import (
	"fmt"
	"math"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/scale"
)

// Point is a place on a curve.
type Point struct{ X, Y float64 }

// Curve is what is drawn as one line; Dots marks each of its points.
type Curve struct {
	Name   string
	Points []Point
	Dots   bool
}

// Chart is a line chart, its numbers worked out for the template to draw.
type Chart struct {
	Title, XLabel, Desc    string
	W, H                   int
	Left, Right, Top, Base float64 // of the area of the curves
	XTicks, YTicks         []mark
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

// NewChart draws curves over x. Where they span more than two powers of ten and are positive, the
// y axis is logarithmic. It is nil where there is nothing to draw.
func NewChart(title, xLabel string, whole bool, curves ...Curve) *Chart {
	return newChart(title, xLabel, whole, false, curves)
}

// NewShares is NewChart for curves of fractions, whose axis goes from 0 to 1, so that charts can be compared and nothing looks worse than it is.
func NewShares(title, xLabel string, whole bool, curves ...Curve) *Chart {
	return newChart(title, xLabel, whole, true, curves)
}

func newChart(title, xLabel string, whole, shares bool, curves []Curve) *Chart {
	x, y := span{math.Inf(1), math.Inf(-1)}, span{math.Inf(1), math.Inf(-1)}
	var kept []Curve
	for _, c := range curves {
		c.Points = finite(c.Points)
		for _, p := range c.Points {
			x.add(p.X)
			y.add(p.Y)
		}
		if len(c.Points) > 0 {
			kept = append(kept, c)
		}
	}
	if kept == nil {
		return nil
	}
	c := &Chart{Title: title, XLabel: xLabel, W: chartWidth, H: chartHeight, Top: 12, Right: chartWidth - 12, Base: chartHeight - 40}
	log := !shares && y.lo > 0 && y.hi/y.lo > 100
	ticks := func(lo, hi float64) []scale.Tick { return scale.Ticks(lo, hi, 5, false) }
	switch {
	case log:
		c.Title += " (logarithmic)"
		ticks = scale.Decades
	case shares:
		y = span{0, 1}
	default:
		y.widen()
	}
	if x.hi == x.lo {
		x.lo, x.hi = x.lo-0.5, x.hi+0.5
	}
	longest := 0
	for _, t := range ticks(y.lo, y.hi) {
		longest = max(longest, len(t.Label))
	}
	c.Left = 16 + 6.6*float64(longest)
	xTicks := scale.Ticks(x.lo, x.hi, 5, whole)
	if n := len(xTicks); n > 0 {
		c.Right -= max(0, 3.6*float64(len(xTicks[n-1].Label))-10) // half of the last label
	}
	toX := func(v float64) float64 { return c.Left + (v-x.lo)/(x.hi-x.lo)*(c.Right-c.Left) }
	toY := func(v float64) float64 {
		if log {
			return c.Base - math.Log(v/y.lo)/math.Log(y.hi/y.lo)*(c.Base-c.Top)
		}
		return c.Base - (v-y.lo)/(y.hi-y.lo)*(c.Base-c.Top)
	}
	for _, t := range ticks(y.lo, y.hi) {
		c.YTicks = append(c.YTicks, mark{coordinate(toY(t.Value)), t.Label})
	}
	for _, t := range xTicks {
		c.XTicks = append(c.XTicks, mark{coordinate(toX(t.Value)), t.Label})
	}
	var said []string
	for i, curve := range kept {
		s := series{Name: curve.Name, Class: fmt.Sprintf("s%d", i%6)}
		var path strings.Builder
		for k, p := range curve.Points {
			fmt.Fprintf(&path, "%c%s %s", "ML"[min(k, 1)], coordinate(toX(p.X)), coordinate(toY(p.Y)))
			if curve.Dots || len(curve.Points) == 1 {
				s.Dots = append(s.Dots, dot{coordinate(toX(p.X)), coordinate(toY(p.Y)), fmt.Sprintf("%s %s at %s", curve.Name, scale.Short(p.Y), scale.Short(p.X))})
			}
		}
		s.Path = path.String()
		first, last := curve.Points[0].Y, curve.Points[len(curve.Points)-1].Y
		said = append(said, fmt.Sprintf("%s from %s to %s", curve.Name, scale.Short(first), scale.Short(last)))
		c.Series = append(c.Series, s)
	}
	c.Desc = fmt.Sprintf("%s over %s: %s.", c.Title, xLabel, strings.Join(said, "; "))
	return c
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

func finite(points []Point) []Point {
	var kept []Point
	for _, p := range points {
		if !math.IsNaN(p.Y) && math.Abs(p.Y) < 1e300 {
			kept = append(kept, p)
		}
	}
	return kept
}

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
