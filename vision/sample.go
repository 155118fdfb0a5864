package vision

import (
	"math/rand/v2"

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
func (c tfmConfig) sample(x *torch.Tensor, g *grid, w, h int) *torch.Tensor {
	s := x.Scope().Child()
	defer s.Close()
	places := g.places(s, x, w, h)
	if d := steps(x, w); d > 1 && c.mode == torch.Bilinear && !(d <= 2/g.spread(w, h)) { // as fastai does
		small := shrink(x, d)
		defer small.Close()
		x = small
	}
	return c.read(x, places)
}

// read samples x at the places of grid.
func (c tfmConfig) read(x, grid *torch.Tensor) *torch.Tensor {
	padding := [...]torch.PaddingMode{Reflection: torch.PadReflection, Border: torch.PadBorder, Zeros: torch.PadZeros}
	return torch.GridSample(x, grid, torch.GridSampleOptions{Mode: c.mode, Padding: padding[c.pad], AlignCorners: c.alignCorners}).MoveTo(x.Scope())
}

// steps is half of how many pixels of x lie between neighbours of an output that is w
// wide. It is fastai's number: rows of x over columns of the output, and x's width
// never counts in practice, since what it is divided by is the 2 of the grid's shape.
func steps(x *torch.Tensor, w int) float64 {
	_, inW, inH := batchSize(x)
	return min(float64(inH)/float64(w), float64(inW)/2) / 2
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
		all := &numbers{}
		defer all.close()
		return c.sample(x, all.grid(unmoved(n), w, h, c.alignCorners), w, h)
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
	drawer
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

func (c composed) Draw(n, w, h int, rng *rand.Rand, split Split) func(Part) *torch.Tensor {
	return drawAlone(c, n, w, h, rng, split)
}

func (c composed) drawInto(all *numbers, n, inW, inH int, rng *rand.Rand, split Split) func(Part) *torch.Tensor {
	if len(c) == 1 && !perPicture(c[0]) {
		return c[0].drawInto(all, n, inW, inH, rng, split)
	}
	maps, step := c.draw(n, inW, inH, rng, split)
	outW, outH := c.outSize(inW, inH)
	g := all.grid(maps, outW, outH, c[0].sampler().alignCorners)
	return moved(all, maps, func(x *torch.Tensor, nearest bool) *torch.Tensor {
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
		return how.read(x, g.places(s, x, w, h))
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
