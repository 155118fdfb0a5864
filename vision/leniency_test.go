package vision_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/vision"
)

// Odd and damaged files of a format are read to PIL's pixels, or refused where PIL refuses them. Of what we refuse alone, the reason is
// told.
func TestOddFilesEqualPIL(t *testing.T) {
	for program, tol := range parity.Sorted(map[string]int{
		"odd_png.py": 0, "odd_gif.py": 0, "odd_bmp.py": 0, "odd_pnm.py": 0, "odd_tiff.py": 2, "odd_webp.py": 2,
	}) {
		t.Run(program, func(t *testing.T) {
			paths, want := oddFiles(t, program, false)
			gray := byPIL(t, paths, false, true)
			refused := 0
			for i, path := range paths {
				name := filepath.Base(path)
				t.Run(name, func(t *testing.T) {
					tol := tol
					if strings.Contains(name, "lab") { // PIL interpolates in a table of colours
						tol = 6
					}
					if _, same, ok := strings.Cut(name, "="); ok { // which PIL can't read, or makes garbage of
						samePicture(t, path, filepath.Join(filepath.Dir(path), same))
					} else if !strings.HasPrefix(name, "refused") {
						sameAsPIL(t, path, vision.Decoder{}, want[i], tol)
						if !strings.HasPrefix(name, "rgbonly") {
							sameAsPIL(t, path, vision.Decoder{Gray: true}, gray[i], max(tol, 1))
						}
					} else if _, err := vision.Open(path); err == nil || !strings.Contains(err.Error(), "can't be read") {
						t.Errorf("the error is %v", err)
					}
				})
				if want[i].Error != "" {
					refused++
				}
			}
			if len(paths) < 15 || refused < len(paths)/20 || refused > len(paths)*3/4 {
				t.Errorf("PIL refuses %d of %d files", refused, len(paths))
			}
		})
	}
}

func samePicture(t *testing.T, a, b string) {
	t.Helper()
	x, err := vision.Open(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := vision.Open(b)
	if err != nil {
		t.Fatal(err)
	}
	if x.W != y.W || x.H != y.H || !bytes.Equal(x.Pix, y.Pix) {
		t.Errorf("%s and %s hold one picture, and are read to two", a, b)
	}
}
