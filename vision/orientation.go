package vision

import (
	"bytes"
	"encoding/binary"
)

// upright is the turn that shows a picture upright, for each of EXIF's orientations.
var upright = [9]int{2: 1, 3: 4, 4: 2, 5: 6, 6: 5, 7: 7, 8: 3}

// turned turns m in place as an orientation asks.
func turned(m *Image, orientation int) error {
	k := upright[orientation]
	if k == 0 {
		return nil
	}
	out := &Image{}
	if err := m.turn(k, out); err != nil {
		return err
	}
	*m = *out
	return nil
}

// The tags of a TIFF structure that matter here.
const (
	tagCompression = 259
	tagPhotometric = 262
	tagOrientation = 274
)

// orientation is a file's orientation, 1 … 8; 1 where it says nothing or nothing that
// makes sense. That of a TIFF is a part of the picture, as for PIL; that of other formats
// is EXIF's and counts only where it is asked for.
func orientation(data []byte, exif bool) int {
	tags := data
	if !isTIFF(data) {
		if tags = nil; exif {
			tags = exifOf(data)
		}
	}
	if v := tiffTag(tags, tagOrientation); v >= 1 && v <= 8 {
		return v
	}
	return 1
}

func isTIFF(data []byte) bool {
	return bytes.HasPrefix(data, []byte("II*\x00")) || bytes.HasPrefix(data, []byte("MM\x00*"))
}

// tiffTag is the value of a tag of 16 bits in the first directory of a TIFF structure, -1
// without it.
func tiffTag(tiff []byte, tag uint16) int {
	if len(tiff) < 8 {
		return -1
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at < 8 || at > int64(len(tiff))-2 {
		return -1
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		const short = 3
		if len(entries) < 12 {
			break
		}
		if order.Uint16(entries) == tag && order.Uint16(entries[2:]) == short {
			return int(order.Uint16(entries[8:]))
		}
		entries = entries[12:]
	}
	return -1
}

// exifOf is the TIFF structure that a JPEG, PNG or WebP file holds, nil without one.
func exifOf(data []byte) []byte {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8")):
		return exifOfJPEG(data[2:])
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		return chunk(data[8:], "eXIf", binary.BigEndian, 4, 0)
	case bytes.HasPrefix(data, []byte("RIFF")) && len(data) > 12:
		exif := chunk(data[12:], "EXIF", binary.LittleEndian, 0, 1)
		return bytes.TrimPrefix(exif, []byte("Exif\x00\x00"))
	}
	return nil
}

func exifOfJPEG(data []byte) []byte {
	const app1, startOfScan = 0xe1, 0xda
	for len(data) >= 4 && data[0] == 0xff {
		size := 2 + int(data[2])<<8 + int(data[3])
		if data[1] == startOfScan || size < 4 || size > len(data) {
			return nil
		}
		if exif, ok := bytes.CutPrefix(data[4:size], []byte("Exif\x00\x00")); ok && data[1] == app1 {
			return exif
		}
		data = data[size:]
	}
	return nil
}

// chunk finds the body of a chunk of a PNG, whose length stands before the name, or of a
// RIFF file, where it stands behind it and bodies are padded to even lengths.
func chunk(data []byte, name string, order binary.ByteOrder, nameAt int, pad int64) []byte {
	for len(data) >= 12 || pad > 0 && len(data) >= 8 {
		n := int64(order.Uint32(data[4-nameAt:]))
		body := data[8:]
		if n > int64(len(body)) {
			return nil
		}
		if string(data[nameAt:nameAt+4]) == name {
			return body[:n]
		}
		next := n + n&pad
		if pad == 0 {
			next += 4 // the checksum
		}
		data = body[min(next, int64(len(body))):]
	}
	return nil
}
