package vision

import (
	"math"
	"math/rand/v2"

	"github.com/fastlearn-go/fastlearn/torch"
)

// batchSize is how many pictures of what size x is.
func batchSize(x *torch.Tensor) (n, w, h int) {
	s := x.Shape()
	return int(s[0]), int(s[3]), int(s[2])
}

// sample reads a w×h picture out of each of x through its map, as fastai does.
func (c tfmConfig) sample(x *torch.Tensor, maps []mat3, w, h int) *torch.Tensor {
	s := x.Scope().Child()
	defer s.Close()
	grid := c.grid(s, x.Device(), maps, w, h)
	if small := c.beforeSampling(x, grid); small != nil {
		defer small.Close()
		x = small
	}
	return c.read(x, grid)
}

// read samples x at the places of grid.
func (c tfmConfig) read(x, grid *torch.Tensor) *torch.Tensor {
	padding := [...]torch.PaddingMode{Reflection: torch.PadReflection, Border: torch.PadBorder, Zeros: torch.PadZeros}
	return torch.GridSample(x, grid, c.mode, padding[c.pad], c.alignCorners).MoveTo(x.Scope())
}

// grid lists, N×h×w×2, the places that each picture's map takes the output's pixels to.
func (c tfmConfig) grid(s *torch.Scope, device torch.Device, maps []mat3, w, h int) *torch.Tensor {
	flat := make([]float32, 0, 9*len(maps))
	for _, m := range maps {
		for _, row := range [3]int{0, 1, 2} { // transposed: row vectors times it
			flat = append(flat, float32(m[row]), float32(m[3+row]), float32(m[6+row]))
		}
	}
	n, out := int64(len(maps)), []int64{int64(h), int64(w)}
	maps3 := torch.FromSlice(s, flat, n, 3, 3).To(device)
	places := torch.FromSlice(s, c.places(w, h), 1, out[0]*out[1], 3).To(device).MatMul(maps3)
	return places.Narrow(2, 0, 2).Div(places.Narrow(2, 2, 1)).View(n, out[0], out[1], 2)
}

// places lists (x, y, 1) of each pixel of a w×h output.
func (c tfmConfig) places(w, h int) []float32 {
	at := func(i, n int) float32 {
		switch {
		case !c.alignCorners:
			return float32(float64(2*i+1)/float64(n) - 1)
		case n == 1:
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
func steps(x *torch.Tensor, w int) float64 {
	_, inW, inH := batchSize(x)
	return min(float64(inH)/float64(w), float64(inW)/2) / 2
}

// beforeSampling shrinks x by averaging where the grid would step over more than two
// of its pixels at a time, as fastai does; nil where it need not.
func (c tfmConfig) beforeSampling(x, grid *torch.Tensor) *torch.Tensor {
	d := steps(x, int(grid.Size(2)))
	if d <= 1 || c.mode != torch.Bilinear {
		return nil
	}
	if spread := grid.Max().Item() - grid.Min().Item(); d <= 2/spread {
		return nil
	}
	return shrink(x, d)
}

// shrink averages x to 1/d of its size, rounded as F.interpolate rounds it.
func shrink(x *torch.Tensor, d float64) *torch.Tensor {
	_, w, h := batchSize(x)
	scale := 1 / d
	return torch.InterpolateArea(x, max(int64(float64(h)*scale), 1), max(int64(float64(w)*scale), 1))
}

// resample is sampling through the identity.
func (c tfmConfig) resample(x *torch.Tensor, w, h int) *torch.Tensor {
	if c.mode != torch.Bilinear || !c.alignCorners {
		n, _, _ := batchSize(x)
		return c.sample(x, draws(nil, n, true, func(*rand.Rand) mat3 { return identity }), w, h)
	}
	if d := steps(x, w); d > 1 {
		small := shrink(x, d)
		defer small.Close()
		x = small
	}
	return torch.InterpolateBilinear(x, int64(h), int64(w), true)
}

// geometric is a transform that moves pixels.
type geometric interface {
	BatchTransform
	// maps draws each picture's map from output to input, and tells how many pixels of
	// the w×h input lie between neighbours of the output.
	maps(rng *rand.Rand, n, w, h int, split Split, alignCorners bool) (maps []mat3, step float64)
	outSize(w, h int) (int, int)
	sampler() tfmConfig
}

// composed are transforms that move pixels, one after the other, whose maps are put
// together so that the pictures are read once: [SamplingOnce]. What would step over more
// than two pixels at a time is shrunk by averaging before.
type composed []geometric

func (composed) order() int   { return 30 }
func (composed) check() error { return nil } // each has been asked

func (c composed) apply(x *torch.Tensor, rng *rand.Rand, split Split) *torch.Tensor {
	if len(c) == 1 && !perPicture(c[0]) {
		return c[0].apply(x, rng, split)
	}
	maps, step, w, h := c.draw(x, rng, split)
	s := x.Scope().Child()
	defer s.Close()
	how := c[0].sampler()
	if d := step / 2; d > 1 && how.mode == torch.Bilinear {
		small := shrink(x, d)
		defer small.Close()
		x = small
	}
	return how.read(x, how.grid(s, x.Device(), maps, w, h))
}

// draw puts the maps together.
func (c composed) draw(x *torch.Tensor, rng *rand.Rand, split Split) (maps []mat3, step float64, w, h int) {
	n, w, h := batchSize(x)
	maps, step = draws(nil, n, true, func(*rand.Rand) mat3 { return identity }), 1
	for _, t := range c {
		next, k := t.maps(rng, n, w, h, split, c[0].sampler().alignCorners)
		for i := range maps {
			maps[i] = maps[i].mul(next[i])
		}
		step = math.Max(step*k, 1e-9)
		w, h = t.outSize(w, h)
	}
	return maps, step, w, h
}
