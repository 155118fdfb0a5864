package resample_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision/internal/resample"
)

// Of the averages of a picture's pixels the same is made as of the pixels themselves by ATen, whose filter is PIL's.
func TestAveragesEqualThePixels(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, k := range []int{2, 4, 8} {
		for _, c := range []int{1, 3} {
			sw, sh, dw, dh := 90, 70, 90/4, 70/3
			averages, pixels := make([]byte, sw*sh*c), make([]byte, sw*k*sh*k*c)
			for i := range pixels { // coarse noise
				pixels[i] = byte(128+90*math.Sin(float64(i/c%(sw*k))/float64(k)/2)*math.Cos(float64(i/c/(sw*k))/float64(k)/3)) + byte(rng.IntN(30))
			}
			for i := range averages {
				sum := 0
				for j := range k * k {
					y, x := i/c/sw*k+j/k, i/c%sw*k+j%k
					sum += int(pixels[(y*sw*k+x)*c+i%c])
				}
				averages[i] = byte((sum + k*k/2) / (k * k))
			}
			x, y, w, h := 3*k+k/2, 5*k+k/2, 70*k+k/2, 50*k // a box that ends in the middle of averages
			got, want := make([]byte, dw*dh*c), make([]byte, dw*dh*c)
			if err := torch.ResizeUint8(pixels, sh*k, sw*k, c, x, y, w, h, want, dh, dw); err != nil {
				t.Fatal(err)
			}
			f := float64(k)
			if err := resample.Resize(averages, sw, sh, c, float64(x)/f, float64(y)/f, float64(w)/f, float64(h)/f, got, dw, dh); err != nil {
				t.Fatal(err)
			}
			worst := 0
			for i := range want {
				worst = max(worst, int(got[i])-int(want[i]), int(want[i])-int(got[i]))
			}
			if worst > 2 {
				t.Errorf("averages of %d×%d pixels, %d channels: up to %d levels apart", k, k, c, worst)
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
