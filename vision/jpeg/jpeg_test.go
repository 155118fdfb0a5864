package jpeg_test

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/vision/jpeg"
)

// A part that is decoded alone equals that part of the whole picture, at every scale.
func TestPartEqualsWhole(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(parity.Shared(t, "photos"), "*", "*.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, file := range files[:min(20, len(files))] {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !jpeg.Is(data) {
			continue
		}
		for _, eighths := range []int{8, 4, 2, 1} {
			w, h, err := jpeg.Scaled(data, eighths)
			if err != nil {
				t.Fatal(err)
			}
			all := make([]byte, w*h*3)
			if err := jpeg.Decode(data, eighths, 0, 0, w, h, all); err != nil {
				t.Fatal(err)
			}
			for range 6 {
				x, y := rng.IntN(w), rng.IntN(h)
				cw, ch := 1+rng.IntN(w-x), 1+rng.IntN(h-y)
				part := make([]byte, cw*ch*3)
				if err := jpeg.Decode(data, eighths, x, y, cw, ch, part); err != nil {
					t.Fatal(err)
				}
				for j := range ch {
					if !bytes.Equal(part[j*cw*3:][:cw*3], all[((y+j)*w+x)*3:][:cw*3]) {
						t.Fatalf("%s at %d/8: part %d,%d %d×%d differs from the whole %d×%d in row %d", file, eighths, x, y, cw, ch, w, h, j)
					}
				}
			}
		}
	}
}

func TestBadInput(t *testing.T) {
	for name, data := range parity.Sorted(map[string][]byte{"nothing": nil, "magic": {0xff, 0xd8, 0xff}}) {
		if _, _, err := jpeg.Scaled(data, 8); err == nil {
			t.Errorf("%s: no error", name)
		}
		if err := jpeg.Decode(data, 8, 0, 0, 1, 1, make([]byte, 3)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := jpeg.Decode([]byte{0xff, 0xd8, 0xff}, 8, 0, 0, 9, 9, make([]byte, 3)); err == nil {
		t.Error("a buffer that is too small must be refused")
	}
}

// scans is a progressive grey picture of 5000×5000 pixels whose last scan, of 11 bytes, is repeated.
func scans(t *testing.T, n int) []byte {
	t.Helper()
	const head = "ffd8ffdb004300100b0c0e0c0a100e0d0e1211101318281a181616183123251d283a333d3c3933383740485c4e404457453738506d51575f626768673e4d71797064785c656763" +
		"ffc2000b081388138801011100ffc4001500010100000000000000000000000000000003ffda000801010000000180ffc40014100100000000000000000000000000000020"
	data, err := hex.DecodeString(head)
	if err != nil {
		t.Fatal(err)
	}
	scan := []byte{0xff, 0xda, 0, 8, 1, 1, 0, 1, 0x3f, 0, 0x1f}
	return append(append(data, slices.Repeat(scan, n-1)...), 0xff, 0xd9)
}

// A file of few bytes can have thousands of scans, each as much work as the whole picture.
func TestScansAreLimited(t *testing.T) {
	rgb := make([]byte, 625*625*3)
	if err := jpeg.Decode(scans(t, 20), 1, 0, 0, 625, 625, rgb); err != nil {
		t.Error(err)
	}
	err := jpeg.Decode(scans(t, 900_000), 1, 0, 0, 625, 625, rgb)
	if err == nil || !strings.Contains(err.Error(), "scans") {
		t.Error(err)
	}
}
