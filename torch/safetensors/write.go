package safetensors

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/internal/dtype"
	"github.com/fastlearn-go/fastlearn/torch/pth"

	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// A WriteOption changes how a file is written.
type WriteOption func(*writeOptions)

type writeOptions struct {
	metadata  map[string]string
	checksums bool
	noSync    bool
}

// Metadata are texts to keep beside the tensors, in the order of their keys. Some programs want {"format": "pt"} in
// a file of PyTorch's weights.
func Metadata(m map[string]string) WriteOption { return func(o *writeOptions) { o.metadata = m } }

// NoSync returns from WriteFile before the file is on the disk. Quicker, and still atomic for every
// reader, but a power failure may leave an empty file.
func NoSync() WriteOption { return func(o *writeOptions) { o.noSync = true } }

// Write writes the tensors of a state_dict as the Python library does: those of wide dtypes first, and by name within
// a dtype. The format knows neither views nor shared memory: each tensor is written whole, in
// row-major order. Contiguous ones go to w without a copy. A value that isn't a tensor, a dtype that the format lacks
// (complex32, complex128) or a name that is not UTF-8 is an error, and nothing is written then.
func Write(w io.Writer, state *pth.Dict, opts ...WriteOption) error {
	if err := guard.Given("safetensors: Write", w, state); err != nil {
		return err
	}
	var o writeOptions
	if err := guard.Options("safetensors: Write", opts, func(opt WriteOption) { opt(&o) }); err != nil {
		return err
	}
	if err := write(w, state, o); err != nil {
		if e, ok := err.(*Error); ok {
			return e
		}
		return &Error{Err: err}
	}
	return nil
}

// WriteFile writes a state_dict to a file, atomically: at every moment path is the old file or the new one, whole.
// See [Write] for what is written.
func WriteFile(path string, state *pth.Dict, opts ...WriteOption) error {
	if err := guard.Given("safetensors: WriteFile", state); err != nil {
		return err
	}
	var o writeOptions
	if err := guard.Options("safetensors: WriteFile", opts, func(opt WriteOption) { opt(&o) }); err != nil {
		return err
	}
	err := diskfile.Replace(path, !o.noSync, func(f *os.File) error { return write(f, state, o) })
	if err != nil {
		return inFile(path, err)
	}
	return nil
}

// A named is a tensor to be written.
type named struct {
	name string
	rank int
	*pth.Tensor
}

func write(w io.Writer, state *pth.Dict, o writeOptions) error {
	tensors, err := sorted(state)
	if err != nil {
		return err
	}
	metadata := o.metadata
	if o.checksums {
		metadata = make(map[string]string, len(o.metadata)+1)
		maps.Copy(metadata, o.metadata)
		if metadata[checksumsKey], err = checksumsText(tensors); err != nil {
			return err
		}
	} else if _, taken := metadata[checksumsKey]; taken {
		return errorf("this text is what Checksums writes").at(checksumsKey)
	}
	h, err := encodeHeader(tensors, metadata)
	if err != nil {
		return err
	}
	if o.checksums {
		sealHeader(h)
	}
	if _, err := w.Write(h); err != nil {
		return err
	}
	for _, t := range tensors {
		if _, err := t.WriteTo(w); err != nil {
			return err
		}
	}
	return nil
}

// sorted checks all tensors and puts them into the library's order.
func sorted(state *pth.Dict) ([]named, error) {
	var all []named
	for k, v := range state.All() {
		name, ok := k.(string)
		if !ok {
			return nil, errorf("the key %v isn't a string, and all keys of the format are", k)
		}
		t, ok := v.(*pth.Tensor)
		if !ok {
			return nil, errorf("it is a %T, and the format holds tensors alone", v).at(name)
		}
		n := named{name, rank(t.DType), t}
		switch {
		case n.rank < 0:
			return nil, errorf("it is of dtype %v, which the format doesn't have", t.DType).at(name)
		case name == metadataKey:
			return nil, errorf("no tensor can have the name %s", metadataKey)
		case !utf8.ValidString(name):
			return nil, errorf("its name is not UTF-8").at(name)
		case pairs(t.DType) && len(t.Shape) == 0:
			return nil, errorf("it is a scalar of dtype %v, which the format doesn't have", t.DType).at(name)
		case len(t.Shape) > maxDims:
			return nil, errorf("it has %d dimensions, and at most %d can be read", len(t.Shape), maxDims).at(name)
		}
		if err := t.Check(); err != nil {
			return nil, errorf("%v", err).at(name)
		}
		if n := t.NBytes(); n > t.Limit() && !t.Contiguous() {
			return nil, errorf("written whole it takes %d bytes, and the limit for tensors of the file that it is from is %d", n, t.Limit()).at(name)
		}
		all = append(all, n)
	}
	slices.SortFunc(all, func(a, b named) int { return cmp.Or(a.rank-b.rank, cmp.Compare(a.name, b.name)) })
	return all, nil
}

// encodeHeader is the header with its length before it, padded so that the tensors begin at a multiple of 8.
func encodeHeader(tensors []named, metadata map[string]string) ([]byte, error) {
	b := append(make([]byte, 8, 4096), '{')
	if metadata != nil {
		b = append(b, `"`+metadataKey+`":{`...)
		for i, key := range slices.Sorted(maps.Keys(metadata)) {
			if !utf8.ValidString(key) || !utf8.ValidString(metadata[key]) {
				return nil, errorf("it is not UTF-8").at(key)
			}
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(append(appendString(b, key), ':'), metadata[key])
		}
		b = append(b, '}')
	}
	offset := int64(0)
	for _, t := range tensors {
		if len(b) > 9 {
			b = append(b, ',')
		}
		b = append(appendString(b, t.name), `:{"dtype":"`+dtype.All[t.rank].Safetensors+`","shape":[`...)
		for i, d := range t.Shape {
			if i > 0 {
				b = append(b, ',')
			}
			if pairs(t.DType) && i == len(t.Shape)-1 {
				d *= 2
			}
			b = strconv.AppendInt(b, d, 10)
		}
		b = fmt.Appendf(b, `],"data_offsets":[%d,%d]}`, offset, offset+t.NBytes())
		offset += t.NBytes()
	}
	b = append(b, '}')
	b = append(b, bytes.Repeat([]byte{' '}, -len(b)&7)...)
	if len(b)-8 > maxHeader {
		return nil, errorf("the names and shapes take %d bytes, and the format allows %d", len(b)-8, maxHeader)
	}
	le.PutUint64(b, uint64(len(b)-8))
	return b, nil
}

// appendString appends s as a string of JSON, with the escapes that the library makes: those that must be.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c >= ' ':
			b = append(b, c)
		default:
			if short := "btn_fr"; c >= '\b' && c <= '\r' && c != '\v' {
				b = append(b, '\\', short[c-'\b'])
			} else {
				b = fmt.Appendf(b, `\u%04x`, c)
			}
		}
	}
	return append(b, '"')
}
