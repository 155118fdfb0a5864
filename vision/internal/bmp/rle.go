package bmp

// unpack writes run lengths into rows, which begin anew at the end of a line. What a delta or a line's end passes over is of colour 0;
// a picture that ends early is an error, as in PIL.
func (h *header) unpack(data []byte, line func(y int) []byte) error {
	var (
		at    = h.pixels
		n     = 0 // pixels that were written
		x     = 0 // in the line, by its runs
		total = h.w * h.h
		out   []byte
	)
	put := func(v byte, times int) {
		for ; times > 0 && n < total; times-- {
			if n%h.w == 0 {
				out = line(n / h.w)
			}
			copy(out[n%h.w*3:][:3], h.palette[v][:])
			n++
		}
	}
	for n < total {
		if at+2 > len(data) {
			return errCut
		}
		run, v := int(data[at]), data[at+1]
		at += 2
		switch {
		case run > 0:
			run = min(run, max(h.w-x, 0))
			x += run
			for i := range run {
				put(h.nibble(v, i), 1)
			}
		case v == 0: // the end of the line
			put(0, (h.w-n%h.w)%h.w)
			x = 0
		case v == 1: // the end of the picture
			return errCut
		case v == 2: // a delta
			if at+2 > len(data) {
				return errCut
			}
			put(0, int(data[at])+int(data[at+1])*h.w)
			at, x = at+2, n%h.w
		default: // as they are
			count := min(int(v), total-n)
			size := count
			if h.compression == rle4 {
				size = (count + 1) / 2
			}
			if at+size > len(data) {
				return errCut
			}
			for i := range count {
				if h.compression == rle4 {
					put(h.nibble(data[at+i/2], i), 1)
				} else {
					put(data[at+i], 1)
				}
			}
			at, x = at+size, x+int(v)
			at += at & 1
		}
	}
	return nil
}

// nibble is the i-th pixel of a byte that stands for two, or for one.
func (h *header) nibble(v byte, i int) byte {
	switch {
	case h.compression == rle8:
		return v
	case i%2 == 0:
		return v >> 4
	}
	return v & 15
}
