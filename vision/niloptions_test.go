package vision

import (
	"strings"
	"testing"
)

// Options and transforms that are nil are errors of the transforms' Check, which names what took them.
func TestNilOptionsAreRefused(t *testing.T) {
	for _, c := range []struct {
		want string
		tfms interface{ Check() error }
	}{
		{"Item: transform 1 is nil", Item(nil, Resize(8))},
		{"Batch: transform 2 is nil", Batch(Flip(0.5), nil)},
		{"Batch: transform 1 is nil", Batch().With(nil)},
		{"Batch: transform 1 is nil", Compose(nil)},
		{"Xtra: transform 1 is nil", AugTransforms(Xtra(nil))},
		{"AugTransforms: option 1 is nil", AugTransforms(nil)},
		{"Flip: option 1 is nil", Batch(Flip(0.5, nil))},
		{"Dihedral: option 1 is nil", Batch(Dihedral(0.5, nil))},
		{"Rotate: option 1 is nil", Batch(Rotate(10, 0.5, nil))},
		{"Zoom: option 1 is nil", Batch(Zoom(1, 2, 0.5, nil))},
		{"Warp: option 1 is nil", Batch(Warp(0.2, 0.5, nil))},
		{"Brightness: option 2 is nil", Batch(Brightness(0.5, 0.5, Size(8), nil))},
		{"Contrast: option 1 is nil", Batch(Contrast(0.5, 0.5, nil))},
		{"Saturation: option 1 is nil", Batch(Saturation(0.5, 0.5, nil))},
		{"Hue: option 1 is nil", Batch(Hue(0.5, 0.5, nil))},
		{"RandomErasing: option 1 is nil", Batch(RandomErasing(0.5, nil))},
		{"RandomResizedCropGPU: option 1 is nil", Batch(RandomResizedCropGPU(8, 8, nil))},
		{"RandomResizedCrop: option 1 is nil", Item(RandomResizedCrop(8, 8, nil))},
		{"Resize: option 1 is nil", Item(Resize(8, nil))},
		{"Resize: option 1 is nil", Item(ResizeTo(8, 8, nil))},
	} {
		t.Run(c.want, func(t *testing.T) {
			if err := c.tfms.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v: want %q", err, c.want)
			}
		})
	}
}
