// Package avif makes package vision read AVIF files (.avif, .avifs), of animations the first picture, by libavif compiled to
// WebAssembly: no cgo and no system package. A program imports it for that:
//
//	import _ "github.com/fastlearn-go/fastlearn/vision/avif"
//
// It is a module of its own, since it adds some megabytes to a program. Where the system has a libavif, that is used instead, unless
// the program is built with -tags nodynamic.
package avif

import (
	"bytes"

	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/internal/isobmff"
	"github.com/gen2brain/avif"
)

func init() {
	err := vision.RegisterFormat(vision.Format{
		Name: "AVIF", Extensions: []string{".avif", ".avifs"},
		Match: func(data []byte) bool { return isobmff.Brand(data, "avif", "avis") },
		Size: func(data []byte) (w, h int, err error) {
			p, err := isobmff.Read(data)
			return p.W, p.H, err
		},
		Decode: func(data []byte, m *vision.Image) error {
			picture, err := avif.Decode(bytes.NewReader(data))
			if err != nil {
				return err
			}
			return m.FromGo(picture)
		},
		Orientation: func(data []byte) int { // PIL's too: of the container, not of EXIF
			p, err := isobmff.Read(data)
			if err != nil {
				return 1
			}
			return p.Orientation()
		},
	})
	if err != nil {
		panic(err)
	}
}
