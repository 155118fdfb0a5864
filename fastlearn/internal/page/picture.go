package page

import (
	"bytes"
	"encoding/base64"
	"html/template"
	"image"
	"image/jpeg"

	"github.com/disintegration/imaging"

	"github.com/fastlearn-go/fastlearn/vision"
)

const thumbnail = 256 // pixels of a picture's longer side

// NewPicture makes a picture small enough to be one of many in a page, as JPEG.
func NewPicture(m image.Image) (Picture, error) {
	if b := m.Bounds(); b.Dx() > thumbnail || b.Dy() > thumbnail {
		m = imaging.Fit(m, thumbnail, thumbnail, imaging.Linear)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 82}); err != nil {
		return Picture{}, err
	}
	src := template.URL("data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(b.Bytes()))
	return Picture{Src: src, W: m.Bounds().Dx(), H: m.Bounds().Dy()}, nil
}

// Open makes a picture of a file. One that can't be read has no Src, and says so.
func Open(path string) Picture {
	m, err := vision.Open(path)
	if err == nil {
		var p Picture
		if p, err = NewPicture(m.ToGo()); err == nil {
			return p
		}
	}
	return Picture{Caption: "it can't be read"}
}
