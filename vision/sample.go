package vision

import (
	"math/rand/v2"
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
)

// batchSize is how many pictures of what size x is.
func batchSize(x *torch.Tensor) (n, w, h int) {
	s := x.Shape()
	return int(s[0]), int(s[3]), int(s[2])
}

// of is how pictures are read, or masks: the nearest pixel.
func (c tfmConfig) of(nearest bool) tfmConfig {
	if nearest {
		c.mode = torch.Nearest
	}
	return c
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
	return torch.GridSample(x, grid, torch.GridSampleOptions{Mode: c.mode, Padding: padding[c.pad], AlignCorners: c.alignCorners}).MoveTo(x.Scope())
}

// grid lists, N×h×w×2, the places that each picture's map takes the output's pixels to. A
// map's sums fall into a part of the column and one of the row, so that only adding and
// dividing them touch every pixel.
func (c tfmConfig) grid(s *torch.Scope, device torch.Device, maps []mat3, w, h int) *torch.Tensor {
	n := int64(len(maps))
	columns := torch.FromSlice(s, c.places(w), 1, 1, int64(w)).To(device)
	rows := torch.FromSlice(s, c.places(h), 1, int64(h), 1).To(device)
	factor := func(k int) *torch.Tensor {
		values := make([]float32, n)
		for i, m := range maps {
			values[i] = float32(m[k])
		}
		return torch.FromSlice(s, values, n, 1, 1).To(device)
	}
	sum := func(k int) *torch.Tensor {
		return factor(k).Mul(columns).Add(factor(k + 1).Mul(rows).Add(factor(k + 2)))
	}
	var z *torch.Tensor
	if slices.ContainsFunc(maps, func(m mat3) bool { return m[6] != 0 || m[7] != 0 || m[8] != 1 }) {
		z = sum(6)
	}
	grid := s.With(device).Empty(n, int64(h), int64(w), 2)
	for axis := range int64(2) {
		place := sum(3 * int(axis))
		if z != nil {
			place.Div_(z)
		}
		grid.Select(3, axis).Copy_(place)
		place.Close()
	}
	z.Close()
	return grid
}

// places are those of n pixels in a row, from -1 to 1.
func (c tfmConfig) places(n int) []float32 {
	places := make([]float32, n)
	for i := range places {
		switch {
		case !c.alignCorners:
			places[i] = float32(float64(2*i+1)/float64(n) - 1)
		case n > 1:
			places[i] = float32(2*float64(i)/float64(n-1) - 1)
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
	return torch.Interpolate(x, torch.InterpolateOptions{Mode: "area", Size: []int64{max(int64(float64(h)*scale), 1), max(int64(float64(w)*scale), 1)}})
}

// resample is sampling through the identity.
func (c tfmConfig) resample(x *torch.Tensor, w, h int) *torch.Tensor {
	if c.mode != torch.Bilinear || !c.alignCorners {
		n, _, _ := batchSize(x)
		return c.sample(x, unmoved(n), w, h)
	}
	if d := steps(x, w); d > 1 {
		small := shrink(x, d)
		defer small.Close()
		x = small
	}
	return torch.Interpolate(x, torch.InterpolateOptions{Mode: "bilinear", Size: []int64{int64(h), int64(w)}, AlignCorners: true})
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

func (composed) Order() int { return 30 }

func (c composed) Draw(n, inW, inH int, rng *rand.Rand, split Split) func(Part) *torch.Tensor {
	if len(c) == 1 && !perPicture(c[0]) {
		return c[0].Draw(n, inW, inH, rng, split)
	}
	maps, step := c.draw(n, inW, inH, rng, split)
	return moved(maps, func(x *torch.Tensor, nearest bool) *torch.Tensor {
		s := x.Scope().Child()
		defer s.Close()
		how := c[0].sampler().of(nearest)
		_, w, h := batchSize(x)
		w, h = c.outSize(w, h)
		if d := step / 2; d > 1 && how.mode == torch.Bilinear {
			small := shrink(x, d)
			defer small.Close()
			x = small
		}
		return how.read(x, how.grid(s, x.Device(), maps, w, h))
	})
}

// draw puts the maps together.
func (c composed) draw(n, w, h int, rng *rand.Rand, split Split) (maps []mat3, step float64) {
	maps, step = unmoved(n), 1
	for _, t := range c {
		next, k := t.maps(rng, n, w, h, split, c[0].sampler().alignCorners)
		for i := range maps {
			maps[i] = maps[i].mul(next[i])
		}
		step *= k
		w, h = t.outSize(w, h)
	}
	return maps, step
}

func (c composed) outSize(w, h int) (int, int) {
	for _, t := range c {
		w, h = t.outSize(w, h)
	}
	return w, h
}
