// Package resample resizes pictures that were decoded at a part of their size, where what is cut out of them doesn't lie on pixels.
package resample

// #cgo CFLAGS: -O3
// #cgo LDFLAGS: -lm
// #include "resample.h"
import "C"

import (
	"errors"
	"unsafe"
)

// Resize resizes the box (x, y, w×h), in pixels and parts of pixels, of a picture of sw×sh pixels of c bytes (1 or 3) into dst,
// dw×dh pixels, as the bilinear filter with antialiasing does that to a picture of whose pixels these are averages.
func Resize(src []byte, sw, sh, c int, x, y, w, h float64, dst []byte, dw, dh int) error {
	if len(src) != sw*sh*c || len(dst) != dw*dh*c || c != 1 && c != 3 || len(dst) == 0 || !(x >= 0 && y >= 0 && w > 0 && h > 0 && x+w <= float64(sw) && y+h <= float64(sh)) {
		return errors.New("the box doesn't lie in the picture, or a picture's size isn't that of its bytes")
	}
	if C.fl_resample((*C.uint8_t)(unsafe.SliceData(src)), C.int(sw), C.int(sh), C.int(c), C.double(x), C.double(y), C.double(w), C.double(h),
		(*C.uint8_t)(unsafe.SliceData(dst)), C.int(dw), C.int(dh)) != 0 {
		return errors.New("out of memory")
	}
	return nil
}
