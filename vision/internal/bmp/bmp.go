// Package bmp decodes Windows's and OS/2's bitmaps, as leniently as PIL.
package bmp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

var errCut = errors.New("the file ends before the picture does")

// Compressions.
const (
	raw       = 0
	rle8      = 1
	rle4      = 2
	bitfields = 3
)

const fileHeader = 14

// header is what stands before the pixels.
type header struct {
	w, h        int
	topDown     bool
	bits        int // of a pixel
	compression int
	masks       [3]uint32 // of red, green and blue, for 16 and 32 bits
	palette     [256][3]byte
	pixels      int // where they begin
}

// Size reads the width and height.
func Size(data []byte) (w, h int, err error) {
	hd, err := parse(data)
	return hd.w, hd.h, err
}

func parse(data []byte) (h header, err error) {
	u16, u32 := binary.LittleEndian.Uint16, binary.LittleEndian.Uint32
	if len(data) < fileHeader+12 {
		return h, errCut
	}
	h.pixels = int(u32(data[10:]))
	size := int(u32(data[fileHeader:]))
	info, entry, colours := data[fileHeader:], 4, 0
	if size > len(info) {
		return h, errCut
	}
	switch at := fileHeader + size; size {
	case 12: // OS/2's first
		h.w, h.h, h.bits, entry = int(u16(info[4:])), int(u16(info[6:])), int(u16(info[10:])), 3
	case 40, 52, 56, 64, 108, 124:
		h.w, h.h = int(u32(info[4:])), int(u32(info[8:]))
		if h.topDown = info[11] == 0xff; h.topDown {
			h.h = 1<<32 - h.h
		}
		h.bits, h.compression, colours = int(u16(info[14:])), int(u32(info[16:])), int(u32(info[32:]))
		if h.compression == bitfields { // in the larger headers, behind the smallest
			if size < 52 {
				info = data[at-40:]
			}
			if len(info) < 52 {
				return h, errCut
			}
			h.masks = [3]uint32{u32(info[40:]), u32(info[44:]), u32(info[48:])}
		}
	default:
		return h, fmt.Errorf("a header of %d bytes is unknown", size)
	}
	if colours == 0 && h.bits <= 8 {
		colours = 1 << h.bits
	}
	at := fileHeader + size
	if h.pixels == at && h.bits <= 8 { // some forget the palette
		h.pixels += entry * colours
	}
	if err := h.check(colours); err != nil {
		return h, err
	}
	if h.bits <= 8 {
		h.readPalette(data[at:min(at+entry*colours, len(data))], entry, colours)
		at += entry * colours
	} else if h.compression == bitfields && size < 52 {
		at += 12
	}
	if h.pixels == 0 {
		h.pixels = at
	}
	return h, nil
}

// check refuses what is unknown, and sets the masks where none are given.
func (h *header) check(colours int) error {
	switch h.bits {
	case 1, 4, 8:
		if colours < 1 || colours > 1<<16 {
			return fmt.Errorf("a palette of %d colours", colours)
		}
	case 16, 24, 32:
	default:
		return fmt.Errorf("%d bits a pixel are unknown", h.bits)
	}
	switch h.compression {
	case raw, bitfields:
		if h.compression == bitfields && h.bits <= 8 {
			return fmt.Errorf("bit fields of %d bits are unknown", h.bits)
		}
		if h.masks == [3]uint32{} {
			h.masks = [3]uint32{0xff0000, 0xff00, 0xff}
			if h.bits == 16 {
				h.masks = [3]uint32{0x7c00, 0x3e0, 0x1f}
			}
		}
	case rle8, rle4:
		if h.bits > 8 {
			return fmt.Errorf("run lengths of %d bits are unknown", h.bits)
		}
	default:
		return fmt.Errorf("the compression %d is unknown (4 and 5 are a JPEG and a PNG file within)", h.compression)
	}
	return nil
}

// readPalette reads colours of entry bytes. A palette of shades that are their own numbers is one of all of them.
func (h *header) readPalette(data []byte, entry, colours int) {
	grey := true
	for i := range min(colours, len(h.palette), len(data)/entry) {
		c := data[i*entry:]
		h.palette[i] = [3]byte{c[2], c[1], c[0]}
		grey = grey && h.palette[i] == [3]byte{byte(i), byte(i), byte(i)}
	}
	if grey && h.bits == 8 && len(data) >= entry*colours {
		for i := range h.palette {
			h.palette[i] = [3]byte{byte(i), byte(i), byte(i)}
		}
	}
}

// Decode decodes to RGB: pixels makes room for w×h×3 bytes. Alpha is dropped.
func Decode(data []byte, pixels func(w, h int) ([]byte, error)) error {
	h, err := parse(data)
	if err != nil {
		return err
	}
	if h.pixels > len(data) {
		return errCut
	}
	packed := h.compression == rle8 || h.compression == rle4
	row, stride := (h.w*h.bits+7)/8, (h.w*h.bits+31)/32*4
	if !packed && (h.h < 1 || len(data)-h.pixels < row || (len(data)-h.pixels-row)/stride < h.h-1) {
		return errCut
	}
	to, err := pixels(h.w, h.h)
	if err != nil {
		return err
	}
	line := func(y int) []byte { // of the file
		if !h.topDown {
			y = h.h - 1 - y
		}
		return to[y*h.w*3:][:h.w*3]
	}
	if packed {
		return h.unpack(data, line)
	}
	expand := h.expander()
	for y := range h.h {
		expand(data[h.pixels+y*stride:][:row], line(y))
	}
	return nil
}

// expander returns what makes RGB of a row.
func (h *header) expander() func(row, to []byte) {
	switch h.bits {
	case 24:
		return func(row, to []byte) {
			for i := 0; i < len(to); i += 3 {
				to[i], to[i+1], to[i+2] = row[i+2], row[i+1], row[i]
			}
		}
	case 16, 32:
		var scale [3][]byte // all values of the fields of up to 8 bits
		var shift [3]int
		for k, mask := range h.masks {
			shift[k] = bits.TrailingZeros32(mask)
			if n := bits.Len32(mask >> (shift[k] & 31)); n > 8 { // the upper 8 bits
				shift[k] += n - 8
			}
			most := int(mask >> (shift[k] & 31))
			scale[k] = make([]byte, most+1)
			for v := range most {
				scale[k][v+1] = byte((v + 1) * 255 / most)
			}
		}
		size := h.bits / 8
		return func(row, to []byte) {
			for i := 0; i < len(to); i, row = i+3, row[size:] {
				v := uint32(row[0]) | uint32(row[1])<<8
				if size == 4 {
					v |= uint32(row[2])<<16 | uint32(row[3])<<24
				}
				for k, mask := range h.masks {
					to[i+k] = scale[k][v&mask>>(shift[k]&31)]
				}
			}
		}
	}
	mask := byte(1<<h.bits - 1)
	return func(row, to []byte) {
		for x := range len(to) / 3 {
			at := x * h.bits
			copy(to[3*x:3*x+3], h.palette[row[at/8]>>(8-h.bits-at%8)&mask][:])
		}
	}
}
