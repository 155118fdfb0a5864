package page

import (
	"math"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/scale"
)

// NewLRFind draws what a learning rate finder saw, without the end of the curve, where the loss grows (fastai's plot),
// and marks what it suggests; nil of nil.
func NewLRFind(found *fastlearn.LRFound) *Chart {
	if found == nil {
		return nil
	}
	curve := Curve{Name: "smoothed loss"}
	n := min(len(found.LRs), len(found.Losses))
	for i := range max(n-5, min(n, 1)) {
		curve.Points = append(curve.Points, Point{found.LRs[i], found.Losses[i]})
	}
	axes := Axes{Title: "Loss of each rate tried", X: "learning rate", LogX: true}
	suggested := []Curve{curve}
	for _, s := range []struct {
		name string
		lr   float64
	}{{"valley", found.Valley}, {"slide", found.Slide}, {"minimum", found.Minimum}, {"steep", found.Steep}} {
		if loss := at(curve.Points, s.lr); !math.IsNaN(loss) {
			suggested = append(suggested, Curve{s.name + " " + scale.Short(s.lr), []Point{{s.lr, loss}}, true})
		}
	}
	return NewChart(axes, suggested...)
}

// at is a curve's value at the place next to x; NaN where it has none near.
func at(points []Point, x float64) float64 {
	y, near := math.NaN(), math.Inf(1)
	for _, p := range points {
		if d := math.Abs(math.Log(p.X / x)); d < near {
			y, near = p.Y, d
		}
	}
	return y
}
