package vision

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"regexp"
	"slices"

	"github.com/fastlearn-go/fastlearn/vision/internal/ifd"
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

// metadata is what a file says about its picture: a TIFF structure, and XMP's XML, nil without them.
type metadata struct{ exif, xmp []byte }

const (
	tagOrientation = 274
	tagXMP         = 700
)

var (
	exifPrefix     = []byte("Exif\x00\x00")
	xmpPrefix      = []byte("http://ns.adobe.com/xap/1.0/\x00")
	xmpOrientation = regexp.MustCompile(`tiff:Orientation(="|>)([0-9])`)
)

// orientation is 1 … 8; 1 where the file says nothing or nothing that makes sense. XMP counts where EXIF has no such tag.
func (m metadata) orientation() int {
	exif := bytes.TrimPrefix(bytes.TrimPrefix(m.exif, exifPrefix), exifPrefix) // some write it twice
	if dir, err := ifd.Read(exif); err == nil && dir.Has(tagOrientation) {
		if k := dir.Int(tagOrientation, 1); k >= 1 && k <= 8 {
			return k
		}
		return 1
	}
	if found := xmpOrientation.FindSubmatch(m.xmp); found != nil {
		if k := int(found[2][0] - '0'); k >= 1 && k <= 8 {
			return k
		}
	}
	return 1
}

// metadataOfTIFF is the file itself, and what its first directory holds of XMP.
func metadataOfTIFF(data []byte) metadata {
	dir, err := ifd.Read(data)
	if err != nil {
		return metadata{}
	}
	return metadata{exif: data, xmp: dir.Bytes(tagXMP)}
}

// metadataOfJPEG looks at the segments before the picture. Fill bytes and junk between them are passed over.
func metadataOfJPEG(data []byte) (m metadata) {
	const startOfScan, app1 = 0xda, 0xe1
	for at := 2; at+4 <= len(data); {
		marker := data[at+1]
		switch {
		case data[at] != 0xff || marker == 0xff:
			at++
			continue
		case marker < 0xc0 && marker != 0 || marker == startOfScan:
			return m
		case marker == 0 || marker == 0xc8 || marker >= 0xd0 && marker <= 0xd9 || marker >= 0xf0 && marker < 0xfe: // without a body
			at += 2
			continue
		}
		size := max(int(binary.BigEndian.Uint16(data[at+2:])), 2)
		if at += 2; size > len(data)-at {
			return m
		}
		body := data[at+2 : at+size]
		if xmp, ok := bytes.CutPrefix(body, xmpPrefix); ok && marker == app1 {
			m.xmp = xmp
		} else if marker == app1 && bytes.HasPrefix(body, exifPrefix) {
			if m.exif != nil {
				body = body[len(exifPrefix):] // of what is longer than a segment
			}
			m.exif = append(m.exif, body...)
		}
		at += size
	}
	return m
}

// metadataOfPNG looks at all chunks; ImageMagick writes EXIF into a text, in hexadecimal digits.
func metadataOfPNG(data []byte) (m metadata) {
	const rawProfile, keyXMP = "Raw profile type exif", "XML:com.adobe.xmp"
	var raw, xmp pngText
	for at := 8; len(data)-at >= 8; {
		n := int(binary.BigEndian.Uint32(data[at:]))
		name := string(data[at+4 : at+8])
		if at += 8; n > len(data)-at {
			break
		}
		body := data[at : at+n]
		at += min(n+4, len(data)-at)
		if name == "eXIf" {
			m.exif = slices.Concat(exifPrefix, body)
		} else if t, ok := textOf(name, body, keyXMP); ok {
			xmp = t
		} else if t, ok := textOf(name, body, rawProfile); ok {
			raw = t
		}
	}
	m.xmp = xmp.read()
	if profile := raw.read(); m.exif == nil && profile != nil {
		lines := bytes.SplitN(profile, []byte("\n"), 4) // "", "exif", its length
		digits := bytes.Join(bytes.Fields(lines[len(lines)-1]), nil)
		m.exif = make([]byte, hex.DecodedLen(len(digits)))
		if _, err := hex.Decode(m.exif, digits); err != nil {
			m.exif = nil
		}
	}
	return m
}

// metadataOfWebP looks for the chunks that the extended header announces.
func metadataOfWebP(data []byte) (m metadata) {
	const exif, xmp = 8, 4
	var flags byte
	for name, body := range riffChunks(data) {
		switch {
		case name == "VP8X" && len(body) > 0:
			flags = body[0]
		case name == "EXIF" && flags&exif != 0 && m.exif == nil:
			m.exif = body
		case name == "XMP " && flags&xmp != 0 && m.xmp == nil:
			m.xmp = body
		}
	}
	return m
}
