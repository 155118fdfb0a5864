package vision

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/scripts/parity"
	"github.com/fastlearn-go/fastlearn/torch"
)

type augCase struct {
	Name     string   `json:"name"`
	N        int64    `json:"n"`
	H        int64    `json:"h"`
	W        int64    `json:"w"`
	Tfms     [][2]any `json:"tfms"`
	Size     []int64  `json:"size"`
	Crop     []int64  `json:"crop"`
	CropSize []int64  `json:"crop_size"`
	Split    int      `json:"split"`
	ours     []BatchTransform
}

// given replays draws, one a picture.
func given[T any](values ...T) func(*rand.Rand) T {
	i := -1
	return func(*rand.Rand) T { i++; return values[i%len(values)] }
}

func givenMaps(ms ...mat3) []func(*rand.Rand, int) []mat3 { return eachPicture(given(ms...)) }

// Given the same draws, batch transforms alone and put together equal fastai's within
// 1e-3, for sizes that shrink, grow and change the aspect, in training and validation.
func TestBatchTransformsEqualFastai(t *testing.T) {
	flip := [2]any{"flip", map[string]any{"draw": []float64{0, 1, 1}}}
	rotate := [2]any{"rotate", map[string]any{"draw": []float64{-9.5, 4, 0}}}
	zoom := [2]any{"zoom", map[string]any{"draw": []float64{1.1, 1, 1.05}, "draw_x": []float64{0.2, 0.5, 0.9}, "draw_y": []float64{0.7, 0.1, 0.4}}}
	warp := [2]any{"warp", map[string]any{"draw_x": []float64{0.2, -0.1, 0}, "draw_y": []float64{-0.15, 0.05, 0.2}}}
	bright := [2]any{"brightness", map[string]any{"draw": []float64{0.42, 0.5, 0.59}}}
	contrast := [2]any{"contrast", map[string]any{"draw": []float64{0.8, 1.25, 1}}}

	ourFlip := &affineTfm{affine: givenMaps(flipMap(0), flipMap(1), flipMap(1))}
	ourRotate := &affineTfm{affine: givenMaps(rotateMap(-9.5), rotateMap(4), rotateMap(0))}
	ourZoom := &affineTfm{affine: givenMaps(zoomMap(1.1, 0.2, 0.7), zoomMap(1, 0.5, 0.1), zoomMap(1.05, 0.9, 0.4))}
	ourWarp := &affineTfm{perspective: givenMaps(warpMap(0.2, -0.15), warpMap(-0.1, 0.05), warpMap(0, 0.2))}
	ourBright := &lightingTfm{draws: []func(*rand.Rand) line{given(brightnessLine(0.42), brightnessLine(0.5), brightnessLine(0.59))}}
	ourContrast := &lightingTfm{draws: []func(*rand.Rand) line{given(contrastLine(0.8), contrastLine(1.25), contrastLine(1))}}

	all := [][2]any{flip, warp, rotate, zoom, bright, contrast}
	ourAll := []BatchTransform{ourFlip, ourWarp, ourRotate, ourZoom, ourBright, ourContrast}
	var cases []augCase
	add := func(name string, h, w int64, size []int64, split int, tfms [][2]any, ours ...BatchTransform) {
		cases = append(cases, augCase{Name: name, N: 3, H: h, W: w, Size: size, Split: split, Tfms: tfms, ours: ours})
	}
	add("flip", 24, 30, nil, 0, [][2]any{flip}, ourFlip)
	add("rotate", 24, 30, nil, 0, [][2]any{rotate}, ourRotate)
	add("zoom", 24, 30, nil, 0, [][2]any{zoom}, ourZoom)
	add("warp", 24, 30, nil, 0, [][2]any{warp}, ourWarp)
	add("brightness", 24, 30, nil, 0, [][2]any{bright}, ourBright)
	add("contrast", 24, 30, nil, 0, [][2]any{contrast}, ourContrast)
	add("all", 24, 30, nil, 0, all, ourAll...)
	add("all, shrunk", 60, 60, []int64{24, 24}, 0, all, ourAll...)
	add("all, shrunk a lot", 100, 90, []int64{20, 20}, 0, all, ourAll...)
	add("all, grown", 20, 24, []int64{40, 36}, 0, all, ourAll...)
	add("validation, shrunk", 60, 50, []int64{24, 24}, 1, all, ourAll...)
	add("validation, shrunk a lot", 100, 90, []int64{20, 20}, 1, all, ourAll...)
	add("validation, as it is", 24, 30, nil, 1, all, ourAll...)
	for split, name := range []string{"min_scale", "validation, min_scale"} {
		add(name, 64, 64, nil, split, all, ourAll...)
		last := &cases[len(cases)-1]
		last.Crop, last.CropSize = []int64{5, 9, 50, 50}, []int64{28, 28}
	}
	var want []struct {
		Shape  []int64
		Values []float64
	}
	parity.Python(t, "augment.py", cases, &want)
	for i, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			before := torch.LiveTensors()
			s := torch.NewScope()
			y := c.apply(testPictures(s, c.N, c.H, c.W))
			if !slices.Equal(y.Shape(), want[i].Shape) {
				t.Fatalf("shape %v, want %v", y.Shape(), want[i].Shape)
			}
			parity.Close(t, "pictures", torch.ToSlice[float64](y.To(torch.Float64)), want[i].Values, 1e-3)
			if got := s.Len(); got > 2 { // y and its cast
				t.Errorf("%d tensors are left in the scope, want what is returned", got)
			}
			s.Close()
			if got := torch.LiveTensors() - before; got != 0 {
				t.Errorf("%d tensors live", got)
			}
		})
	}
}

func (c augCase) apply(x *torch.Tensor) *torch.Tensor {
	tfms := Batch(c.ours...)
	for _, tfm := range tfms.tfms {
		if a, ok := tfm.(*affineTfm); ok && c.Size != nil {
			a = a.join(&affineTfm{})
			a.h, a.w = int(c.Size[0]), int(c.Size[1])
			tfms = Batch(slices.Concat([]BatchTransform{a}, slices.DeleteFunc(slices.Clone(tfms.tfms), func(b BatchTransform) bool { return b == tfm }))...)
		}
	}
	if c.Crop != nil {
		crop := &cropTfm{w: int(c.CropSize[1]), h: int(c.CropSize[0]), cropDraw: cropDraw{minScale: 0.5, maxScale: 1, minRatio: 1, maxRatio: 1}}
		y := tfms.Apply(x, nil, Split(c.Split))
		if Split(c.Split) == Valid {
			return replace(y, crop.apply(y, nil, Valid))
		}
		return replace(y, crop.cut(y, int(c.Crop[1]), int(c.Crop[0]), int(c.Crop[3]), int(c.Crop[2])))
	}
	return tfms.Apply(x, nil, Split(c.Split))
}

// testPictures are augment.py's, in bytes.
func testPictures(s *torch.Scope, n, h, w int64) *torch.Tensor {
	data := make([]uint8, 0, n*3*h*w)
	for i := range n {
		for c := range int64(3) {
			for y := range h {
				for x := range w {
					data = append(data, uint8((x*(3+c)+y*(5-c)+(x*y)/7+31*i+17*c)%256))
				}
			}
		}
	}
	return torch.FromSlice(s, data, n, 3, h, w)
}
