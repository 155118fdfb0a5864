package torch

import (
	"fmt"
	"math"
	"slices"
	"strings"

	lib "github.com/sugarme/gotch/libtch"
)

// Interpolation and padding of GridSample, with libtorch's values.
type (
	Interpolation int64
	PaddingMode   int64
)

// The modes, as torch.nn.functional.grid_sample names them.
const (
	Bilinear Interpolation = 0
	Nearest  Interpolation = 1
	Bicubic  Interpolation = 2

	PadZeros      PaddingMode = 0
	PadBorder     PaddingMode = 1
	PadReflection PaddingMode = 2
)

// GridSampleOptions are those of torch.nn.functional.grid_sample, its defaults the zero values.
type GridSampleOptions struct {
	Mode         Interpolation
	Padding      PaddingMode
	AlignCorners bool // -1 and 1 are the corners' centres
}

// GridSample reads x, N×C×H×W, at the places of grid, N×h×w×2, in -1 … 1.
func GridSample(x, grid *Tensor, o GridSampleOptions) *Tensor {
	mode, padding := o.Mode, o.Padding
	if mode < Bilinear || mode > Bicubic || padding < PadZeros || padding > PadReflection {
		fail("grid_sample", fmt.Sprintf("expected one of the three modes and of the three paddings, but got %d and %d", mode, padding))
	}
	a, g := x.ptr(), grid.ptr()
	out := begin()
	lib.AtgGridSampler(&out.c, a, g, int64(mode), int64(padding), flag(o.AlignCorners))
	return out.from2("grid_sample", x, grid)
}

// AffineGridOptions are those of torch.nn.functional.affine_grid.
type AffineGridOptions struct {
	AlignCorners bool // -1 and 1 are the corners' centres
}

// AffineGrid makes the grid, N×h×w×2, that theta, N×2×3, maps an output of h×w to.
func AffineGrid(theta *Tensor, n, c, h, w int64, o AffineGridOptions) *Tensor {
	checkAffine(theta, [4]int64{n, c, h, w})
	a := theta.ptr()
	out := begin()
	lib.AtgAffineGridGenerator(&out.c, a, []int64{n, c, h, w}, 4, flag(o.AlignCorners))
	return out.from("affine_grid", theta)
}

// Pad puts pads elements before and after the last dimension, then the one before it, and so on: {left, right, top, bottom}.
// mode is "constant", which fills with value, "reflect", "replicate" or "circular" (torch.nn.functional.pad).
func Pad(x *Tensor, pads []int64, mode string, value float64) *Tensor {
	return call("aten::pad", x, pads, mode, value)
}

// InterpolateOptions are those of torch.nn.functional.interpolate: a Size or a ScaleFactor, one number for each dimension
// behind the second or one for all.
type InterpolateOptions struct {
	Size         []int64
	ScaleFactor  []float64
	Mode         string // "nearest" ("" too), "nearest-exact", "linear", "bilinear", "bicubic", "trilinear" or "area"
	AlignCorners bool   // the corners' centres stay; of the linear and cubic modes
	Antialias    bool   // of "bilinear" and "bicubic"
}

// upsampling has the operations of each mode, by the number of dimensions behind the second.
var upsampling = map[string]map[int]string{
	"nearest":       {1: "upsample_nearest1d", 2: "upsample_nearest2d", 3: "upsample_nearest3d"},
	"nearest-exact": {1: "_upsample_nearest_exact1d", 2: "_upsample_nearest_exact2d", 3: "_upsample_nearest_exact3d"},
	"area":          {1: "adaptive_avg_pool1d", 2: "adaptive_avg_pool2d", 3: "adaptive_avg_pool3d"},
	"linear":        {1: "upsample_linear1d"},
	"bilinear":      {2: "upsample_bilinear2d"},
	"bicubic":       {2: "upsample_bicubic2d"},
	"trilinear":     {3: "upsample_trilinear3d"},
}

// Interpolate resizes x, N×C×… with one to three dimensions behind the second.
func Interpolate(x *Tensor, o InterpolateOptions) *Tensor {
	if o.Mode == "" {
		o.Mode = "nearest"
	}
	refuse := func(format string, args ...any) { fail("interpolate", fmt.Sprintf(format, args...), x) }
	n, aligned := x.Dim()-2, strings.HasSuffix(o.Mode, "linear") || o.Mode == "bicubic"
	op, ok := upsampling[o.Mode][n]
	switch {
	case upsampling[o.Mode] == nil:
		refuse("there is no mode %q", o.Mode)
	case !ok:
		refuse("mode %q doesn't take %d dimensions", o.Mode, n+2)
	case (o.Size == nil) == (o.ScaleFactor == nil):
		refuse("want a Size or a ScaleFactor, and not both")
	case o.AlignCorners && !aligned:
		refuse("AlignCorners has no meaning for mode %q", o.Mode)
	case o.Antialias && !(o.Mode == "bilinear" || o.Mode == "bicubic"):
		refuse("Antialias has no meaning for mode %q", o.Mode)
	}
	if len(o.Size) == 1 {
		o.Size = slices.Repeat(o.Size, n)
	}
	if len(o.ScaleFactor) == 1 {
		o.ScaleFactor = slices.Repeat(o.ScaleFactor, n)
	}
	if got := max(len(o.Size), len(o.ScaleFactor)); got != n {
		refuse("%d sizes or factors for %d dimensions", got, n)
	}
	if o.Mode == "area" {
		size := slices.Clone(o.Size)
		for i, f := range o.ScaleFactor {
			size = append(size, int64(math.Floor(float64(x.Size(2+i))*f)))
		}
		return call("aten::"+op, x, size)
	}
	if o.Antialias {
		op = "_" + op + "_aa"
	}
	var size, factors any
	if o.Size != nil {
		size = o.Size
	} else {
		factors = o.ScaleFactor
	}
	if aligned {
		return call("aten::"+op+".vec", x, size, o.AlignCorners, factors)
	}
	return call("aten::"+op+".vec", x, size, factors)
}
