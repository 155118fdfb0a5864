package plot

import (
	"errors"
	"fmt"
	"image/color"
	"maps"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// Loss draws the smoothed loss of each training batch, without the first five where there are more than ten,
// and the loss of each validation (fastai's Recorder.plot_loss).
func Loss(r *fastlearn.Recorder, opts ...Option) (*Figure, error) {
	l, err := looking("Loss", "Loss", opts)
	if err := errors.Join(guard.Given("plot: Loss", r), err); err != nil {
		return nil, err
	}
	if len(r.Losses) == 0 {
		return nil, errNothing
	}
	skip := 0
	if len(r.Losses) > 10 {
		skip = 5
	}
	p := l.newPlot("", "training batches", "loss")
	var train, valid plotter.XYs
	for i, v := range r.Losses {
		if i >= skip {
			train = appendFinite(train, float64(i+1), v)
		}
	}
	for k, at := range r.Iters {
		if k < len(r.Values) && len(r.Values[k]) > 1 {
			valid = appendFinite(valid, float64(at), r.Values[k][1])
		}
	}
	if train == nil && valid == nil {
		return nil, errNoNumbers
	}
	if err := line(p, "training", l.curve(0), train); err != nil {
		return nil, err
	}
	if err := points(p, "validation", l.curve(1), valid); err != nil {
		return nil, err
	}
	return l.tiled(3.4*vg.Inch, p)
}

// Metrics draws the losses and each metric over the epochs; what has no number, such as a loss that is always NaN, is left
// out.
func Metrics(r *fastlearn.Recorder, opts ...Option) (*Figure, error) {
	l, err := looking("Metrics", "", opts)
	if err := errors.Join(guard.Given("plot: Metrics", r), err); err != nil {
		return nil, err
	}
	if len(r.Values) == 0 {
		return nil, errNothing
	}
	column := func(k int) (xys plotter.XYs) {
		for e, row := range r.Values {
			if k < len(row) {
				xys = appendFinite(xys, float64(e), row[k])
			}
		}
		return xys
	}
	loss := l.newPlot("loss", "epochs", "")
	var plots []*plot.Plot
	if column(0) != nil || column(1) != nil {
		plots = append(plots, loss)
	}
	for k, name := range []string{"training", "validation"} {
		if err := points(loss, name, l.curve(k), column(k)); err != nil {
			return nil, err
		}
	}
	for k := 2; k < len(r.MetricNames)-2; k++ {
		name := strings.ReplaceAll(r.MetricNames[k+1], "_", " ")
		curve := column(k)
		if len(curve) == 0 {
			continue
		}
		p := l.newPlot(shortened(textStyle(13).Width, name, 4.2*vg.Inch), "epochs", "")
		if err := points(p, "", l.curve(k), curve); err != nil {
			return nil, err
		}
		plots = append(plots, p)
	}
	if plots == nil {
		return nil, errNoNumbers
	}
	return l.tiled(3*vg.Inch, plots...)
}

// LRFind draws the loss over the rate, without the last five batches, with what is
// suggested (fastai's Recorder.plot_lr_find). A note says which suggestions lie beyond the curve.
func LRFind(f *fastlearn.LRFound, opts ...Option) (*Figure, error) {
	l, err := looking("LRFind", "Rate finder", opts)
	if err := errors.Join(guard.Given("plot: LRFind", f), err); err != nil {
		return nil, err
	}
	const skip = 5
	n := len(f.Losses) - skip
	if n < 2 {
		return nil, errors.New("plot: the rate finder tried too few batches to draw a curve")
	}
	p := l.newPlot("", "learning rate", "smoothed loss")
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, decades{}
	p.Legend.Left, p.Legend.YOffs = true, 0
	var curve plotter.XYs
	for i := range n {
		curve = appendFinite(curve, f.LRs[i], f.Losses[i])
	}
	if len(curve) < 2 {
		return nil, errors.New("plot: the losses of the rate finder aren't numbers")
	}
	if err := line(p, "", l.curve(0), curve); err != nil {
		return nil, err
	}
	for i, s := range []struct {
		name string
		rate float64
	}{{"valley", f.Valley}, {"slide", f.Slide}, {"minimum / 10", f.Minimum}, {"steep", f.Steep}} {
		if math.IsNaN(s.rate) {
			continue
		}
		if !(s.rate >= curve[0].X && s.rate <= curve[len(curve)-1].X) {
			l.notes = append(l.notes, fmt.Sprintf("%s %s lies beyond the curve", s.name, short(s.rate)))
			continue
		}
		at := plotter.XYs{{X: s.rate, Y: between(curve, s.rate)}}
		if err := points(p, s.name+" "+short(s.rate), l.curve(i+1), at); err != nil {
			return nil, err
		}
	}
	p.Y.Max += 0.35 * (p.Y.Max - p.Y.Min) // room for the legend, which would lie on the curve
	return l.tiled(3.8*vg.Inch, p)
}

// Schedules draws each batch's scheduled hyperparameters of the last group, such as rate
// and momentum; without a schedule the rate (fastai's Recorder.plot_sched).
func Schedules(r *fastlearn.Recorder, opts ...Option) (*Figure, error) {
	l, err := looking("Schedules", "", opts)
	if err := errors.Join(guard.Given("plot: Schedules", r), err); err != nil {
		return nil, err
	}
	hypers := r.Hypers
	if len(hypers) == 0 && len(r.LRs) > 0 { // no schedule: the rate stayed as it was
		hypers = map[string][]float64{"lr": r.LRs}
	}
	if len(hypers) == 0 {
		return nil, errNothing
	}
	names := slices.Sorted(maps.Keys(hypers))
	titles := map[string]string{"lr": "learning rate", "mom": "momentum", "wd": "weight decay"}
	var plots []*plot.Plot
	for i, name := range names {
		title := name
		if t, ok := titles[name]; ok {
			title = t
		}
		p := l.newPlot("", "training batches", title)
		var curve plotter.XYs
		for k, v := range hypers[name] {
			curve = appendFinite(curve, float64(k+1), v)
		}
		if err := line(p, "", l.curve(i), curve); err != nil {
			return nil, err
		}
		plots = append(plots, p)
	}
	return l.tiled(3*vg.Inch, plots...)
}

const most = 1e300 // beyond which an axis can't be divided

func appendFinite(xys plotter.XYs, x, y float64) plotter.XYs {
	if math.IsNaN(y) || math.Abs(y) > most {
		return xys
	}
	return append(xys, plotter.XY{X: x, Y: y})
}

func line(p *plot.Plot, name string, c color.Color, xys plotter.XYs) error {
	if len(xys) < 2 { // no line yet
		return points(p, name, c, xys)
	}
	l, err := plotter.NewLine(xys)
	if err != nil {
		return err
	}
	l.Color, l.Width = c, 1.5
	p.Add(l)
	if name != "" {
		p.Legend.Add(name, l)
	}
	return nil
}

// points draws dots, joined by a thin line.
func points(p *plot.Plot, name string, c color.Color, xys plotter.XYs) error {
	if len(xys) == 0 {
		return nil
	}
	l, s, err := plotter.NewLinePoints(xys)
	if err != nil {
		return err
	}
	l.Color, l.Width = c, 1
	s.GlyphStyle = draw.GlyphStyle{Color: c, Radius: 3.2, Shape: draw.CircleGlyph{}}
	p.Add(l, s)
	if name != "" {
		p.Legend.Add(name, s)
	}
	return nil
}

// decades marks the powers of ten.
type decades struct{}

// Ticks labels each power, and marks its multiples.
func (decades) Ticks(least, most float64) (ticks []plot.Tick) {
	for e := math.Floor(math.Log10(least)); math.Pow(10, e) <= most; e++ {
		for k := 1.0; k < 10; k++ {
			t := plot.Tick{Value: k * math.Pow(10, e)}
			if k == 1 {
				t.Label = fmt.Sprintf("1e%.0f", e)
			}
			if t.Value >= least*0.999 && t.Value <= most*1.001 {
				ticks = append(ticks, t)
			}
		}
	}
	return ticks
}

// between is the curve's height at x, where x grows along it by factors.
func between(curve plotter.XYs, x float64) float64 {
	for i := 1; i < len(curve); i++ {
		a, b := curve[i-1], curve[i]
		if x <= b.X {
			part := (math.Log(x) - math.Log(a.X)) / (math.Log(b.X) - math.Log(a.X))
			return a.Y + min(max(part, 0), 1)*(b.Y-a.Y)
		}
	}
	return curve[len(curve)-1].Y
}
