// Package pnm decodes Netpbm's PBM, PGM and PPM files, plain and binary.
package pnm

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
)

var errCut = errors.New("the file ends before the picture does")

// header is what stands before the pixels.
type header struct {
	kind     byte // '1' … '6'
	w, h     int
	max      int // the greatest value
	channels int
}

const blanks = " \t\n\v\f\r"

// Match reports whether data begins as such a file does.
func Match(data []byte) bool {
	return len(data) > 2 && data[0] == 'P' && data[1] >= '1' && data[1] <= '6' && (bytes.IndexByte([]byte(blanks), data[2]) >= 0 || data[2] == '#')
}

// Size reads the width and height.
func Size(data []byte) (w, h int, err error) {
	hd, _, err := parse(data)
	return hd.w, hd.h, err
}

// parse returns what follows the header as well.
func parse(data []byte) (h header, rest []byte, err error) {
	if !Match(data) {
		return h, nil, errors.New("it doesn't begin as a PPM file does")
	}
	h = header{kind: data[1], max: 1, channels: 1}
	fields := []*int{&h.w, &h.h, &h.max}
	switch h.kind {
	case '1', '4':
		fields = fields[:2]
	case '3', '6':
		h.channels = 3
	}
	rest = data[2:]
	for _, to := range fields {
		var token []byte
		token, rest = next(rest)
		if *to, err = number(token, math.MaxInt32); err != nil {
			return h, nil, fmt.Errorf("its header: %w", err)
		}
	}
	if h.max < 1 || h.max > math.MaxUint16 {
		return h, nil, fmt.Errorf("its greatest value is %d: want 1 … 65535", h.max)
	}
	return h, rest, nil
}

// next is the next word, without comments, and what follows it and one blank.
func next(data []byte) (token, rest []byte) {
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case c == '#':
			end := bytes.IndexAny(data[i:], "\r\n")
			if end < 0 {
				return token, nil
			}
			i += end
		case bytes.IndexByte([]byte(blanks), c) < 0:
			token = append(token, c)
		case len(token) > 0:
			return token, data[i+1:]
		}
	}
	return token, nil
}

func number(token []byte, most int) (int, error) {
	if len(token) == 0 {
		return 0, errCut
	}
	const longest = 10
	n, err := strconv.Atoi(string(token[:min(len(token), longest+1)]))
	if err != nil || n < 0 || n > most || len(token) > longest {
		return 0, fmt.Errorf("%.20q isn't a number from 0 to %d", token, most)
	}
	return n, nil
}

// Decode decodes to RGB: pixels makes room for w×h×3 bytes. Values are scaled to 8 bits.
func Decode(data []byte, pixels func(w, h int) ([]byte, error)) error {
	h, rest, err := parse(data)
	if err != nil {
		return err
	}
	if h.least() > len(rest) {
		return errCut
	}
	to, err := pixels(h.w, h.h)
	if err != nil {
		return err
	}
	if h.kind == '6' && h.max == math.MaxUint8 {
		copy(to, rest)
		return nil
	}
	read := h.reader(rest)
	for y := range h.h {
		for x := range h.w {
			p := to[3*(y*h.w+x):][:3]
			for k := range h.channels {
				if p[k], err = read(x, y, k); err != nil {
					return err
				}
			}
			if h.channels == 1 {
				p[1], p[2] = p[0], p[0]
			}
		}
	}
	return nil
}

// least is how many bytes the pixels take at least.
func (h *header) least() int {
	values := h.w * h.h * h.channels
	switch {
	case h.kind == '4':
		return (h.w + 7) / 8 * h.h
	case h.kind > '4' && h.max > math.MaxUint8:
		return 2 * values
	case h.kind == '2' || h.kind == '3':
		return 2*values - 1 // a digit and a blank
	}
	return values
}

// scaled is a value of 0 … max in 0 … 255, as PIL rounds it: of PGM files of more than 8 bits the upper 8 of 16.
func (h *header) scaled(v int) byte {
	if h.channels == 1 && h.max > math.MaxUint8 {
		return byte(int(math.RoundToEven(float64(min(v, h.max))/float64(h.max)*math.MaxUint16)) >> 8)
	}
	return byte(min(math.RoundToEven(float64(v)/float64(h.max)*math.MaxUint8), math.MaxUint8))
}

// reader returns what reads the values, one after the other.
func (h *header) reader(rest []byte) func(x, y, k int) (byte, error) {
	switch h.kind {
	case '4':
		row := (h.w + 7) / 8
		return func(x, y, _ int) (byte, error) { return rest[y*row+x/8]>>(7-x%8)&1 - 1, nil } // 1 is black
	case '1':
		return func(_, _, _ int) (byte, error) {
			for len(rest) > 0 {
				c := rest[0]
				rest = rest[1:]
				switch {
				case c == '#':
					end := bytes.IndexAny(rest, "\r\n")
					if end < 0 {
						return 0, errCut
					}
					rest = rest[end+1:]
				case c == '0' || c == '1':
					return c - '1', nil // 1 is black
				case bytes.IndexByte([]byte(blanks), c) < 0:
					return 0, fmt.Errorf("%q is neither 0 nor 1", c)
				}
			}
			return 0, errCut
		}
	case '2', '3':
		return func(_, _, _ int) (byte, error) {
			var token []byte
			token, rest = next(rest)
			v, err := number(token, h.max)
			return h.scaled(v), err
		}
	}
	at, size := 0, 1
	if h.max > math.MaxUint8 {
		size = 2
	}
	return func(_, _, _ int) (byte, error) {
		v := int(rest[at])
		if size == 2 {
			v = v<<8 | int(rest[at+1])
		}
		if at += size; h.max == math.MaxUint8 {
			return byte(v), nil
		}
		return h.scaled(v), nil
	}
}
