// Package jpeg decodes JPEG pictures with libjpeg-turbo, several times faster than
// image/jpeg, and at a part of their size where that is enough.
package jpeg

/*
#cgo CFLAGS: -O2
#cgo LDFLAGS: -l:libjpeg.a
#include <stdlib.h>
#include "jpeg.h"
*/
import "C"

import (
	"errors"
	"unsafe"
)

// Is tells whether data begins as a JPEG file does.
func Is(data []byte) bool {
	return len(data) >= 3 && data[0] == 0xff && data[1] == 0xd8 && data[2] == 0xff
}

func check(msg *C.char) error {
	if msg == nil {
		return nil
	}
	defer C.free(unsafe.Pointer(msg))
	return errors.New(C.GoString(msg))
}

func bytes(data []byte) (*C.uint8_t, C.size_t) {
	return (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(data))), C.size_t(len(data))
}

// Scaled is the width and height that the picture has at eighths/8 of its size.
func Scaled(data []byte, eighths int) (w, h int, err error) {
	var cw, ch C.int
	p, n := bytes(data)
	err = check(C.fl_jpeg_scaled(p, n, C.int(eighths), &cw, &ch))
	return int(cw), int(ch), err
}

// Decode decodes a part of the picture at eighths/8 of its size: the part (x, y, w×h)
// of what [Scaled] measures. rgb receives w×h×3 bytes.
func Decode(data []byte, eighths, x, y, w, h int, rgb []byte) error {
	if len(rgb) != w*h*3 {
		return errors.New("the buffer does not fit the picture")
	}
	p, n := bytes(data)
	return check(C.fl_jpeg_decode(p, n, C.int(eighths), C.int(x), C.int(y), C.int(w), C.int(h), (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(rgb)))))
}
