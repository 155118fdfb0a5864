// Package isobmff reads from AVIF and HEIC files what stands around their pictures: size and orientation.
package isobmff

import (
	"encoding/binary"
	"errors"
	"iter"
	"math"
	"slices"
)

// Picture is what a file says of its primary picture. It is turned by quarters to the left first, then mirrored.
type Picture struct {
	W, H     int // as it is coded
	ShownW   int // as it is to be shown: cropped and turned
	ShownH   int
	Quarters int // 0 … 3
	Mirrored bool
	Columns  bool // whether left and right are exchanged, and not top and bottom
}

// Brand reports whether a file is of one of the brands: by the major one, or where that is a general one by the others.
func Brand(data []byte, brands ...string) bool {
	if len(data) < 16 || string(data[4:8]) != "ftyp" {
		return false
	}
	const major = 4
	body := find(data, "ftyp")
	if b := string(body[:major]); b != "mif1" && b != "msf1" && b != "mif2" {
		return slices.Contains(brands, b)
	}
	for at := 2 * major; at+major <= len(body); at += major {
		if slices.Contains(brands, string(body[at:at+major])) {
			return true
		}
	}
	return false
}

// boxes are the boxes within data; one that is cut is the last, as far as it goes.
func boxes(data []byte) iter.Seq2[string, []byte] {
	return func(yield func(kind string, body []byte) bool) {
		for len(data) >= 8 {
			size, head := uint64(binary.BigEndian.Uint32(data)), uint64(8)
			if size == 1 && len(data) >= 16 {
				size, head = binary.BigEndian.Uint64(data[8:]), 16
			}
			if size == 0 || size > uint64(len(data)) {
				size = uint64(len(data))
			}
			if size < head || !yield(string(data[4:8]), data[head:size]) {
				return
			}
			data = data[size:]
		}
	}
}

func find(data []byte, kind string) []byte {
	for k, body := range boxes(data) {
		if k == kind {
			return body
		}
	}
	return nil
}

var errMeta = errors.New("the size of its primary picture is missing or cut")

// Read reads what the file says.
func Read(data []byte) (p Picture, err error) {
	defer func() {
		if recover() != nil {
			err = errMeta
		}
	}()
	const full = 4 // version and flags
	meta := find(data, "meta")[full:]
	primary := find(meta, "pitm")
	id := int(binary.BigEndian.Uint16(primary[full:]))
	if primary[0] > 0 {
		id = int(binary.BigEndian.Uint32(primary[full:]))
	}
	properties := find(meta, "iprp")
	var all []property
	for kind, body := range boxes(find(properties, "ipco")) {
		all = append(all, property{kind, body})
	}
	for kind, body := range boxes(properties) {
		if kind == "ipma" {
			for _, i := range associated(body, id) {
				p.take(all[i-1])
			}
		}
	}
	if p.W < 1 || p.H < 1 || p.ShownW < 1 || p.ShownH < 1 {
		return p, errMeta
	}
	return p, nil
}

type property struct {
	kind string
	body []byte
}

// associated are the numbers of an item's properties, from 1 on.
func associated(ipma []byte, id int) (numbers []int) {
	version, wide := ipma[0], ipma[3]&1 != 0
	count, at := binary.BigEndian.Uint32(ipma[4:]), ipma[8:]
	for range count {
		item := int(binary.BigEndian.Uint16(at))
		if at = at[2:]; version > 0 {
			item, at = item<<16|int(binary.BigEndian.Uint16(at)), at[2:]
		}
		n := int(at[0])
		at = at[1:]
		for range n {
			i := int(at[0] & 0x7f)
			if at = at[1:]; wide {
				i, at = i<<8|int(at[0]), at[1:]
			}
			if item == id && i > 0 {
				numbers = append(numbers, i)
			}
		}
	}
	return numbers
}

func (p *Picture) take(q property) {
	switch q.kind {
	case "ispe":
		p.W, p.H = int(binary.BigEndian.Uint32(q.body[4:])), int(binary.BigEndian.Uint32(q.body[8:]))
		p.ShownW, p.ShownH = p.W, p.H
	case "clap":
		side := func(b []byte) int {
			n, d := float64(binary.BigEndian.Uint32(b)), float64(binary.BigEndian.Uint32(b[4:]))
			return int(min(math.Round(n/d), math.MaxInt32))
		}
		p.ShownW, p.ShownH = side(q.body), side(q.body[8:])
	case "irot":
		if p.Quarters = int(q.body[0] & 3); p.Quarters%2 == 1 {
			p.ShownW, p.ShownH = p.ShownH, p.ShownW
		}
	case "imir":
		p.Mirrored, p.Columns = true, q.body[0]&1 != 0
	}
}

// Orientation is EXIF's number for the turn and the mirror.
func (p Picture) Orientation() int {
	switch {
	case !p.Mirrored:
		return [4]int{1, 8, 3, 6}[p.Quarters]
	case p.Columns:
		return [4]int{2, 7, 4, 5}[p.Quarters]
	}
	return [4]int{4, 5, 2, 7}[p.Quarters]
}
