package datasets

import (
	"image"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// rgb is a colour, each part from 0 to 1.
type rgb struct{ r, g, b float64 }

func (a rgb) mix(b rgb, t float64) rgb {
	t = min(max(t, 0), 1)
	return rgb{a.r + (b.r-a.r)*t, a.g + (b.g-a.g)*t, a.b + (b.b-a.b)*t}
}

func (a rgb) times(k float64) rgb { return rgb{a.r * k, a.g * k, a.b * k} }

// canvas is a picture in the making.
type canvas struct {
	w, h int
	pix  []rgb
	mask *image.Alpha
}

func newCanvas(w, h int) *canvas {
	return &canvas{w: w, h: h, pix: make([]rgb, w*h), mask: image.NewAlpha(image.Rect(0, 0, w, h))}
}

// point is a place on the canvas, in pixels.
type point struct{ x, y float64 }

// frame is where a shape is drawn: its own x axis runs along angle from at, and a
// length of 1 is scale pixels.
type frame struct {
	at           point
	angle, scale float64
}

func (f frame) to(x, y float64) point {
	sin, cos := math.Sincos(f.angle)
	return point{f.at.x + f.scale*(cos*x-sin*y), f.at.y + f.scale*(sin*x+cos*y)}
}

// from is the place in the frame of a pixel.
func (f frame) from(p point) (x, y float64) {
	sin, cos := math.Sincos(f.angle)
	dx, dy := (p.x-f.at.x)/f.scale, (p.y-f.at.y)/f.scale
	return cos*dx + sin*dy, cos*dy - sin*dx
}

// shader is a shape's colour and opacity at a place in its frame.
type shader func(x, y float64) (rgb, float64)

// fill paints a closed shape of cubic Bézier curves, each three points that follow the last.
func (c *canvas) fill(f frame, start point, curves [][3]point, shade shader) {
	points := []point{f.to(start.x, start.y)}
	for _, k := range curves {
		points = append(points, f.to(k[0].x, k[0].y), f.to(k[1].x, k[1].y), f.to(k[2].x, k[2].y))
	}
	lo, hi := points[0], points[0]
	for _, p := range points {
		lo, hi = point{min(lo.x, p.x), min(lo.y, p.y)}, point{max(hi.x, p.x), max(hi.y, p.y)}
	}
	box := image.Rect(int(lo.x)-1, int(lo.y)-1, int(hi.x)+2, int(hi.y)+2).Intersect(c.mask.Rect)
	if box.Empty() {
		return
	}
	z := vector.NewRasterizer(box.Dx(), box.Dy())
	z.DrawOp = draw.Src
	at := func(p point) (float32, float32) {
		return float32(p.x) - float32(box.Min.X), float32(p.y) - float32(box.Min.Y)
	}
	z.MoveTo(at(points[0]))
	for k := 1; k < len(points); k += 3 {
		bx, by := at(points[k])
		cx, cy := at(points[k+1])
		dx, dy := at(points[k+2])
		z.CubeTo(bx, by, cx, cy, dx, dy)
	}
	z.ClosePath()
	z.Draw(c.mask, box, image.Opaque, image.Point{})
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			cover := float64(c.mask.Pix[y*c.mask.Stride+x]) / 255
			if cover == 0 {
				continue
			}
			fx, fy := f.from(point{float64(x) + 0.5, float64(y) + 0.5})
			colour, opacity := shade(fx, fy)
			p := &c.pix[y*c.w+x]
			*p = p.mix(colour, cover*opacity)
		}
	}
}

// circle paints a disc of radius 1 in the frame.
func (c *canvas) circle(f frame, shade shader) {
	const k = 0.5523
	c.fill(f, point{1, 0}, [][3]point{
		{{1, k}, {k, 1}, {0, 1}}, {{-k, 1}, {-1, k}, {-1, 0}},
		{{-1, -k}, {-k, -1}, {0, -1}}, {{k, -1}, {1, -k}, {1, 0}},
	}, shade)
}

// leafShape is a petal or leaf from (0,0) to (1,0): width is half of its breadth,
// belly where it is broadest, blunt how round its tip is.
func leafShape(width, belly, blunt float64) [][3]point {
	w := width * 4 / 3
	return [][3]point{
		{{belly * 0.6, w}, {1 - (1-belly)*0.4*(1-blunt), w * (0.35 + 0.75*blunt)}, {1, 0}},
		{{1 - (1-belly)*0.4*(1-blunt), -w * (0.35 + 0.75*blunt)}, {belly * 0.6, -w}, {0, 0}},
	}
}

// stroke paints a tapering line along points.
func (c *canvas) stroke(points []point, from, to float64, shade func(t float64) rgb) {
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		length := math.Hypot(b.x-a.x, b.y-a.y)
		t := float64(i) / float64(len(points))
		f := frame{a, math.Atan2(b.y-a.y, b.x-a.x), 1}
		half := (from + (to-from)*t) / 2
		colour := shade(t)
		c.fill(f, point{-half, half}, [][3]point{
			{{0, half}, {length, half}, {length + half, half}}, {{length + half, 0}, {length + half, 0}, {length + half, -half}},
			{{length, -half}, {0, -half}, {-half, -half}},
		}, func(_, y float64) (rgb, float64) { return colour.times(1 - 0.25*y/max(half, 0.1)), 1 })
	}
}

// image turns the canvas into 8 bits, in light that falls unevenly.
func (c *canvas) image(light func(x, y float64) float64, noise func() float64) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, c.w, c.h))
	for i, p := range c.pix {
		k := light(float64(i%c.w)/float64(c.w), float64(i/c.w)/float64(c.h))
		n := noise()
		for j, v := range [3]float64{p.r, p.g, p.b} {
			out.Pix[4*i+j] = uint8(min(max(v*k+n, 0), 1)*255 + 0.5)
		}
		out.Pix[4*i+3] = 255
	}
	return out
}
