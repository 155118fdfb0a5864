package vision

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/torch"
)

// Each setting of a transform changes its identity, and the same settings give the same; no name of a type is in it.
func TestIdentityTellsAllSettings(t *testing.T) {
	own := func(x *torch.Tensor, _ *rand.Rand) *torch.Tensor { return x }
	item := func(t ItemTransform) string { return strings.Join(Item(t).Identity(), "; ") }
	batch := func(t ...BatchTransform) string { return strings.Join(Batch(t...).Identity(), "; ") }
	aug := func(opts ...AugOption) string { return strings.Join(AugTransforms(opts...).Identity(), "; ") }
	all := func() []string {
		return []string{
			item(Resize(32)), item(Resize(48)), item(ResizeTo(32, 48)), item(Resize(32, Method(Squish))), item(Resize(32, Method(Pad))),
			item(Resize(32, Method(Pad), Padding(Zeros))), item(RatioResize(32)), item(CropPad(32, 32)), item(CropPad(32, 32, Padding(Border))),
			item(RandomCrop(32, 32)), item(FlipItem(0.5)), item(FlipItem(0.4)), item(DihedralItem(0.5)), item(RandomResizedCrop(32, 32)),
			item(RandomResizedCrop(32, 32, MinScale(0.3))), item(RandomResizedCrop(32, 32, MaxScale(0.9))), item(RandomResizedCrop(32, 32, Ratio(1, 1))),
			item(RandomResizedCrop(32, 32, ValXtra(0.2))),
			batch(Flip(0.5)), batch(Flip(0.4)), batch(Flip(0.5, WholeBatch())), batch(Flip(0.5, Size(28))), batch(Flip(0.5, Mode(torch.Nearest))),
			batch(Flip(0.5, Padding(Border))), batch(Flip(0.5, NoAlignCorners())), batch(Dihedral(0.5)), batch(Rotate(10, 0.5)), batch(Rotate(20, 0.5)),
			batch(Zoom(1, 1.1, 0.5)), batch(Zoom(1, 1.2, 0.5)), batch(Zoom(0.9, 1.1, 0.5)), batch(Warp(0.2, 0.5)), batch(Warp(0.3, 0.5)),
			batch(Brightness(0.2, 0.5)), batch(Brightness(0.3, 0.5)), batch(Contrast(0.2, 0.5)), batch(Saturation(0.2, 0.5)), batch(Contrast(0.2, 0.5, WholeBatch())),
			batch(Hue(0.1, 0.5)), batch(Hue(0.2, 0.5)), batch(Hue(0.1, 0.4)), batch(RandomErasing(0.5)), batch(RandomErasing(0.4)),
			batch(RandomErasing(0.5, EraseArea(0, 0.2))), batch(RandomErasing(0.5, MinAspect(0.2))), batch(RandomErasing(0.5, MaxCount(2))),
			batch(Normalize([]float64{0.5}, []float64{0.5})), batch(Normalize([]float64{0.4}, []float64{0.5})), batch(Normalize([]float64{0.5}, []float64{0.4})),
			batch(Augment("noise", own)), batch(Augment("other", own)), batch(RandomResizedCropGPU(28, 28)), batch(RandomResizedCropGPU(28, 28, ValidScale(0.9))),
			batch(RandomResizedCropGPU(28, 28, CropPerPicture())), batch(), batch(Flip(0.5), Rotate(10, 0.5)),
			strings.Join(Batch(Flip(0.5)).Sampled(SamplingOnce).Identity(), "; "),
			aug(), aug(Mult(2)), aug(NoFlip()), aug(FlipVert()), aug(MaxRotate(20)), aug(MinZoom(0.9)), aug(MaxZoom(1.2)), aug(MaxLighting(0.3)), aug(MaxWarp(0.1)),
			aug(PAffine(0.5)), aug(PLighting(0.5)), aug(Xtra(Hue(0.1, 0.5))), aug(Size(28)), aug(MinScale(0.5), Size(28)), aug(WholeBatch()),
			Decoder{}.Identity(), Decoder{Gray: true}.Identity(), Decoder{Orient: true}.Identity(), Decoder{Full: true}.Identity(),
		}
	}
	seen := map[string]int{}
	again := all()
	types := regexp.MustCompile(`\b[a-z]\w*\.[A-Za-z]|\bcustom\b|0x`)
	for i, id := range all() {
		if id != again[i] {
			t.Errorf("case %d: %q and then %q", i, id, again[i])
		}
		if first, there := seen[id]; there {
			t.Errorf("cases %d and %d are both %q", first, i, id)
		}
		if types.MatchString(id) {
			t.Errorf("case %d holds the name of a type: %q", i, id)
		}
		seen[id] = i
	}
	if got, want := fmt.Sprint(Item(Resize(32, Method(Squish)), FlipItem(0.5)).Identity()), "[FlipItem(p 0.5) Resize(32×32, squish, reflection)]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
