// Package heic makes package vision read HEIC and HEIF files (.heic, .heif, .hif), as iPhones write them, by libheif and libde265
// compiled to WebAssembly: no cgo and no system package. A program imports it for that:
//
//	import _ "github.com/fastlearn-go/fastlearn/vision/heic"
//
// Pictures are upright, whether [vision.Decoder.Orient] asks for it or not, as the format defines them and pillow-heif shows them.
//
// It is a module of its own, since libheif and libde265 are under the LGPL, and since it adds some megabytes to a program. Where the
// system has a libheif, that is used instead, unless the program is built with -tags nodynamic.
package heic

import (
	"bytes"

	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/internal/isobmff"
	"github.com/gen2brain/heic"
)

func init() {
	err := vision.RegisterFormat(vision.Format{
		Name: "HEIC", Extensions: []string{".heic", ".heif", ".hif", ".heics"},
		Match: func(data []byte) bool {
			return isobmff.Brand(data, "heic", "heix", "hevc", "hevx", "heim", "heis")
		},
		Size: func(data []byte) (w, h int, err error) {
			p, err := isobmff.Read(data)
			return p.ShownW, p.ShownH, err
		},
		Decode: func(data []byte, m *vision.Image) error {
			picture, err := heic.Decode(bytes.NewReader(data))
			if err != nil {
				return err
			}
			return m.FromGo(picture)
		},
	})
	if err != nil {
		panic(err)
	}
}
