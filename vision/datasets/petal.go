package datasets

import (
	"math"
	"math/rand/v2"
)

// petal paints one petal or leaf along the frame's x axis, from its inner to its outer
// colour, with veins, a soft shadow beneath, and light from above.
func (c *canvas) petal(r *rand.Rand, f frame, width, belly, blunt float64, inner, outer rgb, opacity float64) {
	shape := leafShape(width, belly, blunt)
	shadow := f
	shadow.at.x += 0.03 * f.scale
	shadow.at.y += 0.05 * f.scale
	c.fill(shadow, point{0, 0}, shape, func(x, y float64) (rgb, float64) { return rgb{0.05, 0.05, 0.08}, 0.16 * opacity })
	veins, phase := 5+r.Float64()*4, r.Float64()*math.Pi
	sin := math.Sin(f.angle)
	c.fill(f, point{0, 0}, shape, func(x, y float64) (rgb, float64) {
		across := y / max(width, 0.01)
		colour := inner.mix(outer, x*1.15-0.05)
		shade := 1 - 0.2*across*across + 0.045*math.Sin(across*veins+phase)*x - 0.10*sin*(0.5+across*0.3)
		return colour.times(shade), opacity
	})
}

// whorl paints n petals around a place, a little uneven.
func (c *canvas) whorl(r *rand.Rand, at point, n int, first, size, width, belly, blunt float64, inner, outer rgb) {
	for i := range n {
		angle := first + 2*math.Pi*float64(i)/float64(n) + between(r, -0.06, 0.06)
		c.petal(r, frame{at, angle, size * between(r, 0.92, 1.05)}, width, belly, blunt,
			vary(r, inner, 0.02), vary(r, outer, 0.03), 1)
	}
}

// button paints a round centre with a dotted texture.
func (c *canvas) button(r *rand.Rand, at point, size float64, rim, middle rgb, dots int) {
	c.circle(frame{at, 0, size}, func(x, y float64) (rgb, float64) {
		d := math.Hypot(x, y)
		return middle.mix(rim, d*d).times(1.08 - 0.18*(x+y)), 1
	})
	for i := range dots { // sunflower seeds: the golden angle
		d := math.Sqrt((float64(i) + 0.5) / float64(dots))
		a := float64(i) * 2.39996
		p := point{at.x + size*0.92*d*math.Cos(a), at.y + size*0.92*d*math.Sin(a)}
		k := between(r, 0.7, 1.35)
		c.circle(frame{p, 0, max(size*0.09, 0.6)}, func(x, y float64) (rgb, float64) { return middle.mix(rim, d).times(k), 0.7 })
	}
}
