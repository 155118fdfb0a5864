package tiff

import "io"

// packed undoes Apple's run lengths.
type packed struct {
	data  []byte
	left  int // of a run or of bytes as they are
	isRun bool
}

func (r *packed) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if r.left == 0 {
			if len(r.data) < 2 {
				return n, io.EOF
			}
			switch v := int(int8(r.data[0])); {
			case v >= 0:
				r.left, r.isRun = v+1, false
			case v > -128:
				r.left, r.isRun = 1-v, true
			}
			r.data = r.data[1:]
			continue
		}
		if len(r.data) == 0 {
			return n, io.EOF
		}
		p[n] = r.data[0]
		n, r.left = n+1, r.left-1
		if !r.isRun || r.left == 0 {
			r.data = r.data[1:]
		}
	}
	return n, nil
}
