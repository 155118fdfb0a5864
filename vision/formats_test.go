package vision_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/vision"
)

// Every format decodes to what PIL's convert('RGB') and convert('L') make of it.
func TestFormatsEqualPIL(t *testing.T) {
	dir := t.TempDir()
	var names []string
	parity.Python(t, "formats.py", dir, &names)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			compare(t, filepath.Join(dir, name), vision.Decoder{}, ".rgb")
			compare(t, filepath.Join(dir, name), vision.Decoder{Gray: true}, ".l")
			if strings.HasPrefix(name, "exif") {
				compare(t, filepath.Join(dir, name), vision.Decoder{Orient: true}, ".upright")
			}
		})
	}
}

func compare(t *testing.T, path string, d vision.Decoder, suffix string) {
	t.Helper()
	m, err := d.Open(path)
	if err != nil {
		t.Error(err)
		return
	}
	want, err := os.ReadFile(path + suffix)
	if err != nil {
		t.Fatal(err)
	}
	if len(want) != len(m.Pix) {
		t.Fatalf("%s: %d×%d×%d, want %d bytes", suffix, m.W, m.H, m.C, len(want))
	}
	far, worst := 0, 0
	for i := range want {
		d := int(m.Pix[i]) - int(want[i])
		if d = max(d, -d); d > 2 {
			far++
		}
		worst = max(worst, d)
	}
	if far > 0 {
		t.Errorf("%s: %d of %d values are more than 2 levels from PIL's, the worst %d", suffix, far, len(want), worst)
	}
}
