package vision

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
)

// augCase is a batch of three pictures and transforms with given draws, as augment.py
// reads it.
type augCase struct {
	Name  string         `json:"name"`
	Input string         `json:"input"`
	Shape []int64        `json:"shape"`
	Tfms  [][2]any       `json:"tfms,omitempty"`
	Aug   map[string]any `json:"aug"`

	Compose bool                 `json:"compose"` // tfms by setup_aug_tfms
	Draws   map[string][]float64 `json:"draws"`
	Crop    []int                `json:"crop,omitempty"` // top, left, height, width
	Split   int                  `json:"split"`
	Output  string               `json:"output"`
	ours    BatchTransforms
}

// given are the draws of all cases, one for each picture.
var given = map[string][]float64{
	"Flip": {0, 1, 1}, "Dihedral": {3, 5, 6}, "Rotate": {-9.5, 4, 0},
	"Zoom": {1.1, 1, 1.05}, "Zoom x": {0.2, 0.5, 0.9}, "Zoom y": {0.7, 0.1, 0.4},
	"Warp x": {0.2, -0.1, 0}, "Warp y": {-0.15, 0.05, 0.2},
	"Brightness": {0.42, 0.5, 0.59}, "Contrast": {0.8, 1.25, 1}, "Saturation": {0.8, 1.2, 1}, "Hue": {0.93, 1.07, 0},
}

// givenMaps are a transform's maps for the given draws.
func givenMaps(name string, draws map[string][]float64) drawMaps {
	one := map[string]func(i int) mat3{
		"Flip":     func(i int) mat3 { return flipMap(draws["Flip"][i]) },
		"Dihedral": func(i int) mat3 { return dihedralMap(int(draws["Dihedral"][i])) },
		"Rotate":   func(i int) mat3 { return rotateMap(draws["Rotate"][i]) },
		"Zoom":     func(i int) mat3 { return zoomMap(draws["Zoom"][i], draws["Zoom x"][i], draws["Zoom y"][i]) },
		"Warp":     func(i int) mat3 { return warpMap(draws["Warp x"][i], draws["Warp y"][i]) },
	}[name]
	return func(_ *rand.Rand, n int) []mat3 {
		var maps []mat3
		for i := range n {
			maps = append(maps, one(i))
		}
		return maps
	}
}

// fixedCrop is a crop that draws what it is given.
type fixedCrop struct {
	*cropTfm
	r region
}

func (f fixedCrop) drawInto(all *numbers, n, w, h int, rng *rand.Rand, split Split) func(Part) *torch.Tensor {
	if split == Valid {
		return f.cropTfm.drawInto(all, n, w, h, rng, split)
	}
	return ofPictures(func(x *torch.Tensor) *torch.Tensor { return f.cut(x, f.r, w, h, f.sampler()) })
}

func (f fixedCrop) maps(rng *rand.Rand, n, w, h int, split Split, alignCorners bool) ([]mat3, float64) {
	if split == Valid {
		return f.cropTfm.maps(rng, n, w, h, split, alignCorners)
	}
	m := cropMap(f.r, w, h, alignCorners)
	return slices.Repeat([]mat3{m}, n), max(float64(f.r.w)/float64(f.w), float64(f.r.h)/float64(f.h))
}

// withDraws makes the transforms draw what is given.
func (b BatchTransforms) withDraws(draws map[string][]float64, crop []int) BatchTransforms {
	lights := map[string]func(float64) light{"Brightness": brightness, "Contrast": contrast, "Saturation": saturation}
	b.tfms = slices.Clone(b.tfms)
	for i, t := range b.tfms {
		switch t := t.(type) {
		case *affineTfm:
			fixed := *t
			fixed.affine, fixed.perspective = nil, nil
			for name := range strings.SplitSeq(t.name, ", ") {
				if name == "Warp" {
					fixed.perspective = append(fixed.perspective, givenMaps(name, draws))
				} else {
					fixed.affine = append(fixed.affine, givenMaps(name, draws))
				}
			}
			b.tfms[i] = &fixed
		case *lightingTfm:
			fixed := &lightingTfm{name: t.name}
			for name := range strings.SplitSeq(t.name, ", ") {
				fixed.draws = append(fixed.draws, func(_ *rand.Rand, n int) (all []light) {
					for i := range n {
						all = append(all, lights[name](draws[name][i]))
					}
					return all
				})
			}
			b.tfms[i] = fixed
		case *hueTfm:
			k := -1
			b.tfms[i] = &hueTfm{draw: func(*rand.Rand) float64 { k++; return draws["Hue"][k] }}
		case *cropTfm:
			if crop != nil {
				b.tfms[i] = fixedCrop{t, region{crop[1], crop[0], crop[3], crop[2]}}
			}
		}
	}
	return b
}

// augCases are all transforms alone and together, for sizes that shrink, grow and change
// the aspect, in training and validation.
func augCases(t *testing.T) []augCase {
	dir := t.TempDir()
	var cases []augCase
	add := func(name string, h, w int, split int, c augCase) {
		c.Name, c.Shape, c.Split, c.Draws = name, []int64{3, 3, int64(h), int64(w)}, split, given
		c.Input = filepath.Join(dir, fmt.Sprintf("%dx%d", w, h))
		if err := os.WriteFile(c.Input, testPictures(3, h, w), 0o666); err != nil {
			t.Fatal(err)
		}
		c.Output = filepath.Join(dir, fmt.Sprint(len(cases)))
		cases = append(cases, c)
	}
	single := func(name string, args map[string]any, ours BatchTransform) augCase {
		return augCase{Tfms: [][2]any{{name, args}}, ours: Batch(ours)}
	}
	type size struct{ h, w, outH, outW int }
	moving := map[string]func(...TfmOption) BatchTransform{
		"Flip": func(o ...TfmOption) BatchTransform { return Flip(1, o...) }, "Dihedral": func(o ...TfmOption) BatchTransform { return Dihedral(1, o...) },
		"Rotate": func(o ...TfmOption) BatchTransform { return Rotate(10, 1, o...) }, "Zoom": func(o ...TfmOption) BatchTransform { return Zoom(1, 1.1, 1, o...) },
		"Warp": func(o ...TfmOption) BatchTransform { return Warp(0.2, 1, o...) },
	}
	for name, ours := range moving {
		add(name, 24, 30, 0, single(name, map[string]any{"p": 1}, ours()))
		for _, s := range []size{{60, 60, 24, 24}, {20, 24, 40, 36}, {60, 40, 28, 50}, {100, 90, 20, 20}} {
			for split := range 2 {
				add(fmt.Sprintf("%s %v split %d", name, s, split), s.h, s.w, split,
					single(name, map[string]any{"p": 1, "size": []int{s.outH, s.outW}}, ours(SizeTo(s.outW, s.outH))))
			}
		}
	}
	for _, c := range []struct {
		args map[string]any
		opts []TfmOption
	}{
		{map[string]any{"mode": "nearest"}, []TfmOption{Mode(torch.Nearest)}},
		{map[string]any{"mode": "bicubic"}, []TfmOption{Mode(torch.Bicubic)}},
		{map[string]any{"pad_mode": "zeros"}, []TfmOption{Padding(Zeros)}},
		{map[string]any{"pad_mode": "border"}, []TfmOption{Padding(Border)}},
		{map[string]any{"align_corners": false}, []TfmOption{NoAlignCorners()}},
		{map[string]any{"align_corners": false, "pad_mode": "zeros"}, []TfmOption{NoAlignCorners(), Padding(Zeros)}},
	} {
		c.args["p"], c.args["size"] = 1, []int{22, 33}
		for split := range 2 {
			add(fmt.Sprint("Rotate ", c.args, " split ", split), 50, 45, split, single("Rotate", c.args, Rotate(10, 1, append(c.opts, SizeTo(33, 22))...)))
		}
	}
	mean, std := ImageNetStats()
	for split := range 2 {
		for name, ours := range parity.Sorted(map[string]BatchTransform{"Brightness": Brightness(0.2, 1), "Contrast": Contrast(0.2, 1), "Saturation": Saturation(0.2, 1), "Hue": Hue(0.1, 1)}) {
			add(fmt.Sprint(name, " split ", split), 24, 30, split, single(name, map[string]any{"p": 1}, ours))
		}
		c := augCase{Tfms: [][2]any{{"Normalize", []any{mean, std}}}, ours: Batch(Normalize(mean, std))}
		add(fmt.Sprint("Normalize split ", split), 24, 30, split, c)
		all := [][2]any{{"Flip", map[string]any{"p": 1}}, {"Rotate", map[string]any{"p": 1}}, {"Hue", map[string]any{"p": 1}}, {"Brightness", map[string]any{"p": 1}}, {"Saturation", map[string]any{"p": 1}}, {"Normalize", []any{mean, std}}}
		apart := Batch(Flip(1), Rotate(10, 1), Hue(0.1, 1), Brightness(0.2, 1), Saturation(0.2, 1), Normalize(mean, std))
		add(fmt.Sprint("apart split ", split), 24, 30, split, augCase{Tfms: all, ours: apart})
		for _, s := range []size{{60, 60, 28, 28}, {30, 24, 40, 48}, {90, 100, 20, 20}} {
			crop := single("RandomResizedCropGPU", map[string]any{"size": []int{s.outH, s.outW}, "valid_scale": 0.8}, RandomResizedCropGPU(s.outW, s.outH, ValidScale(0.8)))
			crop.Crop = []int{2, 5, s.h - 9, s.w - 6}
			add(fmt.Sprintf("crop %v split %d", s, split), s.h, s.w, split, crop)
		}
	}
	for split := range 2 {
		tall := augCase{Aug: map[string]any{"mult": 1.0}, ours: AugTransforms()}
		add(fmt.Sprint("AugTransforms of tall pictures split ", split), 100, 30, split, tall)
		add(fmt.Sprint("Flip of tall pictures split ", split), 100, 30, split, single("Flip", map[string]any{"p": 1}, Flip(1)))
		two := augCase{Compose: true, Tfms: [][2]any{{"Flip", map[string]any{"p": 1}}, {"Rotate", map[string]any{"p": 1, "size": 20}}, {"Saturation", map[string]any{"p": 1}}, {"Hue", map[string]any{"p": 1}}, {"Contrast", map[string]any{"p": 1}}}}
		two.ours = Compose(Flip(1), Rotate(10, 1, Size(20)), Saturation(0.2, 1), Hue(0.1, 1), Contrast(0.2, 1))
		add(fmt.Sprint("Compose split ", split), 40, 44, split, two)
		bicubic := augCase{Compose: true, Tfms: [][2]any{{"Rotate", map[string]any{"p": 1, "size": 50, "mode": "bicubic"}}, {"Hue", map[string]any{"p": 1}}}}
		bicubic.ours = Compose(Rotate(10, 1, Size(50), Mode(torch.Bicubic)), Hue(0.1, 1))
		add(fmt.Sprint("bicubic and Hue split ", split), 30, 30, split, bicubic)
	}
	for _, c := range []struct {
		args map[string]any
		opts []AugOption
	}{
		{map[string]any{}, nil},
		{map[string]any{"size": 24}, []AugOption{Size(24)}},
		{map[string]any{"size": []int{44, 80}}, []AugOption{SizeTo(80, 44)}},
		{map[string]any{"size": 28, "min_scale": 0.75}, []AugOption{Size(28), MinScale(0.75)}},
		{map[string]any{"size": []int{70, 50}, "min_scale": 0.5}, []AugOption{SizeTo(50, 70), MinScale(0.5)}},
		{map[string]any{"flip_vert": true, "max_rotate": 0, "size": 30}, []AugOption{FlipVert(), MaxRotate(0), Size(30)}},
		{map[string]any{"do_flip": false, "max_warp": 0, "max_lighting": 0}, []AugOption{NoFlip(), MaxWarp(0), MaxLighting(0)}},
		{map[string]any{"max_zoom": 1, "mult": 2.0}, []AugOption{MaxZoom(1), Mult(2)}},
		{map[string]any{"mode": "bicubic", "pad_mode": "border", "align_corners": false, "size": 30}, []AugOption{Mode(torch.Bicubic), Padding(Border), NoAlignCorners(), Size(30)}},
	} {
		for split := range 2 {
			one := augCase{Aug: c.args, ours: AugTransforms(c.opts...)}
			one.Crop = []int{3, 6, 50, 50}
			add(fmt.Sprint("AugTransforms ", c.args, " split ", split), 60, 64, split, one)
		}
	}
	return cases
}

// Given the same draws, batch transforms alone, put together and as AugTransforms equal
// fastai's within 1e-3.
func TestBatchTransformsEqualFastai(t *testing.T) {
	cases := augCases(t)
	var shapes [][]int64
	parity.Python(t, "augment.py", map[string]any{"cases": cases}, &shapes)
	for i, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			collector.Off(t)
			before := torch.LiveTensors()
			s := torch.NewScope()
			y := c.ours.withDraws(c.Draws, c.Crop).Apply(c.pictures(s), nil, Split(c.Split))
			if !slices.Equal(y.Shape(), shapes[i]) {
				t.Fatalf("shape %v, want %v", y.Shape(), shapes[i])
			}
			parity.Close(t, "pictures", torch.ToSlice[float64](y.To(torch.Float64)), readFloats(t, c.Output), 1e-3)
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

func (c augCase) pictures(s *torch.Scope) *torch.Tensor {
	data, err := os.ReadFile(c.Input)
	if err != nil {
		panic(err)
	}
	return torch.FromSlice(s, data, c.Shape...)
}

func readFloats(t *testing.T, path string) []float64 {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	values := make([]float64, len(data)/4)
	for i := range values {
		values[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:])))
	}
	return values
}

// testPictures are n pictures that differ everywhere, N×3×h×w.
func testPictures(n, h, w int) []byte {
	data := make([]byte, 0, n*3*h*w)
	for i := range n {
		for c := range 3 {
			for y := range h {
				for x := range w {
					data = append(data, byte((x*(3+c)+y*(5-c)+(x*y)/7+31*i+17*c)%256))
				}
			}
		}
	}
	return data
}
