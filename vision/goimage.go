package vision

import (
	"cmp"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"reflect"

	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// ReadImage is [Reader.Read] for an image of Go's. Its pixels become RGB as PIL's convert('RGB') makes them: alpha is
// dropped, and what was multiplied by it is divided by it again; of 16 bits the upper 8 are taken. Only what the
// transforms need is looked at. An image whose methods panic is an error that names its type.
func (r *Reader) ReadImage(src image.Image, rng *rand.Rand, split Split, m *Image) error {
	if err := guard.Given("vision: ReadImage", r, m); err != nil {
		return err
	}
	f, err := r.openImage(src)
	if err != nil {
		return err
	}
	plan, err := r.plan(f, rng, split)
	if err != nil {
		return err
	}
	return r.decode(f, plan, m)
}

// openImage reads an image's size.
func (d Decoder) openImage(src image.Image) (f file, err error) {
	if v := reflect.ValueOf(src); !v.IsValid() {
		return f, errors.New("the image is nil")
	} else if v.Kind() == reflect.Pointer && v.IsNil() {
		return f, fmt.Errorf("the image is a nil %T", src)
	}
	f = file{Decoder: d, image: src, orientation: 1}
	err = guardedImage(src, func() {
		f.bounds = src.Bounds()
		f.w, f.h = f.bounds.Dx(), f.bounds.Dy()
	})
	if err == nil {
		err = f.checkSize()
	}
	return f, err
}

// guardedImage calls methods of an image.
func guardedImage(src image.Image, f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the image, a %T, panicked: %v", src, r)
		}
	}()
	f()
	return nil
}

// fromImage fills m with a part of an image. The last pixel is asked for before any memory is taken.
func (f file) fromImage(m *Image, part Step) error {
	var full error
	panicked := guardedImage(f.image, func() {
		x, y := f.bounds.Min.X+part.X, f.bounds.Min.Y+part.Y
		f.image.At(x+part.W-1, y+part.H-1).RGBA()
		row := rows(f.image)
		if full = m.resize(part.W, part.H, 3); full != nil {
			return
		}
		for i := range part.H {
			row(x, y+i, m.Pix[3*i*part.W:3*(i+1)*part.W])
		}
	})
	return cmp.Or(panicked, full)
}

// rows returns what fills to with the colours of the pixels from x, y on.
func rows(src image.Image) func(x, y int, to []byte) {
	switch src := src.(type) {
	case *image.Gray:
		return func(x, y int, to []byte) {
			for i, v := range src.Pix[src.PixOffset(x, y):][:len(to)/3] {
				to[3*i], to[3*i+1], to[3*i+2] = v, v, v
			}
		}
	case *image.NRGBA:
		return func(x, y int, to []byte) {
			from := src.Pix[src.PixOffset(x, y):][:len(to)/3*4]
			for ; len(to) > 0; to, from = to[3:], from[4:] {
				copy(to, from[:3])
			}
		}
	case *image.RGBA:
		return func(x, y int, to []byte) {
			from := src.Pix[src.PixOffset(x, y):][:len(to)/3*4]
			for ; len(to) > 0; to, from = to[3:], from[4:] {
				if copy(to, from[:3]); from[3] != 255 {
					setColor(to, color.RGBA{from[0], from[1], from[2], from[3]})
				}
			}
		}
	case *image.YCbCr:
		return func(x, y int, to []byte) {
			for ; len(to) > 0; to, x = to[3:], x+1 {
				c := src.COffset(x, y)
				to[0], to[1], to[2] = color.YCbCrToRGB(src.Y[src.YOffset(x, y)], src.Cb[c], src.Cr[c])
			}
		}
	case *image.Paletted:
		colors := make([]byte, 3*len(src.Palette))
		for i, c := range src.Palette {
			setColor(colors[3*i:], c)
		}
		return func(x, y int, to []byte) {
			for _, v := range src.Pix[src.PixOffset(x, y):][:len(to)/3] {
				copy(to, colors[3*int(v):][:3])
				to = to[3:]
			}
		}
	}
	return func(x, y int, to []byte) {
		for ; len(to) > 0; to, x = to[3:], x+1 {
			setColor(to, src.At(x, y))
		}
	}
}

// setColor puts a colour without its alpha into three bytes.
func setColor(to []byte, c color.Color) {
	switch c := c.(type) {
	case color.NRGBA:
		to[0], to[1], to[2] = c.R, c.G, c.B
		return
	case color.NRGBA64:
		to[0], to[1], to[2] = byte(c.R>>8), byte(c.G>>8), byte(c.B>>8)
		return
	}
	r, g, b, a := c.RGBA()
	if a == 0 {
		r, g, b, a = 0, 0, 0, 0xffff
	}
	if a != 0xffff {
		r, g, b = r*0xffff/a, g*0xffff/a, b*0xffff/a
	}
	to[0], to[1], to[2] = byte(r>>8), byte(g>>8), byte(b>>8)
}
