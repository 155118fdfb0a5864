package vision

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
)

// mat3 maps a place in the output, (x, y, 1) with -1 … 1 from edge to edge, to the
// place in the input that it shows, up to a factor.
type mat3 [9]float64

var identity = mat3{1, 0, 0, 0, 1, 0, 0, 0, 1}

func (a mat3) mul(b mat3) (c mat3) {
	for i := range 3 {
		for j := range 3 {
			for k := range 3 {
				c[3*i+j] += a[3*i+k] * b[3*k+j]
			}
		}
	}
	return c
}

// affineTfm moves pixels: affine maps one after the other, then perspective ones
// (fastai's AffineCoordTfm). Pictures are sampled once, bilinearly, reflected at
// their edges.
type affineTfm struct {
	affine, perspective []func(rng *rand.Rand, n int) []mat3
	w, h                int   // of the output; 0 leaves the size alone
	bad                 error // what is wrong with an argument
}

func (t *affineTfm) check() error {
	if t.w < 0 || t.h < 0 {
		return fmt.Errorf("AugTransforms: the size %d×%d: want 1 or more pixels, or 0 to leave it", t.w, t.h)
	}
	return t.bad
}

func (t *affineTfm) order() int { return 30 }

func (t *affineTfm) join(u *affineTfm) *affineTfm {
	return &affineTfm{
		affine:      append(slices.Clone(t.affine), u.affine...),
		perspective: append(slices.Clone(t.perspective), u.perspective...),
		w:           cmp.Or(t.w, u.w), h: cmp.Or(t.h, u.h),
		bad: errors.Join(t.bad, u.bad),
	}
}

func (t *affineTfm) apply(x *torch.Tensor, rng *rand.Rand, split Split) *torch.Tensor {
	shape := x.Shape()
	n, inH, inW := int(shape[0]), shape[2], shape[3]
	h, w := inH, inW
	if t.w > 0 {
		h, w = int64(t.h), int64(t.w)
	}
	if split == Valid {
		if h == inH && w == inW {
			return x
		}
		return shrinkAndResize(x, h, w)
	}
	return sample(x, t.maps(rng, n, float64(inH)/float64(inW)), h, w)
}

// maps draws each picture's map from output to input.
func (t *affineTfm) maps(rng *rand.Rand, n int, aspect float64) []mat3 {
	ms := make([]mat3, n)
	for i := range ms {
		ms[i] = identity
	}
	for _, draw := range t.affine {
		for i, m := range draw(rng, n) {
			ms[i] = ms[i].mul(m)
		}
	}
	for i := range ms {
		ms[i][1] *= aspect // a rotation must look like one in a picture that isn't square
		ms[i][3] /= aspect
	}
	for _, draw := range t.perspective {
		for i, m := range draw(rng, n) {
			ms[i] = m.mul(ms[i])
		}
	}
	return ms
}

// sample reads an h×w picture out of each of x through its map.
func sample(x *torch.Tensor, maps []mat3, h, w int64) *torch.Tensor {
	s := x.Scope().Child()
	defer s.Close()
	flat := make([]float32, 0, 9*len(maps))
	for _, m := range maps {
		for _, row := range [3]int{0, 1, 2} { // transposed: row vectors times it
			flat = append(flat, float32(m[row]), float32(m[3+row]), float32(m[6+row]))
		}
	}
	maps3 := torch.FromSlice(s, flat, int64(len(maps)), 3, 3).To(x.Device())
	places := torch.FromSlice(s, basePlaces(h, w), 1, h*w, 3).To(x.Device()).MatMul(maps3)
	grid := places.Narrow(2, 0, 2).Div(places.Narrow(2, 2, 1)).View(int64(len(maps)), h, w, 2)
	in := x
	if small := beforeSampling(x, grid); small != nil {
		defer small.Close()
		in = small
	}
	return torch.GridSample(in, grid, torch.Bilinear, torch.PadReflection, true).MoveTo(x.Scope())
}

// basePlaces lists (x, y, 1) of each pixel of the output, -1 … 1 from the middle of the
// first to the middle of the last.
func basePlaces(h, w int64) []float32 {
	at := func(i, n int64) float32 {
		if n == 1 {
			return 0
		}
		return float32(2*float64(i)/float64(n-1) - 1)
	}
	places := make([]float32, 0, 3*h*w)
	for j := range h {
		for i := range w {
			places = append(places, at(i, w), at(j, h), 1)
		}
	}
	return places
}

// steps is half of how many pixels of x lie between neighbours of an output that is w
// wide. It is fastai's number: rows of x over columns of the output, and x's width
// never counts in practice, since what it is divided by is the 2 of the grid's shape.
func steps(x *torch.Tensor, w int64) float64 {
	return min(float64(x.Size(2))/float64(w), float64(x.Size(3))/2) / 2
}

// beforeSampling shrinks x by averaging where the grid would step over more than two
// of its pixels at a time, as fastai does; nil where it need not.
func beforeSampling(x, grid *torch.Tensor) *torch.Tensor {
	d := steps(x, grid.Size(2))
	if d <= 1 {
		return nil
	}
	if spread := grid.Max().Item() - grid.Min().Item(); d <= 2/spread {
		return nil
	}
	return shrink(x, d)
}

// shrink averages x to 1/d of its size, rounded as F.interpolate rounds it.
func shrink(x *torch.Tensor, d float64) *torch.Tensor {
	scale := 1 / d
	return torch.InterpolateArea(x, int64(float64(x.Size(2))*scale), int64(float64(x.Size(3))*scale))
}

// shrinkAndResize is sampling through the identity.
func shrinkAndResize(x *torch.Tensor, h, w int64) *torch.Tensor {
	if d := steps(x, w); d > 1 {
		small := shrink(x, d)
		defer small.Close()
		x = small
	}
	return torch.InterpolateBilinear(x, h, w, true)
}

// eachPicture makes a drawing function of one that draws a single picture's map.
func eachPicture(one func(rng *rand.Rand) mat3) []func(*rand.Rand, int) []mat3 {
	return []func(*rand.Rand, int) []mat3{func(rng *rand.Rand, n int) []mat3 {
		ms := make([]mat3, n)
		for i := range ms {
			ms[i] = one(rng)
		}
		return ms
	}}
}

// Flip mirrors each picture with probability p (fastai's Flip).
func Flip(p float64) BatchTransform {
	return &affineTfm{affine: eachPicture(func(rng *rand.Rand) mat3 { return flipMap(draw(rng, p, 1, 1, 0)) })}
}

// Rotate turns each picture with probability p by up to maxDeg degrees (fastai's Rotate).
func Rotate(maxDeg, p float64) BatchTransform {
	return &affineTfm{affine: eachPicture(func(rng *rand.Rand) mat3 { return rotateMap(draw(rng, p, -maxDeg, maxDeg, 0)) })}
}

// Zoom enlarges each picture with probability p by minZoom … maxZoom, about a random
// place (fastai's Zoom).
func Zoom(minZoom, maxZoom, p float64) BatchTransform {
	t := &affineTfm{affine: eachPicture(func(rng *rand.Rand) mat3 {
		return zoomMap(draw(rng, p, minZoom, maxZoom, 1), rng.Float64(), rng.Float64())
	})}
	if !(minZoom > 0 && maxZoom >= minZoom) {
		t.bad = fmt.Errorf("Zoom: %v to %v: want two above 0, the smaller first", minZoom, maxZoom)
	}
	return t
}

// Warp tilts each picture with probability p by up to magnitude (fastai's Warp).
func Warp(magnitude, p float64) BatchTransform {
	return &affineTfm{perspective: eachPicture(func(rng *rand.Rand) mat3 {
		return warpMap(draw(rng, p, -magnitude, magnitude, 0), draw(rng, p, -magnitude, magnitude, 0))
	})}
}

// flipMap mirrors for flip 1 and leaves for 0.
func flipMap(flip float64) mat3 { return mat3{1 - 2*flip, 0, 0, 0, 1, 0, 0, 0, 1} }

func rotateMap(degrees float64) mat3 {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	return mat3{cos, sin, 0, -sin, cos, 0, 0, 0, 1}
}

// zoomMap enlarges by zoom about a place that is given as parts of width and height.
func zoomMap(zoom, col, row float64) mat3 {
	s := 1 / zoom
	return mat3{s, 0, (1 - s) * (2*col - 1), 0, s, (1 - s) * (2*row - 1), 0, 0, 1}
}

// warpMap takes the moved corners of a picture back to its corners.
func warpMap(x, y float64) mat3 {
	from := [4][2]float64{{-1 - y, -1 - x}, {-1 + y, 1 + x}, {1 + y, -1 + x}, {1 - y, 1 - x}}
	to := [4][2]float64{{-1, -1}, {-1, 1}, {1, -1}, {1, 1}}
	return perspective(from, to)
}
