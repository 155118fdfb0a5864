package jpeg_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/vision/jpeg"
)

// BenchmarkDecode is a whole photograph of about 500 × 375.
func BenchmarkDecode(b *testing.B) {
	files, _ := filepath.Glob(filepath.Join(parity.Shared(b, "photos"), "*", "*.jpg"))
	var data [][]byte
	for _, f := range files {
		d, err := os.ReadFile(f)
		if err != nil || !jpeg.Is(d) {
			continue
		}
		w, h, err := jpeg.Scaled(d, 8)
		if err == nil && max(w, h) <= 640 {
			data = append(data, d)
		}
	}
	pix := make([]byte, 640*640*3)
	for i := 0; b.Loop(); i++ {
		d := data[i%len(data)]
		w, h, _ := jpeg.Scaled(d, 8)
		if err := jpeg.Decode(d, 8, 0, 0, w, h, pix[:w*h*3]); err != nil {
			b.Fatal(err)
		}
	}
}
