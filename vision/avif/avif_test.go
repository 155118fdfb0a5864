package avif_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/vision"
	_ "github.com/fastlearn-go/fastlearn/vision/avif"
)

type pilRead struct {
	Error string
	W, H  int
}

// AVIF files are read as by PIL: grey, with alpha, of ten bits, moving, and turned by their containers.
func TestAVIFEqualsPIL(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	var names []string
	parity.Python(t, "odd_avif.py", dir, &names)
	if files, err := vision.GetImageFiles(dir); err != nil || len(files) != len(names) {
		t.Fatalf("%d files of %d are listed, %v", len(files), len(names), err)
	}
	for i, name := range names {
		names[i] = filepath.Join(dir, name)
	}
	for _, orient := range []bool{false, true} {
		var want []pilRead
		parity.Python(t, "pil.py", map[string]any{"files": names, "out": out, "orient": orient}, &want)
		for i, path := range names {
			t.Run(filepath.Base(path), func(t *testing.T) {
				m, err := vision.Decoder{Orient: orient}.Open(path)
				if (err == nil) != (want[i].Error == "") {
					t.Fatalf("the error is %v, PIL's %q", err, want[i].Error)
				}
				if err != nil {
					if !strings.Contains(err.Error(), path) {
						t.Errorf("%v doesn't name the file", err)
					}
					return
				}
				pixels, err := os.ReadFile(filepath.Join(out, fmt.Sprintf("%d.rgb", i)))
				if err != nil {
					t.Fatal(err)
				}
				if m.W != want[i].W || m.H != want[i].H {
					t.Fatalf("%d×%d pixels, PIL has %d×%d", m.W, m.H, want[i].W, want[i].H)
				}
				sum := 0
				for k, v := range pixels {
					sum += max(int(v)-int(m.Pix[k]), int(m.Pix[k])-int(v))
				}
				limit := 1.5 // of colours at half their size, which PIL smooths
				switch filepath.Base(path) {
				case "444.avif", "grey.avif":
					limit = 0.1
				case "alpha.avif": // the decoder gives colours that are multiplied by it
					limit = 5
				}
				if mean := float64(sum) / float64(len(pixels)); mean > limit {
					t.Errorf("%.2f levels from PIL's on average", mean)
				}
			})
		}
	}
}
