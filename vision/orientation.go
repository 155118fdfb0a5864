package vision

import (
	"bytes"
	"encoding/binary"
)

// upright is the turn that shows a picture upright, for each of EXIF's orientations.
var upright = [9]int{2: 1, 3: 4, 4: 2, 5: 6, 6: 5, 7: 7, 8: 3}

// turned turns m in place as an orientation asks.
func turned(m *Image, orientation int) {
	if k := upright[orientation]; k != 0 {
		out := &Image{}
		m.turn(k, out)
		*m = *out
	}
}

// orientation is a JPEG file's EXIF orientation, 1 … 8; 1 where it says nothing or
// nothing that makes sense.
func orientation(data []byte) int {
	exif := exifOf(data)
	if len(exif) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if exif[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int(order.Uint32(exif[4:]))
	if at < 8 || at > len(exif)-2 {
		return 1
	}
	entries := exif[at+2:]
	for range order.Uint16(exif[at:]) {
		if len(entries) < 12 {
			break
		}
		const tag, short = 0x0112, 3
		if order.Uint16(entries) == tag && order.Uint16(entries[2:]) == short {
			if v := int(order.Uint16(entries[8:])); v >= 1 && v <= 8 {
				return v
			}
		}
		entries = entries[12:]
	}
	return 1
}

// exifOf is the TIFF structure in a JPEG file's APP1 segment, nil without one.
func exifOf(data []byte) []byte {
	const app1, startOfScan = 0xe1, 0xda
	for data = data[min(2, len(data)):]; len(data) >= 4 && data[0] == 0xff; {
		size := 2 + int(data[2])<<8 + int(data[3])
		if data[1] == startOfScan || size > len(data) {
			return nil
		}
		if exif, ok := bytes.CutPrefix(data[4:size], []byte("Exif\x00\x00")); ok && data[1] == app1 {
			return exif
		}
		data = data[size:]
	}
	return nil
}
