package vision

import (
	"bytes"
	"image"

	"github.com/disintegration/imaging"
	"github.com/fastlearn-go/fastlearn/vision/internal/bmp"
	"github.com/fastlearn-go/fastlearn/vision/internal/gif"
	"github.com/fastlearn-go/fastlearn/vision/internal/ifd"
	"github.com/fastlearn-go/fastlearn/vision/internal/png"
	"github.com/fastlearn-go/fastlearn/vision/internal/pnm"
	"github.com/fastlearn-go/fastlearn/vision/jpeg"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// builtin are the formats that need no import.
func builtin() []*Format {
	return []*Format{
		{
			Name: "JPEG", parts: true, Extensions: []string{".jpg", ".jpeg", ".jpe", ".jfif"}, Match: jpeg.Is,
			Size: func(data []byte) (w, h int, err error) { return jpeg.Scaled(data, 8) },
			Decode: func(data []byte, m *Image) error {
				w, h, err := jpeg.Scaled(data, 8)
				if err == nil {
					err = m.resize(w, h, 3)
				}
				if err != nil {
					return err
				}
				return jpeg.Decode(data, 8, 0, 0, w, h, m.Pix)
			},
			Orientation: func(data []byte) int { return metadataOfJPEG(data).orientation() },
		},
		{
			Name: "PNG", Extensions: []string{".png"}, Match: prefix(png.Signature), Size: png.Size, Decode: rgb(png.Decode),
			Orientation: func(data []byte) int { return metadataOfPNG(data).orientation() },
		},
		{Name: "GIF", Extensions: []string{".gif"}, Match: prefix("GIF8"), Size: gif.Size, Decode: rgb(gif.Decode)},
		{
			Name: "WebP", Extensions: []string{".webp"}, Size: goSize, Decode: goDecode,
			Match: func(data []byte) bool {
				return len(data) > 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP"
			},
			Orientation: func(data []byte) int { return metadataOfWebP(data).orientation() },
		},
		{Name: "BMP", Extensions: []string{".bmp"}, Match: prefix("BM"), Size: bmp.Size, Decode: rgb(bmp.Decode)},
		{Name: "PPM", Extensions: []string{".ppm", ".pgm", ".pbm", ".pnm"}, Match: pnm.Match, Size: pnm.Size, Decode: rgb(pnm.Decode)},
		{
			Name: "TIFF", Extensions: []string{".tif", ".tiff"}, Match: ifd.Is, Size: goSize, Decode: goDecode, turns: true,
			Orientation: func(data []byte) int { return metadataOfTIFF(data).orientation() },
		},
	}
}

// rgb makes a decoder's function one of a format.
func rgb(decode func(data []byte, pixels func(w, h int) ([]byte, error)) error) func(data []byte, m *Image) error {
	return func(data []byte, m *Image) error {
		return decode(data, func(w, h int) ([]byte, error) {
			err := m.resize(w, h, 3)
			return m.Pix, err
		})
	}
}

func prefix(s string) func(data []byte) bool {
	return func(data []byte) bool { return bytes.HasPrefix(data, []byte(s)) }
}

func goSize(data []byte) (w, h int, err error) {
	config, _, err := image.DecodeConfig(bytes.NewReader(data))
	return config.Width, config.Height, err
}

func goDecode(data []byte, m *Image) error {
	src, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return err
	}
	switch src := src.(type) { // of these formats only WebP has such pictures
	case *image.YCbCr:
		return fromYCbCr(src, m)
	case *image.NYCbCrA:
		return fromYCbCr(&src.YCbCr, m)
	}
	nrgba := imaging.Clone(src)
	if err := m.resize(nrgba.Rect.Dx(), nrgba.Rect.Dy(), 3); err != nil {
		return err
	}
	for i := range m.W * m.H {
		copy(m.Pix[3*i:3*i+3], nrgba.Pix[4*i:])
	}
	if ifd.Is(data) && blackIsZeroFax(data) {
		for i, v := range m.Pix {
			m.Pix[i] = 255 - v
		}
	}
	return nil
}

// blackIsZeroFax tells of a TIFF file with fax compression in which 0 is black, which
// golang.org/x/image takes for the other way round.
func blackIsZeroFax(data []byte) bool {
	dir, err := ifd.Read(data)
	if err != nil {
		return false
	}
	compression := dir.Int(259, 1)
	return (compression == 3 || compression == 4) && dir.Int(262, 0) == 1
}
