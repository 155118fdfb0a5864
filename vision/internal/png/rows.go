package png

import "fmt"

// unfilter undoes the prediction of a row's bytes from those to the left, step before, and above.
func unfilter(filter byte, row, above []byte, step int) error {
	above = above[:len(row)]
	switch filter {
	case 0:
	case 1:
		for i := step; i < len(row); i++ {
			row[i] += row[i-step]
		}
	case 2:
		for i, up := range above {
			row[i] += up
		}
	case 3:
		for i := range min(step, len(row)) {
			row[i] += above[i] / 2
		}
		for i := step; i < len(row); i++ {
			row[i] += byte((int(row[i-step]) + int(above[i])) / 2)
		}
	case 4:
		for i := range min(step, len(row)) {
			row[i] += above[i]
		}
		for k := range min(step, len(row)) { // so that what is to the left needn't be read again
			left, corner := int(row[k]), int(above[k])
			for i := k + step; i < len(row); i += step {
				up := int(above[i])
				row[i] += paeth(left, up, corner)
				left, corner = int(row[i]), up
			}
		}
	default:
		return fmt.Errorf("a row is filtered by the unknown method %d", filter)
	}
	return nil
}

// paeth is the neighbour that is nearest to left + up - corner.
func paeth(left, up, corner int) byte {
	a, b := up-corner, left-corner
	c := a + b
	a, b, c = max(a, -a), max(b, -b), max(c, -c)
	switch {
	case a <= b && a <= c:
		return byte(left)
	case b <= c:
		return byte(up)
	}
	return byte(corner)
}

// expand writes a row's w pixels as RGB into every step-th byte of to.
func (h *header) expand(row []byte, w int, to []byte, step int) {
	bytes := h.depth / 8 // of a channel
	switch {
	case h.colour == rgb && h.depth == 8 && step == 3:
		copy(to[:3*w], row)
	case h.colour == rgb || h.colour == rgbAlpha:
		n := channels[h.colour] * bytes
		for x := range w {
			p, in := to[x*step:][:3], row[x*n:][:n]
			p[0], p[1], p[2] = in[0], in[bytes], in[2*bytes]
		}
	case h.depth >= 8:
		for x, n := 0, channels[h.colour]*bytes; x < w; x++ {
			h.index(row[x*n], to[x*step:])
		}
	default:
		mask, grain := byte(1<<h.depth-1), byte(255/(1<<h.depth-1))
		if h.colour == paletted {
			grain = 1
		}
		for x := range w {
			at := x * h.depth
			h.index(row[at/8]>>(8-h.depth-at%8)&mask*grain, to[x*step:])
		}
	}
}

// index writes a colour of the palette or a shade of grey.
func (h *header) index(v byte, to []byte) {
	if h.colour == paletted {
		copy(to[:3], h.palette[v][:])
		return
	}
	to[0], to[1], to[2] = v, v, v
}
