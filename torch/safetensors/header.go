package safetensors

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"slices"
	"unicode/utf8"
)

const (
	// maxHeader is the format's cap of the header's size.
	maxHeader = 100_000_000
	// metadataKey is where a header keeps what isn't a tensor.
	metadataKey = "__metadata__"
	// minTensor is the least that a header needs for a tensor. It bounds what is allocated for the tensors of one.
	minTensor = len(`"":{"dtype":"U8","shape":[],"data_offsets":[0,0]},`)
)

// A place is where a tensor's key stands in a header, and where its bytes are.
type place struct {
	at         uint32
	begin, end int64
}

// A hashed is a key: 32 bits of its hash, then its place.
type hashed uint64

// A header is one that was checked: every tensor's description is as it must be.
type header struct {
	json     []byte
	tensors  []place // in the order of their bytes
	metadata uint32  // where the object of metadata begins, 0 if there is none
	texts    int     // how many it holds
}

// readHeader checks the header of a whole file and returns it with the bytes behind it.
func readHeader(file []byte) (*header, []byte, *Error) {
	if len(file) < 8 {
		return nil, nil, errorf("the file has %d bytes, and its header's length alone takes 8", len(file))
	}
	size, rest := le.Uint64(file), file[8:]
	switch {
	case size > maxHeader:
		return nil, nil, errorf("this isn't a safetensors file, or a damaged one: its header would have %d bytes, and at most %d are allowed", size, maxHeader)
	case size > uint64(len(rest)):
		return nil, nil, errorf("the file is cut off, or no safetensors file: its header has %d bytes, and %d are left", size, len(rest))
	case !bytes.HasPrefix(bytes.TrimLeft(rest[:size], " \t\r\n"), []byte("{")):
		return nil, nil, errorf("this isn't a safetensors file: its header must begin with {")
	}
	h := &header{json: rest[:size:size]}
	if !utf8.Valid(h.json) {
		return nil, nil, errorf("the header is not UTF-8")
	}
	if err := h.scan(); err != nil {
		return nil, nil, err
	}
	data := rest[size:]
	return h, data, h.checkCover(int64(len(data)))
}

// scan reads the whole header once, checks each description by itself and notes where it is.
func (h *header) scan() *Error {
	s := scanner{data: h.json}
	var keys []hashed
	var shape [maxDims]int64
	seed := maphash.MakeSeed()
	s.skip('{')
	for more := !s.skip('}'); more; {
		at := uint32(s.pos)
		key, err := s.text("a tensor's name")
		if err != nil {
			return err
		}
		if err := s.expect(':', "after a key"); err != nil {
			return err
		}
		if key.is(metadataKey) && s.literal("null") {
		} else if key.is(metadataKey) {
			if h.metadata != 0 {
				return errorf("the key %s comes twice", metadataKey)
			}
			s.space()
			h.metadata = uint32(s.pos)
			if err := h.scanMetadata(&s, seed); err != nil {
				return err.at(metadataKey)
			}
		} else {
			in, err := s.info(shape[:0])
			if err != nil {
				return err.at(key.String())
			}
			if keys == nil {
				most := (len(h.json)-int(at))/minTensor + 1
				keys, h.tensors = make([]hashed, 0, most), make([]place, 0, most)
			}
			keys = append(keys, key.hash(seed, at))
			h.tensors = append(h.tensors, place{at, in.begin, in.end})
		}
		if more, err = s.another('}'); err != nil {
			return err
		}
	}
	if s.space(); s.pos < len(s.data) {
		return s.wrong("nothing but spaces after its object")
	}
	return h.checkUnique(keys)
}

// scanMetadata passes over an object of texts.
func (h *header) scanMetadata(s *scanner, seed maphash.Seed) *Error {
	if err := s.expect('{', "for a map of texts"); err != nil {
		return err
	}
	first := *s
	for more := !s.skip('}'); more; h.texts++ {
		_, _, err := s.pair()
		if err != nil {
			return err
		}
		if more, err = s.another('}'); err != nil {
			return err
		}
	}
	keys := make([]hashed, h.texts)
	for i := range keys {
		first.space()
		at := uint32(first.pos)
		key, _, _ := first.pair()
		keys[i] = key.hash(seed, at)
		first.another('}')
	}
	return h.checkUnique(keys)
}

// checkUnique finds a key that comes twice, in whatever way it is escaped. It sorts keys.
func (h *header) checkUnique(keys []hashed) *Error {
	slices.Sort(keys)
	for i, k := range keys {
		for _, other := range keys[i+1:] {
			if other>>32 != k>>32 {
				break
			}
			if name := h.key(uint32(k)); name == h.key(uint32(other)) {
				return errorf("the key %.200q comes twice", name)
			}
		}
	}
	return nil
}

// key is the key that stands at a place.
func (h *header) key(at uint32) string {
	s := scanner{h.json, int(at)}
	t, _ := s.text("") // it was read before
	return t.String()
}

func (t text) hash(seed maphash.Seed, at uint32) hashed {
	var m maphash.Hash
	m.SetSeed(seed)
	for piece := range t.pieces {
		m.Write(piece)
	}
	return hashed(m.Sum64()<<32 | uint64(at))
}

// checkCover puts the tensors into the order of their bytes and checks that they cover all of them, each once.
func (h *header) checkCover(size int64) *Error {
	slices.SortFunc(h.tensors, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end), cmp.Compare(a.at, b.at))
	})
	covered := int64(0)
	for _, t := range h.tensors {
		switch {
		case t.begin < covered:
			return errorf("its bytes begin at %d, within those of another tensor, which end at %d", t.begin, covered).at(h.key(t.at))
		case t.begin > covered:
			return errorf("its bytes begin at %d, and the %d before it belong to no tensor", t.begin, t.begin-covered).at(h.key(t.at))
		case t.end > size:
			return errorf("its bytes end at %d, and the file holds %d: it is cut off", t.end, size).at(h.key(t.at))
		}
		covered = t.end
	}
	if covered < size {
		return errorf("%d bytes at the end of the file belong to no tensor", size-covered)
	}
	return nil
}
