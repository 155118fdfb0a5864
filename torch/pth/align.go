package pth

import (
	"bytes"
	"unsafe"
)

// align is data itself if it begins where numbers of any dtype may, else a copy that does: files that
// torch.save wrote since 1.6 need none, for they keep their storages at multiples of 64 bytes.
func align(data []byte) []byte {
	if len(data) == 0 || uintptr(unsafe.Pointer(&data[0]))%16 == 0 {
		return data
	}
	return bytes.Clone(data)
}
