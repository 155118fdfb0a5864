package pickle

import (
	"bytes"
	"fmt"
)

// A reader reads opcodes and their arguments from a pickle.
type reader struct {
	data []byte // the pickle and whatever follows it
	pos  int
	op   byte // the opcode at work
	opAt int  // and where it is
}

// maxLine is the length of a module's or a class's name.
const maxLine = 1024

// next reads an opcode.
func (r *reader) next() error {
	r.opAt = r.pos
	b, err := r.take(1)
	if err != nil {
		return err
	}
	r.op = b[0]
	if !opcodes[r.op].known {
		return refuseOp(r.op, r.opAt)
	}
	return nil
}

func (r *reader) take(n uint64) ([]byte, error) {
	if n > uint64(len(r.data)-r.pos) {
		return nil, fmt.Errorf("the pickle is cut off: at byte %d it needs %d bytes more, and %d are left", r.pos, n, len(r.data)-r.pos)
	}
	b := r.data[r.pos : r.pos+int(n) : r.pos+int(n)]
	r.pos += int(n)
	return b, nil
}

// line reads up to a newline, which it drops.
func (r *reader) line() (string, error) {
	i := bytes.IndexByte(r.data[r.pos:min(len(r.data), r.pos+maxLine)], '\n')
	if i < 0 {
		return "", fmt.Errorf("a name in the pickle (byte %d) has no end", r.pos)
	}
	b, err := r.take(uint64(i + 1))
	if err != nil {
		return "", err
	}
	return string(b[:i]), nil
}

// number reads the opcode's number, which is little-endian.
func (r *reader) number() (uint64, error) {
	b, err := r.take(uint64(opcodes[r.op].width))
	v := uint64(0)
	for i, c := range b {
		v |= uint64(c) << (8 * i)
	}
	return v, err
}

// counted reads the bytes whose length is the opcode's number.
func (r *reader) counted() ([]byte, error) {
	n, err := r.number()
	if err != nil {
		return nil, err
	}
	return r.take(n)
}
