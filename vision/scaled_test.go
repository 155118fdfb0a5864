package vision_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/vision"
)

// detailed makes a JPEG file with as much detail as there can be: blocks of random colours, of black and white, or stripes of them.
func detailed(t *testing.T, w, h, block int, kind string) []byte {
	t.Helper()
	rng := rand.New(rand.NewPCG(uint64(w), uint64(block)))
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	var row []color.RGBA
	for y := range h {
		for x := range w {
			if x == 0 && y%block == 0 {
				row = make([]color.RGBA, w/block+1)
				for i := range row {
					v := byte(i % 2 * 255)
					if kind == "black and white" {
						v = byte(rng.IntN(2) * 255)
					}
					if row[i] = (color.RGBA{v, v, v, 255}); kind == "colours" {
						row[i] = color.RGBA{byte(rng.Uint32()), byte(rng.Uint32()), byte(rng.Uint32()), 255}
					}
				}
			}
			m.SetRGBA(x, y, row[x/block])
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A picture decoded at a part of its size is close to the whole one, resized, whatever it is resized to and whatever is cut out.
func TestScaledDecodingIsClose(t *testing.T) {
	pictures := map[string][]byte{}
	for _, size := range [][2]int{{257, 333}, {803, 601}, {1501, 1127}} {
		for _, block := range []int{1, 5, 11, 13} {
			for _, kind := range []string{"colours", "black and white", "stripes"} {
				pictures[fmt.Sprint(size, block, kind)] = detailed(t, size[0], size[1], block, kind)
			}
		}
	}
	close := func(t *testing.T, limit float64) {
		scaled := 0
		for name, data := range parity.Sorted(pictures) {
			for _, size := range []int{32, 45, 64, 96, 128, 224} {
				for what, tfm := range parity.Sorted(map[string]vision.ItemTransforms{
					"squish": vision.Item(vision.Resize(size, vision.Method(vision.Squish))), "crop": vision.Item(vision.Resize(size)), "pad": vision.Item(vision.Resize(size, vision.Method(vision.Pad))),
					"random": vision.Item(vision.RandomResizedCrop(size, size)),
				}) {
					var part, full vision.Image
					r, whole := vision.Reader{Tfms: tfm}, vision.Reader{Tfms: tfm, Decoder: vision.Decoder{Full: true}}
					rng := func() *rand.Rand { return rand.New(rand.NewPCG(uint64(size), 1)) }
					if err := errors.Join(r.ReadBytes(data, rng(), vision.Train, &part), whole.ReadBytes(data, rng(), vision.Train, &full)); err != nil {
						t.Fatal(err)
					}
					sum := 0
					for i := range full.Pix {
						sum += max(int(full.Pix[i])-int(part.Pix[i]), int(part.Pix[i])-int(full.Pix[i]))
					}
					if mean := float64(sum) / float64(len(full.Pix)); mean > limit {
						t.Errorf("%s, %s to %d: %.2f levels apart on average", name, what, size, mean)
					}
					if sum > 0 {
						scaled++
					}
				}
			}
		}
		if scaled < len(pictures) {
			t.Errorf("only %d results differ: was nothing decoded at a part of its size?", scaled)
		}
	}
	t.Run("detailed", func(t *testing.T) { close(t, 3) })
	t.Run("photographs", func(t *testing.T) {
		files, err := vision.GetImageFiles(parity.Shared(t, "photos"))
		if err != nil {
			t.Fatal(err)
		}
		clear(pictures)
		for _, file := range files[:20] {
			if pictures[file], err = os.ReadFile(file); err != nil {
				t.Fatal(err)
			}
		}
		close(t, 1.1)
	})
}
