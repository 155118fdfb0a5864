package heic_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/vision"
	_ "github.com/fastlearn-go/fastlearn/vision/heic"
)

// samples are the decoder's own.
func samples(t *testing.T) []string {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/gen2brain/heic").Output()
	if err != nil {
		t.Skip(err)
	}
	files, err := vision.GetImageFiles(filepath.Join(strings.TrimSpace(string(dir)), "testdata"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// HEIC files are listed and read, at the size that their containers tell; one that is cut is an error that names it.
func TestHEIC(t *testing.T) {
	for _, path := range samples(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			w, h, err := vision.SizeOf(path)
			if err != nil {
				t.Fatal(err)
			}
			m, err := vision.Open(path)
			if err != nil || m.W != w || m.H != h {
				t.Fatalf("%v, want %d×%d", err, w, h)
			}
			low, high := byte(255), byte(0)
			for _, v := range m.Pix {
				low, high = min(low, v), max(high, v)
			}
			if low > 60 || high < 190 {
				t.Errorf("values from %d to %d aren't picture's", low, high)
			}
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range []int{20, 200, len(data) / 2} {
				cut := filepath.Join(t.TempDir(), "cut.heic")
				if err := os.WriteFile(cut, data[:n], 0o666); err != nil {
					t.Fatal(err)
				}
				if _, err := vision.Open(cut); err == nil || !strings.Contains(err.Error(), cut) {
					t.Errorf("cut to %d bytes: %v", n, err)
				}
			}
		})
	}
}

// A photograph that was named .jpg by mistake is the one that is known without loss.
func TestHEICNamedJPG(t *testing.T) {
	cases := parity.Shared(t, "cases", "pictures")
	m, err := vision.Open(filepath.Join(cases, "named_heic.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := vision.Open(filepath.Join(cases, "base.ppm"))
	if err != nil || m.W != want.W || m.H != want.H {
		t.Fatalf("%d×%d, %v", m.W, m.H, err)
	}
	sum := 0
	for i, v := range want.Pix {
		sum += max(int(v)-int(m.Pix[i]), int(m.Pix[i])-int(v))
	}
	if mean := float64(sum) / float64(len(want.Pix)); mean > 6 {
		t.Errorf("%.2f levels from the original on average", mean)
	}
}
