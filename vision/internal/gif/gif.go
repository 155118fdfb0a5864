// Package gif decodes a GIF file's first frame on the file's screen, as leniently as PIL: a frame beyond the screen makes it
// larger, and what follows the frame's pixels decides nothing.
package gif

import (
	"encoding/binary"
	"errors"
)

var (
	errCut   = errors.New("the file ends before the picture does")
	errFrame = errors.New("there is no frame")
)

// frame is what stands before the first frame's pixels.
type frame struct {
	w, h         int // of the screen
	x, y, fw, fh int
	interlaced   bool
	palette      []byte // nil for shades of grey
	transparent  int    // the colour that shows where the frame isn't
	codeSize     int    // in bits, of the pixels
	pixels       int    // where they begin
}

// Size reads the width and height of the screen with the first frame.
func Size(data []byte) (w, h int, err error) {
	f, err := parse(data)
	return f.w, f.h, err
}

const headerSize = 13

func parse(data []byte) (f frame, err error) {
	const (
		hasPalette, paletteBits, interlaced = 0x80, 7, 0x40
		extension, image, trailer           = '!', ',', ';'
		graphicControl                      = 0xf9
	)
	if len(data) < headerSize {
		return f, errCut
	}
	f.w, f.h = int(binary.LittleEndian.Uint16(data[6:])), int(binary.LittleEndian.Uint16(data[8:]))
	at := headerSize
	palette := func(flags byte) error {
		n := 3 << (flags&paletteBits + 1)
		if n > len(data)-at {
			return errCut
		}
		if p := data[at : at+n]; !isGrey(p) { // which counts as none, for PIL
			f.palette = p
		}
		at += n
		return nil
	}
	if flags := data[10]; flags&hasPalette != 0 {
		if err := palette(flags); err != nil {
			return f, err
		}
	}
	for ; at < len(data); at++ {
		switch data[at] {
		case trailer:
			return f, errFrame
		case extension:
			if at+2 >= len(data) {
				return f, errFrame
			}
			n := int(data[at+2])
			if data[at+1] == graphicControl && n >= 4 && at+6 < len(data) && data[at+3]&1 != 0 {
				f.transparent = int(data[at+6])
			}
			for at += 2; at < len(data) && data[at] != 0; at += 1 + int(data[at]) {
			}
		case image:
			at++
			const descriptor = 9
			if len(data)-at < descriptor {
				return f, errCut
			}
			d, u16 := data[at:at+descriptor], binary.LittleEndian.Uint16
			f.x, f.y, f.fw, f.fh = int(u16(d)), int(u16(d[2:])), int(u16(d[4:])), int(u16(d[6:]))
			f.w, f.h = max(f.w, f.x+f.fw), max(f.h, f.y+f.fh)
			at += descriptor
			if f.interlaced = d[8]&interlaced != 0; d[8]&hasPalette != 0 {
				if err := palette(d[8]); err != nil {
					return f, err
				}
			}
			if at >= len(data) {
				return f, errCut
			}
			f.codeSize, f.pixels = int(data[at]), at+1
			if f.fw == 0 || f.fh == 0 {
				return f, errors.New("its frame has no pixels")
			}
			return f, nil
		}
	}
	return f, errFrame
}

// isGrey reports whether a palette's colours are their own numbers.
func isGrey(palette []byte) bool {
	for i, v := range palette {
		if int(v) != i/3 {
			return false
		}
	}
	return true
}

// colours are those of all numbers: black beyond the palette.
func (f *frame) colours() (rgb [256][3]byte) {
	for i := range rgb {
		if f.palette == nil {
			rgb[i] = [3]byte{byte(i), byte(i), byte(i)}
		} else if 3*i < len(f.palette) {
			rgb[i] = [3]byte(f.palette[3*i:])
		}
	}
	return rgb
}

// Decode decodes to RGB: pixels makes room for w×h×3 bytes. Transparent pixels keep their colours.
func Decode(data []byte, pixels func(w, h int) ([]byte, error)) error {
	f, err := parse(data)
	if err != nil {
		return err
	}
	const bestRatio = 4096 // pixels of a code
	if f.fw*f.fh/bestRatio > len(data)-f.pixels {
		return errCut
	}
	to, err := pixels(f.w, f.h)
	if err != nil {
		return err
	}
	rgb := f.colours()
	if f.fw < f.w || f.fh < f.h {
		ground := rgb[f.transparent]
		for i := 0; i < len(to); i += 3 {
			copy(to[i:i+3], ground[:])
		}
	}
	rows, x, row := f.rows(), 0, 0
	line := func(y int) []byte { return to[((f.y+y)*f.w+f.x)*3:][:3*f.fw] }
	out := line(rows[0])
	return (&lzw{data: data[f.pixels:], bits: f.codeSize}).decode(func(indices []byte) (done bool) {
		for _, v := range indices {
			copy(out[3*x:3*x+3], rgb[v][:])
			if x++; x == f.fw {
				if x, row = 0, row+1; row == f.fh {
					return true
				}
				out = line(rows[row])
			}
		}
		return false
	})
}

// rows are the numbers of the frame's rows in the order of the file.
func (f *frame) rows() []int {
	rows := make([]int, 0, f.fh)
	passes := [][2]int{{0, 1}}
	if f.interlaced {
		passes = [][2]int{{0, 8}, {4, 8}, {2, 4}, {1, 2}}
	}
	for _, p := range passes {
		for y := p[0]; y < f.fh; y += p[1] {
			rows = append(rows, y)
		}
	}
	return rows
}
