package vision

import (
	"bytes"

	"github.com/fastlearn-go/fastlearn/vision/internal/bmp"
	"github.com/fastlearn-go/fastlearn/vision/internal/gif"
	"github.com/fastlearn-go/fastlearn/vision/internal/ifd"
	"github.com/fastlearn-go/fastlearn/vision/internal/png"
	"github.com/fastlearn-go/fastlearn/vision/internal/pnm"
	"github.com/fastlearn-go/fastlearn/vision/internal/tiff"
	"github.com/fastlearn-go/fastlearn/vision/jpeg"
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
			Name: "WebP", Extensions: []string{".webp"}, Match: isWebP, Size: sizeOfWebP, Decode: decodeWebP,
			Orientation: func(data []byte) int { return metadataOfWebP(data).orientation() },
		},
		{Name: "BMP", Extensions: []string{".bmp"}, Match: prefix("BM"), Size: bmp.Size, Decode: rgb(bmp.Decode)},
		{Name: "PPM", Extensions: []string{".ppm", ".pgm", ".pbm", ".pnm"}, Match: pnm.Match, Size: pnm.Size, Decode: rgb(pnm.Decode)},
		{
			Name: "TIFF", Extensions: []string{".tif", ".tiff"}, Match: ifd.Is, Size: tiff.Size, Decode: rgb(tiff.Decode), turns: true,
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
