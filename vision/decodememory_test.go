package vision_test

import (
	"bytes"
	"image"
	"image/color/palette"
	"image/gif"
	"image/png"
	"io"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/vision"
)

// allocated is how many bytes f takes, freed or not.
func allocated(f func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// A large picture takes the memory of its own pixels, and little more, whatever its format.
func TestDecodingTakesThePixelsMemory(t *testing.T) {
	const w, h = 1600, 1500
	src, indexed := image.NewNRGBA(image.Rect(0, 0, w, h)), image.NewPaletted(image.Rect(0, 0, w, h), palette.Plan9)
	for i := range src.Pix {
		src.Pix[i] = byte(i/4%w/7 + i/4/w/5*(1+i%4))
		if i%4 == 3 {
			src.Pix[i] = byte(100 + i%100)
		}
	}
	for i := range indexed.Pix {
		indexed.Pix[i] = byte(i/w + i%w)
	}
	for name, encode := range parity.Sorted(map[string]func(w io.Writer) error{
		"PNG":         func(w io.Writer) error { return png.Encode(w, src) },
		"PNG indexed": func(w io.Writer) error { return png.Encode(w, indexed) },
		"GIF":         func(w io.Writer) error { return gif.Encode(w, indexed, nil) },
		"BMP":         func(w io.Writer) error { return bmp.Encode(w, src) },
		"TIFF":        func(w io.Writer) error { return tiff.Encode(w, src, nil) },
		"TIFF deflate": func(w io.Writer) error {
			return tiff.Encode(w, src, &tiff.Options{Compression: tiff.Deflate, Predictor: true})
		},
	}) {
		t.Run(name, func(t *testing.T) {
			var file bytes.Buffer
			if err := encode(&file); err != nil {
				t.Fatal(err)
			}
			r, m := vision.Reader{}, vision.Image{}
			took := allocated(func() {
				if err := r.ReadBytes(file.Bytes(), nil, vision.Valid, &m); err != nil {
					t.Fatal(err)
				}
			})
			if m.W != w || m.H != h {
				t.Fatalf("%d×%d", m.W, m.H)
			}
			if limit := int64(w*h*3*11/10 + 1<<20); took > limit {
				t.Errorf("%d bytes were allocated for %d of pixels", took, w*h*3)
			}
			again := allocated(func() {
				if err := r.ReadBytes(file.Bytes(), nil, vision.Valid, &m); err != nil {
					t.Fatal(err)
				}
			})
			if again > 1<<20 {
				t.Errorf("%d bytes were allocated for a picture that fits into the memory of another", again)
			}
		})
	}
}

// A small file that claims many pixels is refused before memory is taken for them.
func TestSmallFilesOfManyPixels(t *testing.T) {
	for name, data := range parity.Sorted(map[string][]byte{
		"PNG": hugePNG(t, 13_000, 13_000),
		"BMP": []byte("BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00\xc8\x32\x00\x00\xc8\x32\x00\x00\x01\x00\x18\x00" + strings.Repeat("\x00", 60)),
		"PPM": []byte("P6 13000 13000 255 abc"),
		"PGM": []byte("P2 13000 13000 255 1 2 3"),
		"GIF": []byte("GIF89a\xc8\x32\xc8\x32\x00\x00\x00,\x00\x00\x00\x00\xc8\x32\xc8\x32\x00\x02\x01\x44\x00;"),
		"TIFF": []byte("II*\x00\x08\x00\x00\x00\x07\x00" + entry(256, 13_000) + entry(257, 13_000) + entry(258, 8) + entry(259, 8) + entry(262, 1) + entry(273, 8) + entry(279, 20) +
			"\x00\x00\x00\x00"),
	}) {
		t.Run(name, func(t *testing.T) {
			var err error
			took := allocated(func() { err = (&vision.Reader{}).ReadBytes(data, nil, vision.Valid, &vision.Image{}) })
			if err == nil || !strings.Contains(err.Error(), "ends before the picture does") {
				t.Errorf("the error is %v", err)
			}
			if took > 1<<20 {
				t.Errorf("%d bytes were allocated", took)
			}
		})
	}
}

// entry is one of a TIFF file's directory: a number of 16 bits.
func entry(tag, value int) string {
	return string([]byte{byte(tag), byte(tag >> 8), 3, 0, 1, 0, 0, 0, byte(value), byte(value >> 8), 0, 0})
}
