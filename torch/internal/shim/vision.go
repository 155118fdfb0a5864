package shim

// #include "shim.h"
import "C"

import "unsafe"

// ResizeUint8 resizes a crop of an H×W×C picture into dst, DH×DW×C.
func ResizeUint8(src []byte, h, w, c, x, y, cw, ch int, dst []byte, dh, dw int) error {
	in := (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(src)))
	out := (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(dst)))
	return check(C.fl_resize_u8(in, C.int(h), C.int(w), C.int(c), C.int(x), C.int(y), C.int(cw), C.int(ch), out, C.int(dh), C.int(dw)))
}
