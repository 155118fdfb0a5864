package pth

import (
	"bytes"
	"unsafe"
)

// wordSize is where numbers may begin: a storage's bytes at an address that it divides, as Go and C ask for it.
const wordSize = 8

func misplaced(data []byte) int {
	if len(data) == 0 {
		return 0
	}
	return int(uintptr(unsafe.Pointer(&data[0])) % wordSize)
}

// align is data itself if it begins where numbers may, else a copy that does: files that
// torch.save wrote since 1.6 need none, for they keep their storages at multiples of 64 bytes.
func (m mode) align(data []byte) []byte {
	if m == glance || misplaced(data) == 0 {
		return data
	}
	return bytes.Clone(data)
}

// alignAfter is align for the bytes of data behind a head of wordSize bytes that nobody needs any more. In a file's own
// memory they move down into the head, so that a long storage isn't in memory twice.
func (m mode) alignAfter(data []byte) []byte {
	body := data[wordSize:len(data):len(data)]
	off := misplaced(body)
	if m != owned || off == 0 {
		return m.align(body)
	}
	copy(data[wordSize-off:], body)
	return data[wordSize-off : len(data)-off : len(data)-off]
}
