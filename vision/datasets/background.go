package datasets

import (
	"math"
	"math/rand/v2"
)

var (
	leafGreens = []rgb{{0.25, 0.47, 0.18}, {0.33, 0.55, 0.22}, {0.20, 0.42, 0.24}, {0.40, 0.58, 0.30}}
	skies      = [][2]rgb{{{0.55, 0.75, 0.95}, {0.86, 0.93, 0.98}}, {{0.98, 0.80, 0.65}, {0.99, 0.92, 0.80}}, {{0.70, 0.76, 0.84}, {0.90, 0.92, 0.93}}}
)

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func between(r *rand.Rand, lo, hi float64) float64 { return lo + r.Float64()*(hi-lo) }

// vary changes a colour a little.
func vary(r *rand.Rand, c rgb, by float64) rgb {
	return rgb{c.r + between(r, -by, by), c.g + between(r, -by, by), c.b + between(r, -by, by)}
}

// background paints sky, meadow, soil or blurred greenery.
func (c *canvas) background(r *rand.Rand) {
	switch r.IntN(4) {
	case 0:
		s := pick(r, skies)
		c.gradient(vary(r, s[0], 0.04), vary(r, s[1], 0.03))
		c.bokeh(r, 6, []rgb{{1, 1, 1}}, 0.18)
	case 1:
		s := pick(r, skies)
		horizon := between(r, 0.3, 0.65)
		c.gradient(vary(r, s[0], 0.04), vary(r, s[1], 0.03))
		c.ground(horizon, vary(r, pick(r, leafGreens), 0.05).times(1.15), vary(r, pick(r, leafGreens), 0.05).times(0.7))
		c.blades(r, horizon)
	case 2:
		c.gradient(vary(r, rgb{0.42, 0.31, 0.22}, 0.05), vary(r, rgb{0.25, 0.18, 0.13}, 0.03))
		c.bokeh(r, 40, []rgb{{0.5, 0.4, 0.3}, {0.2, 0.15, 0.1}, {0.3, 0.35, 0.2}}, 0.25)
	default:
		c.gradient(vary(r, pick(r, leafGreens), 0.06).times(1.1), vary(r, pick(r, leafGreens), 0.06).times(0.55))
		c.bokeh(r, 18, []rgb{{0.6, 0.75, 0.4}, {0.9, 0.95, 0.7}, {0.2, 0.35, 0.15}}, 0.22)
	}
}

func (c *canvas) gradient(top, bottom rgb) {
	for i := range c.pix {
		c.pix[i] = top.mix(bottom, float64(i/c.w)/float64(c.h))
	}
}

func (c *canvas) ground(horizon float64, near, far rgb) {
	for i := range c.pix {
		y := float64(i/c.w) / float64(c.h)
		edge := (y - horizon) * 12
		c.pix[i] = c.pix[i].mix(near.mix(far, (y-horizon)/(1-horizon)), edge)
	}
}

// bokeh paints soft discs, as lights out of focus.
func (c *canvas) bokeh(r *rand.Rand, n int, colours []rgb, opacity float64) {
	for range n {
		colour, radius := vary(r, pick(r, colours), 0.08), between(r, 0.03, 0.16)*float64(c.h)
		at := point{r.Float64() * float64(c.w), r.Float64() * float64(c.h)}
		c.circle(frame{at, 0, radius}, func(x, y float64) (rgb, float64) {
			return colour, opacity * min(1, 1.6*(1-math.Hypot(x, y)))
		})
	}
}

// blades paints grass.
func (c *canvas) blades(r *rand.Rand, horizon float64) {
	for range 50 {
		y := between(r, horizon+0.1, 1.1) * float64(c.h)
		f := frame{point{r.Float64() * float64(c.w), y}, -math.Pi/2 + between(r, -0.5, 0.5), between(r, 0.08, 0.22) * float64(c.h)}
		green := vary(r, pick(r, leafGreens), 0.08).times(between(r, 0.7, 1.2))
		c.fill(f, point{0, 0}, leafShape(0.05, 0.3, 0), func(x, _ float64) (rgb, float64) { return green.times(0.8 + 0.4*x), 0.8 })
	}
}

// stem paints a bent stem with a leaf or two from the flower down out of the picture.
func (c *canvas) stem(r *rand.Rand, from point, thick float64, leaves int) {
	green := vary(r, pick(r, leafGreens), 0.05)
	end := point{from.x + between(r, -0.15, 0.15)*float64(c.w), float64(c.h) + 4}
	bend := between(r, -0.1, 0.1) * float64(c.w)
	points := make([]point, 13)
	for i := range points {
		t := float64(i) / 12
		points[i] = point{from.x + (end.x-from.x)*t + bend*math.Sin(math.Pi*t), from.y + (end.y-from.y)*t}
	}
	c.stroke(points, thick, thick*1.2, func(t float64) rgb { return green.times(1.05 - 0.25*t) })
	for i := range leaves {
		p := points[6+3*i%6]
		side := float64(1 - 2*(i%2))
		c.petal(r, frame{p, -math.Pi/2 + side*between(r, 0.5, 1.1), between(r, 0.2, 0.32) * float64(c.h)}, 0.16, 0.4, 0,
			green.times(0.75), green.times(1.2), 1)
	}
}
