package vision

import (
	"fmt"
	"image"
	"image/color"

	"github.com/fastlearn-go/fastlearn/internal/room"
)

// Image is a decoded picture, 8 bits: rows of W×C bytes without padding, C being 3 for
// RGB and 1 for grey.
type Image struct {
	W, H, C int
	Pix     []byte
}

// resize makes room for w×h pixels of c channels, in the memory there is where it suffices. More than there is memory for is
// an error, and leaves m as it is.
func (m *Image) resize(w, h, c int) error {
	n, err := pixelBytes(w, h, c)
	if err != nil {
		return err
	}
	m.W, m.H, m.C = w, h, c
	if cap(m.Pix) < n {
		m.Pix = make([]byte, n)
	} else {
		m.Pix = m.Pix[:n]
	}
	return nil
}

// pixelBytes is the size of a w×h picture of c channels, for which there is room.
func pixelBytes(w, h, c int) (int, error) {
	n, err := room.Product(int64(w), int64(h), int64(c))
	if err != nil {
		return 0, fmt.Errorf("a picture of %d×%d pixels: %w", w, h, err)
	}
	return int(n), nil
}

// pixel is the bytes of the pixel at x, y.
func (m *Image) pixel(x, y int) []byte { return m.Pix[(y*m.W+x)*m.C:][:m.C] }

// gray turns RGB into grey, in place, as PIL's convert('L').
func (m *Image) gray() {
	n := m.W * m.H
	for i := range n {
		p := m.Pix[3*i:][:3]
		m.Pix[i] = byte((19595*int(p[0]) + 38470*int(p[1]) + 7471*int(p[2]) + 0x8000) >> 16)
	}
	m.C, m.Pix = 1, m.Pix[:n]
}

// ToGo copies the picture into one of Go's.
func (m *Image) ToGo() *image.NRGBA {
	if m == nil {
		return nil
	}
	out := image.NewNRGBA(image.Rect(0, 0, m.W, m.H))
	for y := range m.H {
		for x := range m.W {
			p := m.pixel(x, y)
			out.SetNRGBA(x, y, color.NRGBA{p[0], p[m.C/2], p[m.C-1], 255})
		}
	}
	return out
}
