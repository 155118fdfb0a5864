package vision

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
)

// presizing is the article's, with given draws.
func presizing(sampling Sampling, size int, crop []int) BatchTransforms {
	return AugTransforms(Size(size), MinScale(0.5), MaxLighting(0)).Sampled(sampling).withDraws(given, crop)
}

// SamplingOnce equals its own map, followed in float64, within 1e-3, where it shrinks,
// grows, and shrinks so much that it averages before.
func TestSamplingOnceEqualsItsMap(t *testing.T) {
	for _, c := range []struct{ h, w, size int }{{64, 64, 40}, {40, 52, 64}, {120, 100, 24}} {
		s := torch.NewScope()
		crop := []int{3, 6, c.h - 12, c.w - 10}
		b := presizing(SamplingOnce, c.size, crop)
		bytes := testPictures(3, c.h, c.w)
		x := torch.FromSlice(s, bytes, 3, 3, int64(c.h), int64(c.w))
		got := torch.ToSlice[float64](b.Apply(x.In(x.Scope()), nil, Train).To(torch.Float64))

		all := b.steps()[0].(composed)
		maps, step := all.draw(3, c.w, c.h, nil, Train)
		w, h := all.outSize(c.w, c.h)
		planes := x.To(torch.Float64).MulScalar_(1.0 / 255)
		if step > 2 {
			planes = shrink(planes, step/2)
		}
		want := referenceSample(planes, maps, w, h)
		parity.Close(t, "pictures", got, want, 1e-3)
		if c.h == 120 && step <= 2 {
			t.Errorf("it steps over %v pixels: nothing is shrunk before", step)
		}
		s.Close()
	}
}

// referenceSample reads x through its maps, bilinearly and reflected, -1 and 1 being the
// middles of the outermost pixels.
func referenceSample(x *torch.Tensor, maps []mat3, w, h int) []float64 {
	_, inW, inH := batchSize(x)
	data := torch.ToSlice[float64](x)
	reflect := func(v float64, n int) float64 {
		span := float64(n - 1)
		v = math.Mod(math.Abs(v), 2*span)
		return min(v, 2*span-v)
	}
	var out []float64
	for i, m := range maps {
		for c := range 3 {
			plane := data[(i*3+c)*inH*inW:][:inH*inW]
			for row := range h {
				for col := range w {
					u, v := 2*float64(col)/float64(w-1)-1, 2*float64(row)/float64(h-1)-1
					z := m[6]*u + m[7]*v + m[8]
					px := reflect(((m[0]*u+m[1]*v+m[2])/z+1)/2*float64(inW-1), inW)
					py := reflect(((m[3]*u+m[4]*v+m[5])/z+1)/2*float64(inH-1), inH)
					x0, y0 := min(int(px), inW-2), min(int(py), inH-2)
					fx, fy := px-float64(x0), py-float64(y0)
					at := func(x, y int) float64 { return plane[y*inW+x] }
					out = append(out, (1-fy)*((1-fx)*at(x0, y0)+fx*at(x0+1, y0))+fy*((1-fx)*at(x0, y0+1)+fx*at(x0+1, y0+1)))
				}
			}
		}
	}
	return out
}

// On photographs, SamplingOnce is at most 0.01 from fastai's own picture on average.
func TestSamplingOnceIsCloseToFastai(t *testing.T) {
	files, err := GetImageFiles(parity.Shared(t, "photos"))
	if err != nil {
		t.Fatal(err)
	}
	const side = 230
	var pixels []byte
	for i := range 3 {
		var m Image
		if err := (&Reader{Tfms: Item(Resize(side))}).Read(files[17+40*i], nil, Valid, &m); err != nil {
			t.Fatal(err)
		}
		for c := range 3 {
			for p := c; p < len(m.Pix); p += 3 {
				pixels = append(pixels, m.Pix[p])
			}
		}
	}
	dir := t.TempDir()
	one := augCase{Input: filepath.Join(dir, "in"), Output: filepath.Join(dir, "out"), Shape: []int64{3, 3, side, side}, Draws: given,
		Aug: map[string]any{"size": 112, "min_scale": 0.5, "max_lighting": 0}, Crop: []int{7, 12, 205, 210}}
	if err := os.WriteFile(one.Input, pixels, 0o666); err != nil {
		t.Fatal(err)
	}
	for split := range 2 {
		one.Split = split
		var shapes [][]int64
		parity.Python(t, "augment.py", map[string]any{"cases": []augCase{one}}, &shapes)
		theirs := readFloats(t, one.Output)
		s := torch.NewScope()
		y := presizing(SamplingOnce, 112, one.Crop).Apply(one.pictures(s), nil, Split(split))
		ours := torch.ToSlice[float64](y.To(torch.Float64))
		s.Close()
		if len(ours) != len(theirs) {
			t.Fatalf("split %d: %d values, fastai has %d", split, len(ours), len(theirs))
		}
		sum := 0.0
		for i := range ours {
			sum += math.Abs(ours[i] - theirs[i])
		}
		mean := sum / float64(len(ours))
		t.Logf("split %d: %.4f apart on average", split, mean)
		if mean > 0.01 {
			t.Errorf("split %d: %.4f apart on average", split, mean)
		}
	}
}

// A crop for each picture differs from picture to picture; one for the batch does not.
func TestCropPerPicture(t *testing.T) {
	crops := func(opts ...AugOption) int {
		opts = append(opts, Size(16), MinScale(0.3), MaxWarp(0), MaxRotate(0), MaxZoom(1), NoFlip(), MaxLighting(0))
		b := AugTransforms(opts...).Sampled(SamplingOnce)
		if err := b.Check(); err != nil {
			t.Fatal(err)
		}
		s := torch.NewScope()
		defer s.Close()
		maps, _ := b.steps()[0].(composed).draw(8, 32, 32, rand.New(rand.NewPCG(1, 2)), Train)
		slices.SortFunc(maps, func(a, b mat3) int { return slices.Compare(a[:], b[:]) })
		return len(slices.Compact(maps))
	}
	if n := crops(); n != 1 {
		t.Errorf("%d different crops in a batch, want 1", n)
	}
	if n := crops(CropPerPicture()); n < 6 {
		t.Errorf("%d different crops of 8 pictures", n)
	}
	if err := AugTransforms(Size(16), MinScale(0.3), CropPerPicture()).Check(); err == nil {
		t.Error("a crop for each picture needs SamplingOnce")
	}
}

// With WholeBatch all pictures of a batch get the same draws.
func TestWholeBatch(t *testing.T) {
	for _, tfm := range []BatchTransform{Flip(0.5, WholeBatch()), Dihedral(0.9, WholeBatch()), Rotate(10, 1, WholeBatch()), Zoom(1, 2, 1, WholeBatch()), Warp(0.2, 1, WholeBatch()),
		Brightness(0.5, 1, WholeBatch()), Contrast(0.5, 1, WholeBatch()), Saturation(0.5, 1, WholeBatch()), Hue(0.5, 1, WholeBatch())} {
		s := torch.NewScope()
		one := torch.FromSlice(s, testPictures(1, 12, 12), 1, 3, 12, 12)
		y := Batch(tfm).Apply(torch.Cat(0, one, one, one, one), rand.New(rand.NewPCG(3, 4)), Train)
		for i := range int64(3) {
			if !y.Select(0, 0).Equal(y.Select(0, i+1)) {
				t.Errorf("%s: picture %d differs", nameOf(tfm), i+1)
			}
		}
		s.Close()
	}
}

// RandomErasing puts noise of deviation 1 into one rectangle and leaves the rest, draws
// alike from alike seeds, and leaves libtorch's generator alone.
func TestRandomErasing(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	before := torch.RNGState(torch.CPU)
	defer before.Close()
	b := Batch(RandomErasing(1, EraseArea(0.2, 0.3)))
	apply := func(seed uint64, split Split) []float32 {
		x := s.Full(100, 4, 3, 50, 60).To(torch.Uint8)
		return torch.ToSlice[float32](b.Apply(x, rand.New(rand.NewPCG(seed, 1)), split))
	}
	a := apply(1, Train)
	if !slices.Equal(a, apply(1, Train)) || slices.Equal(a, apply(2, Train)) {
		t.Error("the seed must decide")
	}
	var n, sum, squares float64
	for _, v := range a {
		if d := float64(v); math.Abs(d-100.0/255) > 1e-6 {
			n, sum, squares = n+1, sum+d, squares+d*d
		}
	}
	if part := n / float64(len(a)); part < 0.1 || part > 0.31 {
		t.Errorf("%.3f of the pixels are erased", part)
	}
	if mean, dev := sum/n, math.Sqrt(squares/n); math.Abs(mean) > 0.05 || math.Abs(dev-1) > 0.05 {
		t.Errorf("noise of mean %.3f and deviation %.3f", mean, dev)
	}
	if v := apply(1, Valid); slices.Max(v) != slices.Min(v) {
		t.Error("validation must stay as it is")
	}
	after := torch.RNGState(torch.CPU)
	defer after.Close()
	if !before.Equal(after) {
		t.Error("libtorch's generator moved")
	}
}

func TestBadBatchTransforms(t *testing.T) {
	for name, tfm := range parity.Sorted(map[string]BatchTransform{
		"Flip": Flip(1.5), "Dihedral": Dihedral(-1), "Rotate": Rotate(10, math.NaN()), "Zoom": Zoom(0, 1, 1), "Warp": Warp(0.7, 1),
		"Brightness": Brightness(1, 1), "Contrast": Contrast(-0.1, 1), "Saturation": Saturation(0.2, 2), "Hue": Hue(1, 1),
		"RandomResizedCropGPU": RandomResizedCropGPU(8, 8, MinScale(0)), "Normalize": Normalize([]float64{0, 0}, []float64{1}),
		"RandomErasing": RandomErasing(0.5, EraseArea(0.5, 0.2)), "SizeTo": Flip(1, SizeTo(0, 5)),
		"Mode": Zoom(1, 2, 1, Mode(9)), "Padding": Flip(1, Padding(7)), "degrees": Rotate(math.Inf(1), 1), "means": Normalize([]float64{math.NaN()}, []float64{1}),
	}) {
		if err := Batch(tfm).Check(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v must name it", name, err)
		}
	}
	for name, b := range parity.Sorted(map[string]BatchTransforms{
		"a random crop without a size": AugTransforms(MinScale(0.5)), "a crop's option without a crop": AugTransforms(CropPerPicture()),
		"a third way to sample": Batch().Sampled(9),
	}) {
		if b.Check() == nil {
			t.Errorf("%s must be refused", name)
		}
	}
}
