// Package png decodes PNG pictures as leniently as PIL: what follows the last row decides nothing, checksums count before
// the pixels alone. Rows are decoded one by one, so that a picture takes no more memory than its own pixels.
package png

import (
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/adler32"
	"hash/crc32"
	"io"
)

// Signature begins each file.
const Signature = "\x89PNG\r\n\x1a\n"

// Colour types.
const (
	grey      = 0
	rgb       = 2
	paletted  = 3
	greyAlpha = 4
	rgbAlpha  = 6
)

var channels = map[byte]int{grey: 1, rgb: 3, paletted: 1, greyAlpha: 2, rgbAlpha: 4}

// depths are the bits that a channel of a colour type may have.
var depths = map[byte]string{grey: "\x01\x02\x04\x08\x10", rgb: "\x08\x10", paletted: "\x01\x02\x04\x08", greyAlpha: "\x08\x10", rgbAlpha: "\x08\x10"}

// header is what stands before the pixels.
type header struct {
	w, h       int
	depth      int
	colour     byte
	interlaced bool
	palette    [256][3]byte
	pixels     int // where the body of the first IDAT begins
}

var errCut = errors.New("the file ends before the picture does")

// Size reads the width and height. What is wrong behind them, Decode tells.
func Size(data []byte) (w, h int, err error) {
	hd, err := parse(data)
	if hd.w > 0 && hd.h > 0 {
		err = nil
	}
	return hd.w, hd.h, err
}

// chunkAt returns a chunk's name and where its body lies, perhaps beyond the end of the file.
func chunkAt(data []byte, at int) (name string, from, to int, ok bool) {
	if len(data)-at < 8 {
		return "", 0, 0, false
	}
	n := int(binary.BigEndian.Uint32(data[at:]))
	for _, c := range data[at+4 : at+8] {
		if c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return "", 0, 0, false
		}
	}
	return string(data[at+4 : at+8]), at + 8, at + 8 + n, true
}

// parse reads all chunks before the pixels.
func parse(data []byte) (h header, err error) {
	for at := len(Signature); ; {
		name, from, to, ok := chunkAt(data, at)
		if !ok {
			return h, errors.New("there is no chunk of pixels")
		}
		if name == "IDAT" {
			h.pixels = from
			break
		}
		if to+4 > len(data) {
			return h, fmt.Errorf("the file ends within its chunk %s", name)
		}
		if crc32.ChecksumIEEE(data[from-4:to]) != binary.BigEndian.Uint32(data[to:]) {
			return h, fmt.Errorf("the checksum of its chunk %s is wrong", name)
		}
		body := data[from:to]
		at = to + 4
		switch name {
		case "IHDR":
			if len(body) < 13 {
				return h, errors.New("its chunk IHDR is too short")
			}
			h.w, h.h = int(binary.BigEndian.Uint32(body)), int(binary.BigEndian.Uint32(body[4:]))
			h.depth, h.colour, h.interlaced = int(body[8]), body[9], body[12] != 0
			if body[11] != 0 {
				return h, fmt.Errorf("its method of filtering, %d, is unknown", body[11])
			}
		case "PLTE":
			for i := range min(len(body)/3, len(h.palette)) {
				h.palette[i] = [3]byte(body[3*i:])
			}
		case "IEND":
			return h, errors.New("there is no chunk of pixels")
		}
	}
	if h.w == 0 || h.h == 0 {
		return h, errors.New("the size is missing")
	}
	for _, d := range []byte(depths[h.colour]) {
		if int(d) == h.depth {
			return h, nil
		}
	}
	return h, fmt.Errorf("the colour type %d with %d bits is unknown", h.colour, h.depth)
}

// bits is the size of a pixel.
func (h *header) bits() int { return h.depth * channels[h.colour] }

// pass is one of the seven smaller pictures of an interlaced one.
type pass struct{ x, y, dx, dy int }

var (
	whole = []pass{{0, 0, 1, 1}}
	adam7 = []pass{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}}
)

func (p pass) size(w, h int) (pw, ph int) {
	return (w - p.x + p.dx - 1) / p.dx, (h - p.y + p.dy - 1) / p.dy
}

// Decode decodes to RGB: pixels makes room for w×h×3 bytes. Alpha is dropped; of 16 bits the upper 8 are taken.
func Decode(data []byte, pixels func(w, h int) ([]byte, error)) error {
	h, err := parse(data)
	if err != nil {
		return err
	}
	passes := whole
	if h.interlaced {
		passes = adam7
	}
	const bestRatio = 1032 // of deflate
	if rowBytes := (h.w*h.bits() + 7) / 8; rowBytes > (len(data)-h.pixels)*bestRatio/h.h {
		return errCut
	}
	to, err := pixels(h.w, h.h)
	if err != nil {
		return err
	}
	in := newIDAT(data, h.pixels)
	if err := h.decode(in, passes, to); err != nil {
		return err
	}
	return in.rest()
}

// decode reads rows until the last one is there.
func (h *header) decode(in *idat, passes []pass, to []byte) error {
	var zlib [2]byte
	if _, err := io.ReadFull(in, zlib[:]); err != nil {
		return errCut
	}
	const methodMask, deflate, biggestWindow, dictionary = 15, 8, 7, 32
	if zlib[0]&methodMask != deflate || zlib[0]>>4 > biggestWindow || (int(zlib[0])<<8|int(zlib[1]))%31 != 0 || zlib[1]&dictionary != 0 {
		return errors.New("its pixels are not compressed by zlib")
	}
	if h.interlaced {
		clear(to) // in case that it has fewer rows
	}
	z, sum := flate.NewReader(in), adler32.New()
	defer z.Close()
	step, first := max(h.bits()/8, 1), true // to the same byte of the pixel to the left
	for _, p := range passes {
		w, rows := p.size(h.w, h.h)
		if w <= 0 || rows <= 0 {
			continue
		}
		n := 1 + (w*h.bits()+7)/8
		line, before := make([]byte, n), make([]byte, n)
		for y := range rows {
			if got, err := io.ReadFull(z, line); err == io.EOF && got == 0 && !first {
				if !h.interlaced {
					clear(to[y*h.w*3:])
				}
				return in.checksum(sum) // the stream is whole and has fewer rows: the others are black, as PIL has them
			} else if err == io.EOF || err == io.ErrUnexpectedEOF {
				return errCut
			} else if err != nil {
				return fmt.Errorf("its pixels are damaged: %w", err)
			}
			sum.Write(line)
			first = false
			if err := unfilter(line[0], line[1:], before[1:], step); err != nil {
				return err
			}
			h.expand(line[1:], w, to[((p.y+y*p.dy)*h.w+p.x)*3:], 3*p.dx)
			line, before = before, line
		}
	}
	in.last = true // nobody looks into another chunk now
	switch n, err := z.Read(make([]byte, 1)); {
	case n > 0 || err == io.ErrUnexpectedEOF: // more rows than there should be, or no end
		return nil
	case err != io.EOF:
		return fmt.Errorf("its pixels are damaged: %w", err)
	}
	return in.checksum(sum)
}
