package vision

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/color/palette"
	godraw "image/draw"
	"image/png"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// noise fills an image with colours of every alpha, each pixel by Set.
func noise(m godraw.Image) godraw.Image {
	rng := rand.New(rand.NewPCG(1, 2))
	b := m.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			a := []uint16{0, 0xffff, uint16(rng.Uint32())}[rng.IntN(3)]
			m.Set(x, y, color.NRGBA64{uint16(rng.Uint32()), uint16(rng.Uint32()), uint16(rng.Uint32()), a})
		}
	}
	return m
}

// own is an image of a type that nobody knows.
type own struct{ image.Image }

// goImages are images of each type of Go's, of odd sizes and places.
func goImages() map[string]image.Image {
	r := image.Rect(-7, 5, 30, 34)
	transparent := color.Palette{color.NRGBA{1, 2, 3, 0}, color.NRGBA{200, 100, 50, 128}, color.RGBA{10, 20, 30, 40}, color.Gray{77}, color.NRGBA{9, 8, 7, 255}}
	all := map[string]image.Image{
		"NRGBA": noise(image.NewNRGBA(r)), "RGBA": noise(image.NewRGBA(r)), "NRGBA64": noise(image.NewNRGBA64(r)), "RGBA64": noise(image.NewRGBA64(r)),
		"Gray": noise(image.NewGray(r)), "Gray16": noise(image.NewGray16(r)), "Alpha": noise(image.NewAlpha(r)), "Alpha16": noise(image.NewAlpha16(r)),
		"CMYK": noise(image.NewCMYK(r)), "Paletted": noise(image.NewPaletted(r, palette.Plan9)), "transparent palette": noise(image.NewPaletted(r, transparent)),
	}
	opaque := image.NewNRGBA(r)
	godraw.Draw(opaque, r, all["RGBA"], r.Min, godraw.Src)
	for i := 3; i < len(opaque.Pix); i += 4 {
		opaque.Pix[i] = 255
	}
	all["opaque"], all["part"], all["own"] = opaque, opaque.SubImage(image.Rect(-3, 9, 20, 31)), own{all["RGBA"]}
	rng := rand.New(rand.NewPCG(3, 4))
	for _, ratio := range []image.YCbCrSubsampleRatio{image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio411} {
		m := image.NewNYCbCrA(r, ratio)
		for _, plane := range [][]byte{m.Y, m.Cb, m.Cr, m.A} {
			for i := range plane {
				plane[i] = byte(rng.Uint32())
			}
		}
		all[fmt.Sprint("NYCbCrA ", ratio)], all[fmt.Sprint("YCbCr ", ratio)] = m, m.YCbCr.SubImage(image.Rect(-6, 6, 29, 30))
	}
	return all
}

// An image of Go's is read as its PNG file is, to the last bit, whatever is done to it, in colour and grey.
func TestReadImageEqualsItsFile(t *testing.T) {
	tfms := map[string]ItemTransforms{
		"whole": Item(), "crop": Item(Resize(16)), "squish": Item(Resize(12, Method(Squish))), "pad": Item(Resize(20, Method(Pad))),
		"beyond": Item(CropPad(50, 20)),
	}
	for name, src := range goImages() {
		for what, tfm := range tfms {
			for _, gray := range []bool{false, true} {
				var file bytes.Buffer
				if err := png.Encode(&file, src); err != nil {
					t.Fatal(err)
				}
				r := Reader{Decoder: Decoder{Gray: gray}, Tfms: tfm}
				var want, got Image
				if err := r.ReadBytes(file.Bytes(), nil, Valid, &want); err != nil {
					t.Fatal(err)
				}
				if err := r.ReadImage(src, nil, Valid, &got); err != nil || got.W != want.W || got.H != want.H || !bytes.Equal(got.Pix, want.Pix) {
					t.Errorf("%s, %s, grey %v: %d×%d pixels differ from %d×%d, %v", name, what, gray, got.W, got.H, want.W, want.H, err)
				}
			}
		}
	}
}

// The methods of a hostile image.
type hostile struct {
	image.Image
	bounds func() image.Rectangle
	at     func(x, y int) color.Color
}

func (h hostile) Bounds() image.Rectangle { return h.bounds() }

func (h hostile) At(x, y int) color.Color { return h.at(x, y) }

// What isn't an image, or lies about its size, is an error that says so, before memory is taken for its pixels.
func TestReadImageRefuses(t *testing.T) {
	large := image.Rect(0, 0, 13_000, 13_000)
	small := func() image.Rectangle { return image.Rect(0, 0, 4, 4) }
	short := image.NewPaletted(image.Rect(0, 0, 4, 4), palette.Plan9[:4])
	short.Pix[5] = 200
	for name, c := range parity.Sorted(map[string]struct {
		src  image.Image
		want string
	}{
		"nil":                   {nil, "is nil"},
		"a nil RGBA":            {(*image.RGBA)(nil), "nil *image.RGBA"},
		"a nil own":             {(*own)(nil), "nil *vision.own"},
		"an own nil":            {own{}, "vision.own, panicked"},
		"empty":                 {image.NewRGBA(image.Rect(0, 0, 0, 5)), "0×5"},
		"turned round":          {&image.RGBA{Rect: image.Rectangle{image.Pt(5, 5), image.Pt(0, 0)}}, "-5×-5"},
		"Uniform":               {image.NewUniform(color.Black), "more than MaxPixels"},
		"the whole plane":       {&image.RGBA{Rect: image.Rectangle{image.Pt(-1<<63, -1<<63), image.Pt(1<<63-1, 1<<63-1)}}, "-1×-1"},
		"a wide one":            {&image.Gray{Rect: image.Rect(0, 0, 1<<62, 1)}, "more than MaxPixels"},
		"RGBA without pixels":   {&image.RGBA{Rect: large, Stride: 4 * 13_000}, "*image.RGBA, panicked"},
		"NRGBA of few":          {&image.NRGBA{Rect: large, Stride: 4 * 13_000, Pix: make([]byte, 100)}, "*image.NRGBA, panicked"},
		"a negative stride":     {&image.Gray{Rect: large, Stride: -5, Pix: make([]byte, 100)}, "*image.Gray, panicked"},
		"YCbCr without colours": {&image.YCbCr{Rect: large, YStride: 13_000, Y: make([]byte, 13_000*13_000)}, "*image.YCbCr, panicked"},
		"no palette":            {&image.Paletted{Rect: image.Rect(0, 0, 2, 2), Stride: 2, Pix: make([]byte, 4)}, "*image.Paletted, panicked"},
		"beyond the palette":    {short, "*image.Paletted, panicked"},
		"Bounds panics":         {hostile{bounds: func() image.Rectangle { panic("no bounds") }}, "vision.hostile, panicked: no bounds"},
		"At panics":             {hostile{bounds: small, at: func(x, y int) color.Color { panic("no pixel") }}, "vision.hostile, panicked: no pixel"},
		"At panics later": {hostile{bounds: small, at: func(x, y int) color.Color {
			if y == 1 {
				panic("one row")
			}
			return color.White
		}}, "vision.hostile, panicked: one row"},
		"no colour": {hostile{bounds: small, at: func(x, y int) color.Color { return nil }}, "vision.hostile, panicked"},
	}) {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r := Reader{Decoder: Decoder{MaxPixels: 200_000_000}, Tfms: Item(Resize(8))}
			err := r.ReadImage(c.src, nil, Valid, &Image{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got the error %v, want %q", err, c.want)
			}
			if runtime.ReadMemStats(&after); after.TotalAlloc-before.TotalAlloc > 1<<20 {
				t.Errorf("%d bytes were allocated", after.TotalAlloc-before.TotalAlloc)
			}
		})
	}
}

// An image costs its pixels' bytes, once: no file is made of it.
func TestReadImageMakesNoFile(t *testing.T) {
	src := image.NewYCbCr(image.Rect(0, 0, 512, 512), image.YCbCrSubsampleRatio420)
	r := Reader{Tfms: Item(Resize(64))}
	var m Image
	read := func() {
		if err := r.ReadImage(src, nil, Valid, &m); err != nil {
			t.Fatal(err)
		}
	}
	read()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 10 {
		read()
	}
	if runtime.ReadMemStats(&after); after.TotalAlloc-before.TotalAlloc > 10*512*512 {
		t.Errorf("%d bytes were allocated for 10 images", after.TotalAlloc-before.TotalAlloc)
	}
}
