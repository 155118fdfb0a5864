package datasets

import (
	"math"
	"math/rand/v2"
)

// species is a kind of flower: how it is drawn, and how large, as a part of the
// picture's height.
type species struct {
	name string
	size float64
	draw func(c *canvas, r *rand.Rand, at point, size, angle float64)
}

var (
	white  = rgb{0.97, 0.96, 0.93}
	yellow = rgb{0.98, 0.82, 0.18}
	orange = rgb{0.96, 0.52, 0.14}
	red    = rgb{0.84, 0.13, 0.14}
	pink   = rgb{0.95, 0.56, 0.70}
	purple = rgb{0.52, 0.30, 0.70}
	blue   = rgb{0.36, 0.50, 0.88}
	brown  = rgb{0.30, 0.18, 0.09}
)

// Species are the kinds of flowers that [DrawnFlowers] draws, sorted.
var allSpecies = []species{
	{"bluebell", 0.68, drawBluebell},
	{"dahlia", 0.36, drawDahlia},
	{"daisy", 0.36, drawDaisy},
	{"forget_me_not", 0.40, drawForgetMeNot},
	{"lavender", 0.60, drawLavender},
	{"lily", 0.42, drawLily},
	{"poppy", 0.36, drawPoppy},
	{"rose", 0.33, drawRose},
	{"sunflower", 0.40, drawSunflower},
	{"tulip", 0.42, drawTulip},
}

func drawDaisy(c *canvas, r *rand.Rand, at point, size, angle float64) {
	c.stem(r, at, size*0.09, r.IntN(2))
	outer := pick(r, []rgb{white, white, {0.96, 0.80, 0.87}})
	n := 15 + r.IntN(7)
	c.whorl(r, at, n, angle, size, 0.10, 0.6, 0.7, outer.times(0.86), outer)
	c.whorl(r, at, n, angle+math.Pi/float64(n), size*0.92, 0.10, 0.6, 0.7, outer.times(0.9), outer)
	c.button(r, at, size*0.27, orange.mix(yellow, 0.5), yellow, 40)
}

func drawSunflower(c *canvas, r *rand.Rand, at point, size, angle float64) {
	c.stem(r, at, size*0.14, 2)
	outer := pick(r, []rgb{yellow, yellow.mix(orange, 0.35)})
	n := 18 + r.IntN(6)
	c.whorl(r, at, n, angle, size, 0.13, 0.45, 0, orange.mix(outer, 0.3), outer)
	c.whorl(r, at, n, angle+math.Pi/float64(n), size*0.9, 0.13, 0.45, 0, orange.mix(outer, 0.4), outer.mix(white, 0.1))
	c.button(r, at, size*0.46, brown.times(0.8), brown.mix(orange, 0.25), 90)
}

func drawPoppy(c *canvas, r *rand.Rand, at point, size, angle float64) {
	c.stem(r, at, size*0.07, 0)
	outer := pick(r, []rgb{red, red.mix(orange, 0.5), {0.90, 0.24, 0.26}})
	c.whorl(r, at, 2, angle, size, 0.62, 0.6, 1, outer.times(0.55), outer)
	c.whorl(r, at, 2, angle+math.Pi/2, size*0.95, 0.60, 0.6, 1, outer.times(0.6), outer.times(1.06))
	c.button(r, at, size*0.2, rgb{0.10, 0.08, 0.10}, rgb{0.22, 0.25, 0.14}, 24)
	for i := range 22 {
		a, d := float64(i)*0.2856, size*between(r, 0.24, 0.34)
		c.circle(frame{point{at.x + d*math.Cos(a), at.y + d*math.Sin(a)}, 0, size * 0.028}, solid(rgb{0.10, 0.08, 0.12}))
	}
}

func drawLily(c *canvas, r *rand.Rand, at point, size, angle float64) {
	c.stem(r, at, size*0.08, 2)
	outer := pick(r, []rgb{white, pink, orange, {0.96, 0.75, 0.80}})
	c.whorl(r, at, 3, angle, size, 0.22, 0.45, 0, outer.mix(yellow, 0.35).times(0.85), outer)
	c.whorl(r, at, 3, angle+math.Pi/3, size*0.98, 0.20, 0.45, 0, outer.mix(yellow, 0.35), outer.times(1.03))
	for range 26 { // freckles
		a := angle + math.Pi/3*float64(r.IntN(6)) + between(r, -0.12, 0.12)
		d := size * between(r, 0.2, 0.5)
		c.circle(frame{point{at.x + d*math.Cos(a), at.y + d*math.Sin(a)}, 0, size * 0.017}, solid(outer.mix(red, 0.7).times(0.6)))
	}
	for i := range 6 {
		a, d := angle+0.5+float64(i)*math.Pi/3, size*between(r, 0.3, 0.42)
		tip := point{at.x + d*math.Cos(a), at.y + d*math.Sin(a)}
		c.stroke([]point{at, tip}, size*0.025, size*0.02, func(float64) rgb { return rgb{0.85, 0.88, 0.60} })
		c.circle(frame{tip, 0, size * 0.045}, solid(rgb{0.62, 0.30, 0.10}))
	}
}

func drawRose(c *canvas, r *rand.Rand, at point, size, angle float64) {
	c.stem(r, at, size*0.1, 2)
	outer := pick(r, []rgb{red, pink, white, yellow.mix(white, 0.3), {0.75, 0.08, 0.22}})
	for ring := range 5 {
		radius := size * (1 - 0.19*float64(ring))
		n := 6 - ring/2
		shade := 1 - 0.07*float64(ring)
		for i := range n {
			a := angle + float64(ring)*0.7 + 2*math.Pi*float64(i)/float64(n)
			c.petal(r, frame{at, a, radius}, 0.62, 0.7, 1, outer.times(0.5*shade), outer.times(shade*between(r, 0.96, 1.06)), 1)
		}
	}
	points := make([]point, 26)
	for i := range points { // the spiral of the heart
		a, d := angle+float64(i)*0.42, size*0.24*(1-float64(i)/26)
		points[i] = point{at.x + d*math.Cos(a), at.y + d*math.Sin(a)}
	}
	c.stroke(points, size*0.05, size*0.02, func(t float64) rgb { return outer.times(0.5) })
}

func drawDahlia(c *canvas, r *rand.Rand, at point, size, angle float64) {
	c.stem(r, at, size*0.1, 1)
	outer := pick(r, []rgb{purple.mix(pink, 0.4), pink, orange, red.mix(pink, 0.3)})
	heart := outer.mix(yellow, 0.25)
	for ring := range 6 {
		n := 17 - ring
		k := 1 - 0.15*float64(ring)
		c.whorl(r, at, n, angle+float64(ring)*0.37, size*k, 0.14, 0.7, 0.35, outer.times(0.62), outer.mix(heart, float64(ring)/6).times(1.02))
	}
	c.button(r, at, size*0.12, heart.times(0.8), heart, 14)
}

func drawForgetMeNot(c *canvas, r *rand.Rand, at point, size, angle float64) {
	c.stem(r, at, size*0.06, 2)
	outer := pick(r, []rgb{blue, blue.mix(white, 0.3), blue.mix(purple, 0.3), {0.93, 0.70, 0.84}})
	for i := range 9 + r.IntN(4) {
		a, d := angle+float64(i)*2.39996, size*0.27*math.Sqrt(float64(i))
		p := point{at.x + d*math.Cos(a), at.y + d*math.Sin(a)}
		s := size * between(r, 0.24, 0.31)
		c.whorl(r, p, 5, r.Float64()*math.Pi, s, 0.36, 0.65, 1, outer.mix(white, 0.35), outer)
		c.button(r, p, s*0.22, white.times(0.95), yellow, 0)
	}
}

func drawLavender(c *canvas, r *rand.Rand, at point, size, angle float64) {
	outer := pick(r, []rgb{purple, purple.mix(blue, 0.4), purple.mix(pink, 0.3)})
	for s := range 2 + r.IntN(2) {
		x := at.x + (float64(s)-0.8)*size*between(r, 0.28, 0.4)
		top := point{x, at.y - size*between(r, 0.35, 0.6)}
		lean := between(r, -0.12, 0.12)
		c.stem(r, point{x - lean*size*0.3, at.y}, size*0.035, 0)
		for i := range 16 {
			t := float64(i) / 15
			p := point{top.x - lean*size*t, top.y + size*0.85*t}
			for side := -1.0; side <= 1; side += 1 {
				f := frame{point{p.x + side*size*0.035, p.y}, -math.Pi/2 + side*0.9 + between(r, -0.15, 0.15), size * (0.09 + 0.06*math.Sin(math.Pi*min(t+0.1, 1)))}
				c.petal(r, f, 0.32, 0.6, 0.7, outer.times(0.65), vary(r, outer, 0.06).times(1.1), 1)
			}
		}
	}
}

func drawBluebell(c *canvas, r *rand.Rand, at point, size, angle float64) {
	green := vary(r, pick(r, leafGreens), 0.05)
	outer := pick(r, []rgb{blue.mix(purple, 0.4), blue, purple, {0.80, 0.72, 0.95}})
	side := float64(1 - 2*r.IntN(2))
	points := make([]point, 16)
	for i := range points { // a stem that bows over
		t := float64(i) / 15
		points[i] = point{at.x + side*size*(0.35-0.65*t+0.2*t*t), at.y + size*(0.35*math.Pow(1-t, 3)-0.55*(1-t)-0.15) + t*size*0.95}
	}
	points = append(points, point{points[15].x - side*size*0.06, float64(c.h) + 4})
	c.stroke(points, size*0.04, size*0.06, func(float64) rgb { return green })
	for i := range 5 {
		p := points[1+2*i]
		s := size * between(r, 0.30, 0.36)
		hang := math.Pi/2 + side*between(r, 0.0, 0.35)
		f := frame{p, hang, s}
		bell := [][3]point{
			{{0.05, 0.30}, {0.55, 0.22}, {0.80, 0.30}}, {{0.90, 0.42}, {1.02, 0.42}, {1.0, 0.36}}, {{0.92, 0.22}, {0.95, 0.15}, {1.02, 0.12}},
			{{0.95, 0.05}, {0.95, -0.05}, {1.02, -0.12}}, {{0.95, -0.15}, {0.92, -0.22}, {1.0, -0.36}}, {{1.02, -0.42}, {0.90, -0.42}, {0.80, -0.30}},
			{{0.55, -0.22}, {0.05, -0.30}, {0, 0}},
		}
		k := between(r, 0.92, 1.08)
		c.fill(f, point{0, 0}, bell, func(x, y float64) (rgb, float64) {
			return outer.times(k * (0.72 + 0.42*x) * (1 - 1.6*y*y + 0.25*y)), 1
		})
		c.petal(r, frame{p, hang, s * 0.2}, 0.5, 0.5, 0.5, green.times(0.8), green, 1)
	}
}

func drawTulip(c *canvas, r *rand.Rand, at point, size, angle float64) {
	c.stem(r, at, size*0.1, 2)
	outer := pick(r, []rgb{red, yellow, pink, orange, purple, white})
	base := outer.mix(yellow, 0.3).times(0.8)
	lean := between(r, -0.2, 0.2)
	up := func(off, y, s float64) frame {
		return frame{point{at.x, at.y + y*size}, -math.Pi/2 + lean + off, s * size}
	}
	for _, off := range []float64{-0.34, 0.34, 0} { // behind
		c.petal(r, up(off, 0.1, 1.15), 0.30, 0.45, 0.15, base.times(0.75), outer.times(0.78), 1)
	}
	for _, off := range []float64{-0.42, 0.42} { // the cup's sides
		c.petal(r, up(off, 0.12, 1.12), 0.34, 0.42, 0.2, base, outer.times(0.95), 1)
	}
	c.petal(r, up(between(r, -0.06, 0.06), 0.14, 1.05), 0.40, 0.42, 0.25, base, outer.times(1.06), 1)
}

func solid(colour rgb) shader { return func(float64, float64) (rgb, float64) { return colour, 1 } }
