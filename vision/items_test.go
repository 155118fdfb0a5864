package vision

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// replay is a source of random numbers that gives the draws it is told.
type replay []uint64

func (r *replay) Uint64() uint64 {
	v := (*r)[0]
	*r = (*r)[1:]
	return v
}

// unit is the draw for which Float64 is v.
func unit(v float64) uint64 { return uint64(v * (1 << 53)) }

// wholeOf is the draw for which IntN(n) is k.
func wholeOf(k, n int) uint64 {
	if n&(n-1) == 0 {
		return uint64(k)
	}
	return uint64((float64(k)+0.5)/float64(n)*(1<<32)) << 32
}

type itemCase struct {
	Files []string       `json:"files"`
	Tfm   string         `json:"tfm"`
	Args  map[string]any `json:"args"`
	Draws map[string]any `json:"draws"`
	Split int            `json:"split"`
	ours  ItemTransform
	rng   replay
}

// Real photographs decode and transform as fastai's do with PIL, given the same draws,
// in training and validation: at most 2 levels apart in 99.9 % of the values.
func TestItemTransformsEqualFastai(t *testing.T) {
	files, err := GetImageFiles(parity.Shared(t, "photos"))
	if err != nil {
		t.Fatal(err)
	}
	const w, h = 500, 375 // most of them
	var alike []string
	for _, f := range files {
		if m, err := Open(f); err == nil && m.W == w && m.H == h && len(alike) < 4 {
			alike = append(alike, f)
		}
	}
	files = files[:10]
	var cases []itemCase
	type args = map[string]any
	valid := func(name string, a args, ours ItemTransform) {
		cases = append(cases, itemCase{Files: files, Tfm: name, Args: a, Split: 1, ours: ours})
	}
	train := func(name string, a, draws args, ours ItemTransform, rng ...uint64) {
		cases = append(cases, itemCase{Files: alike, Tfm: name, Args: a, Draws: draws, ours: ours, rng: rng})
	}
	valid("Resize", args{"size": 96}, Resize(96))
	valid("Resize", args{"size": 700}, Resize(700))
	valid("Resize", args{"size": []int{120, 80}}, ResizeTo(80, 120))
	valid("Resize", args{"size": 96, "method": "squish"}, Resize(96, Method(Squish)))
	for mode, pad := range parity.Sorted(map[string]PadMode{"zeros": Zeros, "border": Border, "reflection": Reflection}) {
		valid("Resize", args{"size": []int{90, 96}, "method": "pad", "pad_mode": mode}, ResizeTo(96, 90, Method(Pad), Padding(pad)))
		valid("CropPad", args{"size": []int{600, 300}, "pad_mode": mode}, CropPad(300, 600, Padding(pad)))
		valid("CropPad", args{"size": []int{1500, 1400}, "pad_mode": mode}, CropPad(1400, 1500, Padding(pad)))
	}
	valid("RandomCrop", args{"size": []int{101, 600}}, RandomCrop(600, 101))
	valid("RandomResizedCrop", args{"size": []int{64, 100}}, RandomResizedCrop(100, 64))
	valid("RandomResizedCrop", args{"size": 80, "val_xtra": 0.3}, RandomResizedCrop(80, 80, ValXtra(0.3)))
	valid("FlipItem", args{}, FlipItem(0.5))

	train("Resize", args{"size": 200}, args{"pcts": []float64{0.3, 0.9}}, Resize(200), unit(0.3), unit(0.9))
	train("Resize", args{"size": []int{200, 100}, "method": "pad"}, args{"pcts": []float64{0.25, 0.75}}, ResizeTo(100, 200, Method(Pad)), unit(0.25), unit(0.75))
	train("Resize", args{"size": 200, "method": "squish"}, args{"split_idx": 0}, Resize(200, Method(Squish)))
	train("RandomCrop", args{"size": []int{300, 320}}, args{"tl": []int{17, 70}}, RandomCrop(320, 300), wholeOf(17, w-320+1), wholeOf(70, h-300+1))
	train("RandomCrop", args{"size": []int{400, 520}}, args{"tl": []int{-3, -20}}, RandomCrop(520, 400), wholeOf(20-3, 20), wholeOf(25-20, 25))
	train("FlipItem", args{}, args{"do": true}, FlipItem(1), unit(0), wholeOf(0, 1))
	for k := range 8 {
		train("DihedralItem", args{}, args{"k": k}, DihedralItem(1), unit(0), wholeOf(k, 8))
	}
	train("RatioResize", args{"max_sz": 100}, nil, RatioResize(100))
	// A crop of a quarter of the area as wide as high: 217 × 217 pixels.
	train("RandomResizedCrop", args{"size": []int{120, 90}}, args{"cp_size": []int{217, 217}, "tl": []int{40, 100}},
		RandomResizedCrop(90, 120, MinScale(0.25), MaxScale(0.25), Ratio(1, 1)), unit(0), unit(0), wholeOf(40, w-217+1), wholeOf(100, h-217+1))

	var want [][][]any
	dir := t.TempDir()
	parity.Python(t, "items.py", map[string]any{"dir": dir, "jobs": cases}, &want)
	for i, c := range cases {
		far, total := 0, 0
		for k, file := range c.Files {
			rng, m := c.rng, Image{}
			if err := (&Reader{Decoder: Decoder{Full: true}, Tfms: Item(c.ours)}).Read(file, rand.New(&rng), Split(c.Split), &m); err != nil {
				t.Fatal(err)
			}
			pixels, err := os.ReadFile(want[i][k][0].(string))
			if err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(m.W, m.H) != fmt.Sprint(want[i][k][1], want[i][k][2]) || len(pixels) != len(m.Pix) {
				t.Fatalf("%s %v %s: %d×%d, want %v", c.Tfm, c.Args, file, m.W, m.H, want[i][k][1:])
			}
			for p := range pixels {
				total++
				if d := int(pixels[p]) - int(m.Pix[p]); d > 2 || d < -2 {
					far++
				}
			}
			if len(rng) > 0 {
				t.Errorf("%s: %d draws are left", c.Tfm, len(rng))
			}
		}
		if part := float64(far) / float64(total); part > 0.001 {
			t.Errorf("%s %v %v: %.3f %% of the values are more than 2 levels from PIL's, want 0.1 %%", c.Tfm, c.Args, c.Draws, 100*part)
		}
	}
}

// RatioResize keeps the shape; fastai's resizes by Resize and loses no more than a pixel.
func TestRatioResize(t *testing.T) {
	for _, c := range []struct{ w, h, size, wantW, wantH int }{{500, 375, 100, 100, 75}, {375, 500, 100, 75, 100}, {640, 10, 64, 64, 1}, {1000, 3, 10, 10, 1}} {
		w, h := c.w, c.h
		Item(RatioResize(c.size)).Sizes(w, h, nil, Valid, func(_ string, gotW, gotH int) { w, h = gotW, gotH })
		if w != c.wantW || h != c.wantH {
			t.Errorf("%d×%d to %d: %d×%d, want %d×%d", c.w, c.h, c.size, w, h, c.wantW, c.wantH)
		}
	}
}

// Mirroring comes before cutting, whatever their order in the list, as fastai sorts them.
func TestItemTransformsAreOrdered(t *testing.T) {
	var names []string
	Item(Resize(8), FlipItem(1), RandomCrop(8, 8)).Sizes(20, 10, rand.New(rand.NewPCG(1, 2)), Train, func(name string, _, _ int) { names = append(names, name) })
	if fmt.Sprint(names) != "[FlipItem Resize RandomCrop]" {
		t.Errorf("%v", names)
	}
}

func TestBadItemTransforms(t *testing.T) {
	for _, tfm := range []ItemTransform{Resize(0), ResizeTo(5, -1), Resize(1 << 20), ResizeTo(1<<40, 1<<40), CropPad(1<<20, 1<<20), RandomCrop(1<<20, 1<<20), RatioResize(0), CropPad(0, 1), RandomCrop(1, 0), FlipItem(2), DihedralItem(-1),
		RandomResizedCrop(0, 1), RandomResizedCrop(8, 8, MinScale(0)), RandomResizedCrop(8, 8, MinScale(0.5), MaxScale(0.2)), RandomResizedCrop(8, 8, Ratio(2, 1)), RandomResizedCrop(8, 8, ValXtra(-1))} {
		if Item(tfm).Check() == nil {
			t.Errorf("%s %+v is not refused", nameOf(tfm), tfm)
		}
	}
}

// A picture of more bytes than there is memory is an error when a transform comes to it, and Go's heap isn't asked for it.
func TestPicturesBeyondMemory(t *testing.T) {
	m := Image{W: 2, H: 2, C: 3, Pix: make([]byte, 12)}
	for _, tfm := range []ItemTransform{RatioResize(1 << 20), Resize(1 << 20), Resize(1<<20, Method(Pad)), CropPad(1<<20, 1<<20), ResizeTo(1<<31, 1<<31)} {
		out := Image{Pix: make([]byte, 3)}
		if err := Item(tfm).Apply(&m, rand.New(rand.NewPCG(1, 1)), Train, &out); err == nil || !strings.Contains(err.Error(), "of memory") {
			t.Errorf("%T: %v", tfm, err)
		}
	}
	if err := m.turn(5, &Image{}); err != nil {
		t.Error(err)
	}
	if err := (&Image{W: 1 << 31, H: 1 << 31, C: 3}).turn(5, &Image{}); err == nil {
		t.Error("a turned picture beyond memory")
	}
}
