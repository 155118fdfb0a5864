// Package ifd reads the directories of TIFF structures, in TIFF files (BigTIFF too) and in EXIF, as leniently as PIL.
package ifd

import (
	"encoding/binary"
	"errors"
	"math"
)

// Types of values, as in the files.
const (
	Byte      = 1
	ASCII     = 2
	Short     = 3
	Long      = 4
	Rational  = 5
	SByte     = 6
	Undefined = 7
	SShort    = 8
	SLong     = 9
	SRational = 10
	Float     = 11
	Double    = 12
	IFD       = 13
	Long8     = 16
)

const headerSize, bigHeaderSize, bigVersion = 8, 16, 43

var sizes = map[uint16]uint64{Byte: 1, ASCII: 1, Short: 2, Long: 4, Rational: 8, SByte: 1, Undefined: 1, SShort: 2, SLong: 4, SRational: 8, Float: 4, Double: 8, IFD: 4, Long8: 8}

// Dir is a directory: values by their tags.
type Dir struct {
	Order   binary.ByteOrder
	entries map[uint16]entry
}

type entry struct {
	kind uint16
	data []byte
}

// Is reports whether data begins as a TIFF structure does. Some writers get the number's byte order wrong.
func Is(data []byte) bool {
	if len(data) < headerSize {
		return false
	}
	switch string(data[:4]) {
	case "II*\x00", "MM\x00*", "II\x00*", "MM*\x00", "II+\x00", "MM\x00+":
		return true
	}
	return false
}

// Read reads the first directory. It ends where an entry is damaged; what came before stays.
func Read(data []byte) (*Dir, error) {
	if !Is(data) {
		return nil, errors.New("it doesn't begin as a TIFF structure does")
	}
	d := &Dir{Order: binary.LittleEndian, entries: map[uint16]entry{}}
	if data[0] == 'M' {
		d.Order = binary.BigEndian
	}
	at := uint64(d.Order.Uint32(data[4:]))
	countSize, entrySize, valueSize := uint64(2), uint64(12), uint64(4)
	if data[2] == bigVersion || data[3] == bigVersion {
		if len(data) < bigHeaderSize {
			return nil, errors.New("the header of the BigTIFF file is cut")
		}
		at, countSize, entrySize, valueSize = d.Order.Uint64(data[8:]), 8, 20, 8
	}
	size := uint64(len(data))
	if at > size || size-at < countSize {
		return nil, errors.New("the TIFF structure's directory lies beyond its end")
	}
	count, at := d.uint(data[at:at+countSize]), at+countSize
	for total := uint64(0); count > 0 && size-at >= entrySize; count, at = count-1, at+entrySize {
		e := data[at : at+entrySize]
		tag, kind, n := d.Order.Uint16(e), d.Order.Uint16(e[2:]), d.uint(e[4:4+valueSize])
		unit := sizes[kind]
		if _, double := d.entries[tag]; double || unit == 0 || n == 0 || n > size/unit {
			continue
		}
		value := e[4+valueSize:]
		if n *= unit; n > valueSize {
			if total += n; total > size {
				continue
			}
			offset := d.uint(value)
			if offset > size || size-offset < n {
				break
			}
			value = data[offset:]
		}
		d.entries[tag] = entry{kind, value[:n]}
	}
	return d, nil
}

// uint is a number of 2, 4 or 8 bytes.
func (d *Dir) uint(b []byte) uint64 {
	switch len(b) {
	case 2:
		return uint64(d.Order.Uint16(b))
	case 4:
		return uint64(d.Order.Uint32(b))
	}
	return d.Order.Uint64(b)
}

// Has reports whether the directory has the tag.
func (d *Dir) Has(tag uint16) bool { return d.entries[tag].data != nil }

// Bytes returns a tag's value as it stands in the file (default nil).
func (d *Dir) Bytes(tag uint16) []byte { return d.entries[tag].data }

// Numbers returns a tag's values; nil without it, and where it holds text or undefined bytes.
func (d *Dir) Numbers(tag uint16) []float64 {
	e := d.entries[tag]
	read := map[uint16]func(b []byte) float64{
		Short: func(b []byte) float64 { return float64(d.Order.Uint16(b)) }, SShort: func(b []byte) float64 { return float64(int16(d.Order.Uint16(b))) },
		Long: func(b []byte) float64 { return float64(d.Order.Uint32(b)) }, SLong: func(b []byte) float64 { return float64(int32(d.Order.Uint32(b))) },
		IFD: func(b []byte) float64 { return float64(d.Order.Uint32(b)) }, Long8: func(b []byte) float64 { return float64(d.Order.Uint64(b)) },
		SByte: func(b []byte) float64 { return float64(int8(b[0])) },
		Float: func(b []byte) float64 { return float64(math.Float32frombits(d.Order.Uint32(b))) }, Double: func(b []byte) float64 { return math.Float64frombits(d.Order.Uint64(b)) },
		Rational: func(b []byte) float64 { return float64(d.Order.Uint32(b)) / float64(d.Order.Uint32(b[4:])) },
		SRational: func(b []byte) float64 {
			return float64(int32(d.Order.Uint32(b))) / float64(int32(d.Order.Uint32(b[4:])))
		},
	}[e.kind]
	if read == nil {
		return nil
	}
	unit := int(sizes[e.kind])
	values := make([]float64, len(e.data)/unit)
	for i := range values {
		values[i] = read(e.data[i*unit:])
	}
	return values
}

// Int returns a tag's first value, or the default where there is none that is a whole number.
func (d *Dir) Int(tag uint16, otherwise int) int {
	if v := d.Numbers(tag); v != nil && v[0] == math.Trunc(v[0]) && math.Abs(v[0]) < 1<<53 {
		return int(v[0])
	}
	return otherwise
}

// Ints returns a tag's values as whole numbers (default nil).
func (d *Dir) Ints(tag uint16) []int {
	values := d.Numbers(tag)
	if values == nil {
		return nil
	}
	ints := make([]int, len(values))
	for i, v := range values {
		ints[i] = int(v)
	}
	return ints
}
