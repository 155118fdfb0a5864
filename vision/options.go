package vision

import (
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
)

// TfmOption changes a default of a transform of batches that moves pixels, or draws for
// them; all of them are [AugOption] too.
type TfmOption interface {
	AugOption
	tfm(*tfmConfig)
}

// AugOption changes a default of [AugTransforms].
type AugOption interface{ aug(*augConfig) }

// CropOption changes a default of [RandomResizedCrop] or [RandomResizedCropGPU]; all of
// them are [AugOption] too.
type CropOption interface {
	AugOption
	crop(*cropConfig)
}

// ResizeOption changes a default of [Resize].
type ResizeOption interface{ resize(*resizeTfm) }

// tfmConfig is how a transform of batches draws and samples.
type tfmConfig struct {
	w, h         int // of the output; 0 leaves the size alone
	mode         torch.Interpolation
	pad          PadMode
	alignCorners bool
	batch        bool
	bad          error // an option that is nil
}

func newTfmConfig(name string, opts []TfmOption) tfmConfig {
	c := tfmConfig{mode: torch.Bilinear, pad: Reflection, alignCorners: true}
	c.bad = guard.Options(name, opts, func(o TfmOption) { o.tfm(&c) })
	return c
}

func (c tfmConfig) check() error {
	if (c.w != 0 || c.h != 0) && (c.w < 1 || c.h < 1) {
		return fmt.Errorf("SizeTo(%d, %d): want 1 or more pixels", c.w, c.h)
	}
	return errors.Join(c.bad, checkMode(c.mode), c.pad.check())
}

func checkMode(m torch.Interpolation) error {
	if m < torch.Bilinear || m > torch.Bicubic {
		return fmt.Errorf("Mode(%d): want torch.Bilinear, Nearest or Bicubic", m)
	}
	return nil
}

type (
	tfmOption  func(*tfmConfig)
	augOption  func(*augConfig)
	cropOption func(*cropConfig)
)

func (f tfmOption) tfm(c *tfmConfig)    { f(c) }
func (f tfmOption) aug(c *augConfig)    { f(&c.tfmConfig) }
func (f augOption) aug(c *augConfig)    { f(c) }
func (f cropOption) crop(c *cropConfig) { f(c) }
func (f cropOption) aug(c *augConfig)   { f(&c.crop) }

// Size makes the pictures of a batch size×size pixels; without it they stay as they are.
func Size(size int) TfmOption { return SizeTo(size, size) }

// SizeTo is [Size] for pictures of w×h pixels.
func SizeTo(w, h int) TfmOption { return tfmOption(func(c *tfmConfig) { c.w, c.h = w, h }) }

// NoAlignCorners makes -1 and 1 the picture's edges, and not the middles of its outermost pixels
// (torch.nn.functional.grid_sample's align_corners=False).
func NoAlignCorners() TfmOption { return tfmOption(func(c *tfmConfig) { c.alignCorners = false }) }

// WholeBatch draws once for all pictures of a batch (fastai's batch=True).
func WholeBatch() TfmOption { return tfmOption(func(c *tfmConfig) { c.batch = true }) }

// PadOption is a [ResizeOption] and a [TfmOption].
type PadOption PadMode

// Padding sets what fills a picture beyond its edges (default [Reflection]), for
// [CropPad] [Zeros].
func Padding(p PadMode) PadOption { return PadOption(p) }

func (p PadOption) tfm(c *tfmConfig)    { c.pad = PadMode(p) }
func (p PadOption) aug(c *augConfig)    { c.pad = PadMode(p) }
func (p PadOption) resize(r *resizeTfm) { r.pad = PadMode(p) }

// ModeOption is a [TfmOption] and, for [RandomResizedCropGPU], a [CropOption].
type ModeOption torch.Interpolation

// Mode sets how pixels of a batch are interpolated (default [torch.Bilinear]).
func Mode(m torch.Interpolation) ModeOption { return ModeOption(m) }

func (m ModeOption) tfm(c *tfmConfig)   { c.mode = torch.Interpolation(m) }
func (m ModeOption) aug(c *augConfig)   { c.mode = torch.Interpolation(m) }
func (m ModeOption) crop(c *cropConfig) { c.mode = torch.Interpolation(m) }
