package vision_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/vision"
)

// pilRead is what PIL makes of a file.
type pilRead struct {
	Format, Mode, Error string
	W, H                int
	pixels              string // the file of its RGB
}

// oddFiles lets a Python program make files, and PIL read them.
func oddFiles(t *testing.T, program string, orient bool) (paths []string, want []pilRead) {
	t.Helper()
	dir := t.TempDir()
	parity.Python(t, program, dir, &paths)
	for i := range paths {
		paths[i] = filepath.Join(dir, paths[i])
	}
	return paths, readByPIL(t, paths, orient)
}

func readByPIL(t *testing.T, paths []string, orient bool) []pilRead {
	return byPIL(t, paths, orient, false)
}

func byPIL(t *testing.T, paths []string, orient, gray bool) (want []pilRead) {
	t.Helper()
	out := t.TempDir()
	parity.Python(t, "pil.py", map[string]any{"files": paths, "out": out, "orient": orient, "gray": gray}, &want)
	if len(want) != len(paths) || len(paths) == 0 {
		t.Fatalf("PIL tried %d of %d files", len(want), len(paths))
	}
	for i := range want {
		want[i].pixels = filepath.Join(out, fmt.Sprintf("%d.rgb", i))
	}
	return want
}

// sameAsPIL fails the test unless d reads the file where PIL does, to pixels of which none is more than tol levels from PIL's.
func sameAsPIL(t *testing.T, path string, d vision.Decoder, want pilRead, tol int) {
	t.Helper()
	m, err := d.Open(path)
	if (err == nil) != (want.Error == "") {
		t.Errorf("the error is %v, PIL's %q", err, want.Error)
		return
	}
	if err != nil {
		return
	}
	pixels, err := os.ReadFile(want.pixels)
	if err != nil {
		t.Fatal(err)
	}
	if m.W != want.W || m.H != want.H {
		t.Errorf("%d×%d pixels, want %d×%d", m.W, m.H, want.W, want.H)
		return
	}
	far, worst := 0, 0
	for i, v := range pixels {
		if d := max(int(v)-int(m.Pix[i]), int(m.Pix[i])-int(v)); d > tol {
			far, worst = far+1, max(worst, d)
		}
	}
	if far > 0 {
		t.Errorf("%s of mode %s: %d of %d values are more than %d levels from PIL's, the worst %d", want.Format, want.Mode, far, len(pixels), tol, worst)
	}
}

// A damaged JPEG file is read or refused as PIL does it, and that doesn't depend on the part that is cut out of it.
func TestDamagedJPEG(t *testing.T) {
	paths, want := oddFiles(t, "odd_jpeg.py", false)
	r := vision.Reader{Tfms: vision.Item(vision.RandomCrop(40, 40))}
	refused := 0
	for i, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			sameAsPIL(t, path, vision.Decoder{}, want[i], 2)
			for seed := range uint64(25) {
				var m vision.Image
				if err := r.Read(path, rand.New(rand.NewPCG(seed, 1)), vision.Train, &m); (err == nil) != (want[i].Error == "") {
					t.Fatalf("crop %d: the error is %v, PIL's %q", seed, err, want[i].Error)
				}
			}
		})
		if want[i].Error != "" {
			refused++
		}
	}
	if refused == 0 || refused == len(paths) {
		t.Errorf("PIL refuses %d of %d files", refused, len(paths))
	}
}
