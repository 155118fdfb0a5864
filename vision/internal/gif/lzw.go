package gif

import "errors"

var errDamaged = errors.New("its pixels are damaged: a code that isn't in the table")

// lzw unpacks the blocks of a frame's pixels.
type lzw struct {
	data []byte
	bits int // of a pixel

	block  int // bytes left of it
	buffer uint32
	held   int // bits in the buffer
}

const (
	mostBits = 12
	table    = 1 << mostBits
)

// code reads the next n bits. A block that is cut isn't read at all, as by PIL.
func (z *lzw) code(n int) (int, error) {
	for z.held < n {
		if z.block == 0 {
			if len(z.data) == 0 || len(z.data) < 1+int(z.data[0]) {
				return 0, errCut
			}
			z.block, z.data = int(z.data[0]), z.data[1:]
			continue
		}
		z.buffer |= uint32(z.data[0]) << z.held
		z.data, z.block, z.held = z.data[1:], z.block-1, z.held+8
	}
	code := int(z.buffer & (1<<n - 1))
	z.buffer, z.held = z.buffer>>n, z.held-n
	return code, nil
}

// decode gives emit the pixels, some at a time, until it has enough.
func (z *lzw) decode(emit func(pixels []byte) (done bool)) error {
	if z.bits > mostBits {
		return errDamaged
	}
	var (
		clear  = 1 << z.bits
		end    = clear + 1
		last   [table]byte   // of each string
		before [table]uint16 // the string without it
		text   [table]byte   // filled from its end
		n      = z.bits + 1
		next   = end + 1
		prior  = -1 // the code before; none after clear
		first  byte // the first pixel of its string
	)
	for {
		code, err := z.code(n)
		if err != nil {
			return err
		}
		switch {
		case code == clear:
			n, next, prior = z.bits+1, end+1, -1
			continue
		case code == end:
			return errCut
		case prior < 0:
			if code > clear {
				return errDamaged
			}
			prior, first = code, byte(code)
			if text[table-1] = first; emit(text[table-1:]) {
				return nil
			}
			continue
		case code > next:
			return errDamaged
		}
		at, c := table, code
		if code == next { // the string before and its first pixel
			at--
			text[at], c = first, prior
		}
		for c >= clear {
			if at == 0 || c >= table {
				return errDamaged
			}
			at--
			text[at], c = last[c], int(before[c])
		}
		if at == 0 {
			return errDamaged
		}
		first = byte(c)
		at--
		text[at] = first
		if next < table {
			last[next], before[next] = first, uint16(prior)
			if next == 1<<n-1 && n < mostBits {
				n++
			}
			next++
		}
		prior = code
		if emit(text[at:]) {
			return nil
		}
	}
}
