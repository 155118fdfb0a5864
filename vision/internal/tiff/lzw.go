package tiff

import (
	"errors"
	"io"
)

const (
	lzwBits  = 12
	lzwTable = 1 << lzwBits
	lzwClear = 256
	lzwEnd   = 257
)

// lzw undoes TIFF's LZW: codes of 9 to 12 bits, the upper bits first, that grow one code early.
type lzw struct {
	data   []byte
	buffer uint32
	held   int // bits in the buffer
	bits   int // of a code
	next   int // the code that comes into the table next
	prior  int // the code before; -1 after a clear
	last   [lzwTable]byte
	before [lzwTable]uint16 // the string without its last byte
	text   [lzwTable]byte   // filled from its end
	ready  []byte           // of it, to be given
}

func (z *lzw) reset(data []byte) {
	z.data, z.buffer, z.held, z.ready = data, 0, 0, nil
	z.clear()
}

func (z *lzw) clear() { z.bits, z.next, z.prior = 9, lzwEnd+1, -1 }

func (z *lzw) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(z.ready) == 0 {
			if err := z.fill(); err != nil {
				return n, err
			}
		}
		k := copy(p[n:], z.ready)
		z.ready, n = z.ready[k:], n+k
	}
	return n, nil
}

// fill makes the string of the next code ready.
func (z *lzw) fill() error {
	for {
		for z.held < z.bits {
			if len(z.data) == 0 {
				return io.EOF
			}
			z.buffer, z.data, z.held = z.buffer<<8|uint32(z.data[0]), z.data[1:], z.held+8
		}
		z.held -= z.bits
		code := int(z.buffer>>z.held) & (1<<z.bits - 1)
		switch {
		case code == lzwClear:
			z.clear()
			continue
		case code == lzwEnd:
			return io.EOF
		case code > z.next || z.prior < 0 && code > lzwClear:
			return errors.New("a code isn't in the table")
		}
		at, c := lzwTable, code
		if code == z.next { // the string before and its first byte
			if z.prior < 0 || z.next >= lzwTable {
				return errors.New("a code isn't in the table")
			}
			at, c = at-1, z.prior
		}
		for c > lzwEnd {
			at--
			z.text[at], c = z.last[c], int(z.before[c])
		}
		at--
		z.text[at] = byte(c)
		if code == z.next {
			z.text[lzwTable-1] = byte(c)
		}
		if z.prior >= 0 && z.next < lzwTable {
			z.last[z.next], z.before[z.next] = byte(c), uint16(z.prior)
			if z.next++; z.next == 1<<z.bits-1 && z.bits < lzwBits {
				z.bits++
			}
		}
		z.prior, z.ready = code, z.text[at:]
		return nil
	}
}
