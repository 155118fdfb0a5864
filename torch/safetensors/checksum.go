package safetensors

import (
	"bytes"
	"fmt"
	"hash/crc32"
)

// checksumsKey is where a file's checksums stand in its metadata: CRC-32s of eight hexadecimal digits and a space
// between two. The first is the header's, its length before it and zeros in place of these digits; the others are
// the tensors', in the order of their bytes.
const checksumsKey = "fastlearn.crc32"

const digits = 8

// Checksums adds a checksum of the header and one of each tensor to the metadata. [Open], [Read] and [Decode] compare
// them; other programs see one more text in the metadata.
func Checksums() WriteOption { return func(o *writeOptions) { o.checksums = true } }

// checksumsText has the tensors' checksums, and room for the header's.
func checksumsText(tensors []named) (string, error) {
	text := bytes.Repeat([]byte{'0'}, digits)
	for _, t := range tensors {
		sum := crc32.NewIEEE()
		if _, err := t.WriteTo(sum); err != nil {
			return "", errorf("%v", err).at(t.name)
		}
		text = fmt.Appendf(text, " %08x", sum.Sum32())
	}
	return string(text), nil
}

// sealHeader puts the header's checksum into its place.
func sealHeader(header []byte) {
	start := bytes.Index(header, []byte(`"`+checksumsKey+`":"`)) + len(checksumsKey) + 4
	copy(header[start:], fmt.Sprintf("%08x", crc32.ChecksumIEEE(header)))
}

// check compares a file's checksums, which stand at a place in its header; the length before it is part of that.
func (h *header) check(header []byte, sums text, at int, data []byte) *Error {
	damaged := errorf("the header's checksum differs: the file is damaged, or was edited by a program that doesn't know of checksums: write it again")
	if sums.escaped || len(sums.raw) < digits {
		return damaged
	}
	crc := crc32.ChecksumIEEE(header[:at])
	crc = crc32.Update(crc, crc32.IEEETable, bytes.Repeat([]byte{'0'}, digits))
	crc = crc32.Update(crc, crc32.IEEETable, header[at+digits:])
	if string(sums.raw[:digits]) != fmt.Sprintf("%08x", crc) {
		return damaged
	}
	return h.checkTensors(data, sums.raw[digits:])
}

// checkTensors compares the tensors' checksums.
func (h *header) checkTensors(data, sums []byte) *Error {
	if len(sums) != len(h.tensors)*(digits+1) {
		return errorf("it has checksums of another number of tensors than it has: write it again")
	}
	for i, t := range h.tensors {
		want := string(sums[i*(digits+1)+1:][:digits])
		if got := fmt.Sprintf("%08x", crc32.ChecksumIEEE(data[t.begin:t.end])); got != want {
			return errorf("its checksum is %s, and the file says %s: its bytes are damaged: copy or write the file again", got, want).at(h.key(t.at))
		}
	}
	return nil
}
