package vision_test

import (
	"path/filepath"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/vision"
)

// Odd and damaged files of a format are read to PIL's pixels, or refused where PIL refuses them.
func TestOddFilesEqualPIL(t *testing.T) {
	for program, least := range parity.Sorted(map[string]int{"odd_png.py": 100, "odd_gif.py": 50, "odd_bmp.py": 100, "odd_pnm.py": 50}) {
		t.Run(program, func(t *testing.T) {
			paths, want := oddFiles(t, program, false)
			refused := 0
			for i, path := range paths {
				t.Run(filepath.Base(path), func(t *testing.T) { sameAsPIL(t, path, vision.Decoder{}, want[i], 0) })
				if want[i].Error != "" {
					refused++
				}
			}
			if len(paths) < least || refused < len(paths)/20 || refused > len(paths)*3/4 {
				t.Errorf("PIL refuses %d of %d files", refused, len(paths))
			}
		})
	}
}
