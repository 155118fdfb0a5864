package png

import (
	"encoding/binary"
	"errors"
	"hash"
	"io"
)

// idat reads the bodies of the chunks of pixels as one stream.
type idat struct {
	data []byte
	at   int
	end  int  // of the chunk
	last bool // whether it is the last one to be read
}

func newIDAT(data []byte, at int) *idat {
	_, _, end, _ := chunkAt(data, at-8)
	return &idat{data: data, at: at, end: end}
}

// more makes sure that there is a byte to be read.
func (r *idat) more() error {
	for r.at >= r.end {
		if r.last {
			return io.EOF
		}
		name, from, to, ok := chunkAt(r.data, min(r.end+4, len(r.data))) // behind the checksum
		if !ok || name != "IDAT" && name != "fdAT" && name != "DDAT" {
			return io.EOF
		}
		if name == "fdAT" {
			from += 4 // its number
		}
		r.at, r.end = from, to
	}
	if r.at >= len(r.data) {
		return io.EOF
	}
	return nil
}

func (r *idat) ReadByte() (byte, error) {
	if r.at >= r.end || r.at >= len(r.data) {
		if err := r.more(); err != nil {
			return 0, err
		}
	}
	b := r.data[r.at]
	r.at++
	return b, nil
}

func (r *idat) Read(p []byte) (n int, err error) {
	if err := r.more(); err != nil {
		return 0, err
	}
	n = copy(p, r.data[r.at:min(r.end, len(r.data))])
	r.at += n
	return n, nil
}

// checksum compares the sum of all bytes with that behind the stream, if it is there.
func (r *idat) checksum(sum hash.Hash32) error {
	r.last = true
	var want [4]byte
	if _, err := io.ReadFull(r, want[:]); err == nil && binary.BigEndian.Uint32(want[:]) != sum.Sum32() {
		return errors.New("the checksum of its pixels is wrong")
	}
	return nil
}

// rest passes over what follows the pixels, where a chunk that is cut is an error, as in PIL. A missing end isn't.
func (r *idat) rest() error {
	for at := r.end + 4; at < len(r.data); {
		name, _, to, ok := chunkAt(r.data, at)
		if !ok || name == "IEND" {
			return nil
		}
		if to > len(r.data) {
			return errors.New("the file ends within its chunk " + name)
		}
		at = to + 4
	}
	return nil
}
