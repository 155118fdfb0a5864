// Package vision holds what pictures need on their way to a model: decoding, the
// transforms of one picture and those of a batch, and the architectures.
package vision

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"os"

	"github.com/disintegration/imaging"
	"github.com/fastlearn-go/fastlearn/vision/jpeg"
	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// Image is a decoded picture: RGB, 8 bits, rows of W×3 bytes without padding.
type Image struct {
	W, H int
	Pix  []byte
}

// resize makes room for w×h, in the memory there is where it suffices.
func (m *Image) resize(w, h int) {
	m.W, m.H = w, h
	if n := w * h * 3; cap(m.Pix) < n {
		m.Pix = make([]byte, n)
	} else {
		m.Pix = m.Pix[:n]
	}
}

// Open decodes a picture of any supported format: JPEG, PNG, GIF (its first frame),
// WebP, BMP or TIFF, whatever its file's name says. The error names the file.
func Open(path string) (*Image, error) {
	m := &Image{}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("picture: %w", err)
	}
	if err := m.decode(data, 0); err != nil {
		return nil, fmt.Errorf("picture %s: %w", path, err)
	}
	return m, nil
}

// decode fills m. With atLeast, a JPEG larger than twice that, in both directions, is
// decoded at a part of its size.
func (m *Image) decode(data []byte, atLeast int) error {
	if len(data) == 0 {
		return errors.New("the file is empty")
	}
	if jpeg.Is(data) {
		return m.decodeJPEG(data, atLeast)
	}
	decoded, err := imaging.Decode(bytes.NewReader(data))
	if err != nil {
		return err
	}
	m.fromGo(decoded)
	return nil
}

func (m *Image) decodeJPEG(data []byte, atLeast int) error {
	w, h, err := jpeg.Size(data)
	if err != nil {
		return err
	}
	eighths := 8
	for atLeast > 0 && eighths > 1 && min(w, h)*eighths/16 >= 2*atLeast {
		eighths /= 2
	}
	if eighths < 8 {
		if w, h, err = jpeg.Scaled(data, eighths); err != nil {
			return err
		}
	}
	m.resize(w, h)
	return jpeg.Decode(data, eighths, m.Pix, w, h)
}

// fromGo copies a picture of Go's, without its alpha.
func (m *Image) fromGo(src image.Image) {
	nrgba := imaging.Clone(src)
	m.resize(nrgba.Rect.Dx(), nrgba.Rect.Dy())
	for y := range m.H {
		in, out := nrgba.Pix[y*nrgba.Stride:], m.Pix[y*m.W*3:]
		for x := range m.W {
			copy(out[3*x:3*x+3], in[4*x:])
		}
	}
}

// ToGo copies the picture into one of Go's.
func (m *Image) ToGo() *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, m.W, m.H))
	for i := range m.W * m.H {
		copy(out.Pix[4*i:], m.Pix[3*i:3*i+3])
		out.Pix[4*i+3] = 255
	}
	return out
}
