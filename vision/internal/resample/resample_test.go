package resample_test

import (
	"math/rand/v2"
	"testing"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision/internal/resample"
)

// A box that lies on pixels is made smaller as by ATen, whose filter is PIL's.
func TestWholePixelsEqualATen(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		c, sw, sh := 1+2*rng.IntN(2), 1+rng.IntN(90), 1+rng.IntN(90)
		src := make([]byte, sw*sh*c)
		for i := range src {
			src[i] = byte(rng.Uint32())
		}
		x, y := rng.IntN(sw), rng.IntN(sh)
		w, h, dw, dh := 1+rng.IntN(sw-x), 1+rng.IntN(sh-y), 0, 0
		dw, dh = 1+rng.IntN(w), 1+rng.IntN(h)
		got, want := make([]byte, dw*dh*c), make([]byte, dw*dh*c)
		if err := torch.ResizeUint8(src, sh, sw, c, x, y, w, h, want, dh, dw); err != nil {
			t.Fatal(err)
		}
		if err := resample.Resize(src, sw, sh, c, float64(x), float64(y), float64(w), float64(h), got, dw, dh); err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if d := int(got[i]) - int(want[i]); d < -1 || d > 1 {
				t.Fatalf("%d×%d of %d×%d×%d to %d×%d: value %d is %d, ATen's %d", w, h, sw, sh, c, dw, dh, i, got[i], want[i])
			}
		}
	}
}

// A box half a pixel to the right of another sees a slope half a step later.
func TestPartsOfPixels(t *testing.T) {
	src := make([]byte, 64)
	for i := range src {
		src[i] = byte(4 * i)
	}
	for _, shift := range []float64{0, 0.25, 0.5, 0.75} {
		dst := make([]byte, 8)
		if err := resample.Resize(src, 64, 1, 1, 10+shift, 0, 32, 1, dst, 8, 1); err != nil {
			t.Fatal(err)
		}
		for i := 1; i < 7; i++ { // the outer two see less of the slope to one side
			if want := 4 * (10 + shift + 4*float64(i) + 2 - 0.5); float64(dst[i]) < want-1 || float64(dst[i]) > want+1 {
				t.Errorf("shifted by %v: pixel %d is %d, want %v", shift, i, dst[i], want)
			}
		}
	}
}

func TestBadBoxes(t *testing.T) {
	for _, b := range [][4]float64{{-1, 0, 2, 2}, {0, 0, 0, 2}, {0, 0, 9, 2}, {7.5, 0, 1, 1}, {0, 3.5, 1, 1}} {
		if resample.Resize(make([]byte, 8*4), 8, 4, 1, b[0], b[1], b[2], b[3], make([]byte, 4), 2, 2) == nil {
			t.Errorf("%v: no error", b)
		}
	}
	if resample.Resize(make([]byte, 31), 8, 4, 1, 0, 0, 8, 4, make([]byte, 4), 2, 2) == nil {
		t.Error("too few bytes: no error")
	}
}
