package plot

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"

	"github.com/disintegration/imaging"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/palette/moreland"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
)

// LayerStats draws mean and standard deviation of a layer's output, and how much of it is near zero, over the training
// batches (fastai's plot_layer_stats).
func LayerStats(s callback.LayerStats, opts ...Option) (*Figure, error) {
	l, err := looking("LayerStats", "", opts)
	if err != nil {
		return nil, err
	}
	if len(s.Mean) == 0 || len(s.Std) != len(s.Mean) || len(s.NearZero) != len(s.Mean) {
		return nil, errNothing
	}
	percent := make([]float64, len(s.NearZero))
	for i, v := range s.NearZero {
		percent[i] = 100 * v
	}
	mean, std, near := l.newPlot(s.Name+": mean", "training batches", ""), l.newPlot(s.Name+": std", "training batches", ""), l.newPlot(s.Name+": % near zero", "training batches", "")
	for i, values := range [][]float64{s.Mean, s.Std, percent} {
		var xys plotter.XYs
		for k, v := range values {
			xys = appendFinite(xys, float64(k+1), v)
		}
		if xys == nil {
			return nil, fmt.Errorf("plot: no number of %s is finite: the training has diverged, try a smaller rate", s.Name)
		}
		p := []*plot.Plot{mean, std, near}[i]
		curve, err := plotter.NewLine(xys)
		if err != nil {
			return nil, fmt.Errorf("plot: %w", err)
		}
		curve.Color, curve.Width = l.curve(i), 1.4
		p.Add(curve)
	}
	return l.tiled(2.6*vg.Inch, mean, std, near)
}

// ColorDim draws the histograms of a layer's output, a column for each training batch, low values at the bottom, bright
// where there are many: fastai's colourful dimension (color_dim). In a good training the colours change slowly; where they grow and then break down to the bottom
// again and again, the layer learns and forgets. [callback.ActivationStats] needs [callback.WithHist].
func ColorDim(s callback.LayerStats, opts ...Option) (*Figure, error) {
	l, err := looking("ColorDim", s.Name+": activations", opts)
	if err != nil {
		return nil, err
	}
	if len(s.Hist) == 0 {
		return nil, errors.New("plot: there are no histograms: give ActivationStats the option WithHist, and train")
	}
	bins := len(s.Hist[0])
	most := 0.0
	for i, h := range s.Hist {
		if len(h) != bins || bins == 0 {
			return nil, fmt.Errorf("plot: the histogram of batch %d has %d counts, and the first %d", i+1, len(h), bins)
		}
		for _, v := range h {
			most = max(most, math.Log1p(max(v, 0)))
		}
	}
	m := image.NewRGBA(image.Rect(0, 0, len(s.Hist), bins))
	for x, h := range s.Hist {
		for y, v := range h {
			m.Set(x, bins-1-y, heat(math.Log1p(max(v, 0))/max(most, 1e-9)))
		}
	}
	p := l.newPlot("", "training batches", "activation")
	p.Add(plotter.NewImage(imaging.Resize(m, 900, 360, imaging.NearestNeighbor), 0.5, 0, float64(len(s.Hist))+0.5, 10))
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0.5, float64(len(s.Hist))+0.5, 0, 10
	return l.fluid(7*vg.Inch, 3*vg.Inch, func(c draw.Canvas) { p.Draw(draw.Crop(c, 8, -16, 8, -8)) })
}

var heats = func() (all [256]color.Color) {
	m := moreland.ExtendedBlackBody()
	m.SetMax(1)
	for i := range all {
		c, err := m.At(float64(i) / 255)
		if err != nil {
			panic(err)
		}
		all[i] = c
	}
	return all
}()

// heat goes from black over violet, red and yellow to white, ever brighter, as v goes from 0 to 1.
func heat(v float64) color.Color { return heats[int(255*min(max(v, 0), 1))] }
