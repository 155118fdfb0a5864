package datasets

import (
	"bytes"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"
	"os"
	"testing"
)

// Draws a sheet of some pictures of each species into $SHEET, to look at.
func TestSheet(t *testing.T) {
	path := os.Getenv("SHEET")
	if path == "" {
		t.Skip("set SHEET to a PNG's path to see what is drawn")
	}
	sheet := image.NewRGBA(image.Rect(0, 0, 6*200, len(allSpecies)*170))
	for kind := range allSpecies {
		for i := range 6 {
			m, err := jpeg.Decode(bytes.NewReader(drawn{seed: 1}.draw(kind, i)))
			if err != nil {
				t.Fatal(err)
			}
			draw.Draw(sheet, m.Bounds().Add(image.Pt(i*200, kind*170)), m, image.Point{}, draw.Src)
		}
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, sheet); err != nil {
		t.Fatal(err)
	}
}
