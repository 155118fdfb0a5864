package vision_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/vision"
)

// Orient turns a picture as PIL's exif_transpose, wherever its orientation stands. Where that fails for damaged EXIF, ours leaves
// the picture as it is.
func TestOrientationEqualsPIL(t *testing.T) {
	paths, turned := oddFiles(t, "odd_exif.py", true)
	asStored := readByPIL(t, paths, false)
	sideways, refused := 0, 0
	for i, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			want := turned[i]
			if want.Error != "" && asStored[i].Error == "" {
				want = asStored[i]
				refused++
			}
			if want.W == 40 {
				sideways++
			}
			sameAsPIL(t, path, vision.Decoder{Orient: true}, want, 2)
			if !strings.HasSuffix(path, ".tif") {
				sameAsPIL(t, path, vision.Decoder{}, asStored[i], 2)
			}
		})
	}
	if sideways < len(paths)/4 || sideways > len(paths)*3/4 || refused > len(paths)/4 {
		t.Errorf("of %d files %d are turned sideways, and %d have EXIF that PIL refuses", len(paths), sideways, refused)
	}
}
