package diskfile

import "hash/crc32"

// cell is the number of bytes that have one checksum: so few that a processor's own cache still holds them after a read.
const cell = 64 << 10

// checksums are the CRC-32s of a content's cells.
type checksums []uint32

// note takes the checksums of what stands at begin, a multiple of a cell.
func (c checksums) note(data []byte, begin int64) {
	for at := 0; at < len(data); at += cell {
		c[(begin+int64(at))/cell] = crc32.ChecksumIEEE(data[at:min(at+cell, len(data))])
	}
}

// of is the checksum of data[begin:end]: of what lies in whole cells by theirs, of the rest by its bytes.
func (c checksums) of(data []byte, begin, end int64) uint32 {
	from, to := (begin+cell-1)/cell, end/cell
	if from >= to || to > int64(len(c)) {
		return crc32.ChecksumIEEE(data[begin:end])
	}
	sum := crc32.ChecksumIEEE(data[begin : from*cell])
	for _, next := range c[from:to] {
		sum = times(sum, xToTheCell) ^ next
	}
	return crc32.Update(sum, crc32.IEEETable, data[to*cell:end])
}

// A CRC-32 is a polynomial over GF(2), its highest bit the coefficient of x⁰. Bytes that follow move it up by eight powers each:
// the checksum of a and b in a row is that of a, times x^(8·len(b)), plus that of b.

// xToTheCell is x^(8·cell), by squaring.
var xToTheCell = func() uint32 {
	p := uint32(1 << 30) // x
	for n := 1; n < 8*cell; n *= 2 {
		p = times(p, p)
	}
	return p
}()

// times multiplies two polynomials modulo CRC-32's.
func times(a, b uint32) (product uint32) {
	for bit := uint32(1 << 31); bit != 0; bit >>= 1 {
		if a&bit != 0 {
			product ^= b
		}
		b = b>>1 ^ -(b&1)&crc32.IEEE
	}
	return product
}
