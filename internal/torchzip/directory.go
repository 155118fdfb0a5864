package torchzip

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// Signatures and sizes of the parts of a zip file.
const (
	sigLocal, lenLocal         = 0x04034b50, 30
	sigCentral, lenCentral     = 0x02014b50, 46
	sigEnd, lenEnd             = 0x06054b50, 22
	sigEnd64, lenEnd64         = 0x06064b50, 56
	sigLocator64, lenLocator64 = 0x07064b50, 20
	sigDescriptor              = 0x08074b50

	zip64Extra = 0x0001 // id of the extra field with 64-bit sizes

	flagEncrypted  = 1 << 0
	flagDescriptor = 1 << 3
	flagPatched    = 1 << 5
	flagStrong     = 1 << 6
	flagMasked     = 1 << 13
)

var le = binary.LittleEndian

// A Record is one entry of a zip file.
type Record struct {
	CRC  uint32
	Size int64  // of its content
	Data []byte // a part of the file: the content, or what [Record.Inflate] makes it of

	name          string
	packed        int64 // the size of Data
	flags, method uint16
	header        int64 // offset of the local header
	dataAt, end   int64 // offsets of the data, and behind data and descriptor
}

// endOfDirectory finds where the central directory lies and how many entries it claims.
// Nothing may stand between the directory and its end records. What follows them, up to as much as a comment may have, is left
// alone, as PyTorch's reader leaves it.
func endOfDirectory(file []byte) (start, end int64, count uint64, err error) {
	at := -1
	for i := len(file) - lenEnd; i >= 0 && i >= len(file)-lenEnd-math.MaxUint16; i-- {
		if le.Uint32(file[i:]) == sigEnd {
			at = i
			break
		}
	}
	if at < 0 {
		return 0, 0, 0, errors.New("the end of the zip file is missing: the file was cut off, or more than 64 kB were appended to it")
	}
	e := file[at:]
	count, size, offset := uint64(le.Uint16(e[10:])), uint64(le.Uint32(e[12:])), uint64(le.Uint32(e[16:]))
	if le.Uint16(e[4:]) != 0 || le.Uint16(e[6:]) != 0 || le.Uint16(e[8:]) != le.Uint16(e[10:]) {
		return 0, 0, 0, errors.New("the zip file spans several disks")
	}
	if at >= lenLocator64 && le.Uint32(file[at-lenLocator64:]) == sigLocator64 {
		locator := file[at-lenLocator64:]
		at64 := le.Uint64(locator[8:])
		if at < lenLocator64+lenEnd64 || at64 != uint64(at-lenLocator64-lenEnd64) {
			return 0, 0, 0, errors.New("the zip64 end record is not where the zip file says it is")
		}
		e64 := file[at64:]
		if le.Uint32(e64) != sigEnd64 || le.Uint64(e64[4:]) != lenEnd64-12 || le.Uint64(e64[24:]) != le.Uint64(e64[32:]) {
			return 0, 0, 0, errors.New("the zip64 end record is damaged")
		}
		if !agrees(count, le.Uint64(e64[32:]), math.MaxUint16) || !agrees(size, le.Uint64(e64[40:]), math.MaxUint32) ||
			!agrees(offset, le.Uint64(e64[48:]), math.MaxUint32) {
			return 0, 0, 0, errors.New("the two end records of the zip file disagree")
		}
		count, size, offset = le.Uint64(e64[32:]), le.Uint64(e64[40:]), le.Uint64(e64[48:])
		at = int(at64)
	}
	if offset > uint64(at) || size != uint64(at)-offset {
		return 0, 0, 0, errors.New("the zip file's directory is not where the file says it is")
	}
	if count > size/lenCentral {
		return 0, 0, 0, fmt.Errorf("the zip file declares %d entries in a directory of %d bytes", count, size)
	}
	return int64(offset), int64(at), count, nil
}

// agrees compares a field of the old end record with its 64-bit counterpart.
func agrees(short, long, saturated uint64) bool {
	return short == long || short == saturated && long >= saturated
}

// parseCentral reads one entry of the central directory and returns what follows it.
func parseCentral(b []byte) (r Record, rest []byte, err error) {
	if len(b) < lenCentral || le.Uint32(b) != sigCentral {
		return r, nil, errors.New("the zip file's directory is damaged")
	}
	nameLen, extraLen, commentLen := int(le.Uint16(b[28:])), int(le.Uint16(b[30:])), int(le.Uint16(b[32:]))
	total := lenCentral + nameLen + extraLen + commentLen
	if len(b) < total {
		return r, nil, errors.New("the zip file's directory is cut off")
	}
	r.name = string(b[lenCentral : lenCentral+nameLen])
	named := r.name
	if r.isFolder(b) {
		named = r.name[:nameLen-1]
	}
	if err := checkName(named); err != nil {
		return r, nil, err
	}
	r.flags, r.method, r.CRC = le.Uint16(b[8:]), le.Uint16(b[10:]), le.Uint32(b[16:])
	packed, size, header := uint64(le.Uint32(b[20:])), uint64(le.Uint32(b[24:])), uint64(le.Uint32(b[42:]))
	extra, err := findZip64(r.name, b[lenCentral+nameLen:lenCentral+nameLen+extraLen])
	if err != nil {
		return r, nil, err
	}
	for _, field := range []*uint64{&size, &packed, &header} { // the order is the format's
		if *field == math.MaxUint32 && extra != nil {
			if len(extra) < 8 {
				return r, nil, fmt.Errorf("zip entry %q: its zip64 sizes are cut off", r.name)
			}
			*field, extra = le.Uint64(extra), extra[8:]
		}
	}
	if r.method == 0 && packed != size {
		return r, nil, fmt.Errorf("zip entry %q is stored, yet declares two sizes, %d and %d bytes", r.name, packed, size)
	}
	if packed > math.MaxInt64 || size > math.MaxInt64 || header > math.MaxInt64 || le.Uint16(b[34:]) != 0 {
		return r, nil, fmt.Errorf("zip entry %q declares an impossible size or place", r.name)
	}
	r.Size, r.packed, r.header = int64(size), int64(packed), int64(header)
	return r, b[total:], nil
}

// isFolder tells whether an entry of the directory is an empty one with the name of a folder, as zip -r writes them.
func (r *Record) isFolder(entry []byte) bool {
	return strings.HasSuffix(r.name, "/") && le.Uint32(entry[24:]) == 0
}

// findZip64 is the content of the zip64 field among an entry's extra fields, nil if there is none.
func findZip64(name string, extra []byte) ([]byte, error) {
	var found []byte
	for len(extra) > 0 {
		if len(extra) < 4 || len(extra)-4 < int(le.Uint16(extra[2:])) {
			return nil, fmt.Errorf("zip entry %q: its extra fields are damaged", name)
		}
		n := int(le.Uint16(extra[2:]))
		if le.Uint16(extra) == zip64Extra {
			if found != nil {
				return nil, fmt.Errorf("zip entry %q has two zip64 fields", name)
			}
			found = extra[4 : 4+n : 4+n]
		}
		extra = extra[4+n:]
	}
	return found, nil
}

// checkName refuses names that no torch.save writes and that mean mischief.
func checkName(name string) error {
	bad := name == "" || !utf8.ValidString(name) || strings.ContainsAny(name, "\\\x00") || len(name) > 4096
	for part := range strings.SplitSeq(name, "/") {
		bad = bad || part == "" || part == "." || part == ".."
	}
	if bad {
		return fmt.Errorf("zip entry %.60q: torch.save writes no such name", name)
	}
	return nil
}

// readable tells why a record cannot be read, if it cannot.
func (r *Record) readable() error {
	switch {
	case r.flags&(flagEncrypted|flagStrong|flagMasked) != 0:
		return fmt.Errorf("zip entry %q is encrypted", r.name)
	case r.flags&flagPatched != 0:
		return fmt.Errorf("zip entry %q holds patched data", r.name)
	case r.method != 0 && !r.Deflated():
		return fmt.Errorf("zip entry %q is compressed (method %d); torch.save never compresses: "+
			"load the file in Python and save it again with torch.save", r.name, r.method)
	}
	return nil
}

// bindLocal checks a record against its local header and descriptor, and finds its data.
func bindLocal(file []byte, limit int64, r *Record) error {
	if r.header > limit-lenLocal {
		return fmt.Errorf("zip entry %q lies outside the file", r.name)
	}
	h := file[r.header:limit]
	if le.Uint32(h) != sigLocal {
		return fmt.Errorf("zip entry %q: no entry begins where the directory says", r.name)
	}
	nameLen, extraLen := int64(le.Uint16(h[26:])), int64(le.Uint16(h[28:]))
	if int64(len(h)) < lenLocal+nameLen+extraLen {
		return fmt.Errorf("zip entry %q lies outside the file", r.name)
	}
	if !bytes.Equal(h[lenLocal:lenLocal+nameLen], []byte(r.name)) || le.Uint16(h[6:]) != r.flags || le.Uint16(h[8:]) != r.method {
		return fmt.Errorf("zip entry %q: its header and the directory disagree about name, flags or method", r.name)
	}
	r.dataAt = r.header + lenLocal + nameLen + extraLen
	if r.packed > limit-r.dataAt {
		return fmt.Errorf("zip entry %q declares %d bytes, more than the file has left", r.name, r.packed)
	}
	r.end = r.dataAt + r.packed
	r.Data = file[r.dataAt:r.end:r.end]
	extra, err := findZip64(r.name, h[lenLocal+nameLen:lenLocal+nameLen+extraLen])
	if err != nil {
		return err
	}
	crc, packed, size := le.Uint32(h[14:]), uint64(le.Uint32(h[18:])), uint64(le.Uint32(h[22:]))
	for _, field := range []*uint64{&size, &packed} {
		if *field == math.MaxUint32 && len(extra) >= 8 {
			*field, extra = le.Uint64(extra), extra[8:]
		}
	}
	deferred := r.flags&flagDescriptor != 0
	sameSizes := size == uint64(r.Size) && packed == uint64(r.packed)
	if !(crc == r.CRC && sameSizes) && !(deferred && crc == 0 && (size|packed == 0 || sameSizes)) {
		return fmt.Errorf("zip entry %q: its header and the directory disagree about its size or CRC", r.name)
	}
	if !deferred {
		return nil
	}
	return bindDescriptor(file[r.end:limit], r)
}

// bindDescriptor checks the sizes and the CRC that follow a record's data: in 4 or 8 bytes a size,
// with a signature or without it.
func bindDescriptor(b []byte, r *Record) error {
	skip := 0
	if len(b) >= 4 && le.Uint32(b) == sigDescriptor {
		skip = 4
	}
	d := b[skip:]
	short := len(d) >= 12 && uint64(le.Uint32(d[4:])) == uint64(r.packed) && uint64(le.Uint32(d[8:])) == uint64(r.Size)
	long := len(d) >= 20 && le.Uint64(d[4:]) == uint64(r.packed) && le.Uint64(d[12:]) == uint64(r.Size)
	if !short && !long || le.Uint32(d) != r.CRC {
		return fmt.Errorf("zip entry %q: what follows its data and the directory disagree about its size or CRC", r.name)
	}
	if short {
		r.end += int64(skip) + 12
	} else {
		r.end += int64(skip) + 20
	}
	return nil
}
