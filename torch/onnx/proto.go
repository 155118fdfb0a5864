package onnx

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/fastlearn-go/fastlearn/internal/version"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// irVersion is that of the form of files which belongs to [Opset].
const irVersion = 8

// types are ONNX's numbers of the element types, by PyTorch's names.
var types = map[string]int64{
	"float32": 1, "uint8": 2, "int8": 3, "uint16": 4, "int16": 5, "int32": 6, "int64": 7, "bool": 9, "float16": 10, "float64": 11,
	"uint32": 12, "uint64": 13, "bfloat16": 16,
}

// model is a ModelProto. All but the weights, which are written from where they lie, is encoded already.
type model struct {
	nodes, inputs, outputs []byte // fields of the GraphProto
	tensors                []tensor
	doc                    string
	metadata               map[string]string
}

// tensor is a TensorProto: of a file's tensor or of bytes.
type tensor struct {
	head    []byte // all but the data
	size    int64
	from    *pth.Tensor
	data    []byte
	outside bool // its data are in another file
}

func newTensor(name, dtype string, dims []int64, from *pth.Tensor, data []byte) tensor {
	var b []byte
	for _, d := range dims {
		b = number(b, 1, d)
	}
	b = str(number(b, 2, types[dtype]), 8, name)
	t := tensor{head: b, size: int64(len(data)), from: from, data: data}
	if from != nil {
		t.size = from.NBytes()
	}
	return t
}

// length is the message's, with its data.
func (t tensor) length() uint64 {
	n := uint64(len(t.head))
	if !t.outside {
		n += uint64(protowire.SizeTag(9) + protowire.SizeVarint(uint64(t.size)) + int(t.size))
	}
	return n
}

// writeData writes the elements.
func (t tensor) writeData(w io.Writer) error {
	if t.from == nil {
		_, err := w.Write(t.data)
		return err
	}
	if n, err := t.from.WriteTo(w); err != nil || n != t.size {
		return fmt.Errorf("onnx: a tensor of %d bytes gave %d: %w", t.size, n, err)
	}
	return nil
}

// limit is the most that a message of protobuf takes.
var limit = uint64(math.MaxInt32 - 64)

// front is all that comes before the tensors; total is the whole message's length. The lengths that protobuf wants before each message are
// known from the tensors' sizes.
func (m *model) front() (b []byte, total uint64) {
	g := slices.Concat(m.nodes, str(nil, 2, "fastlearn"), m.inputs, m.outputs)
	size := uint64(len(g))
	for _, t := range m.tensors {
		size += uint64(protowire.SizeTag(5)+protowire.SizeVarint(t.length())) + t.length()
	}
	b = str(str(number(nil, 1, irVersion), 2, "fastlearn"), 3, version.Fastlearn)
	if m.doc != "" {
		b = str(b, 6, m.doc)
	}
	b = message(b, 8, number(str(nil, 1, ""), 2, Opset))
	for _, key := range slices.Sorted(maps.Keys(m.metadata)) {
		b = message(b, 14, str(str(nil, 1, key), 2, m.metadata[key]))
	}
	b = protowire.AppendVarint(protowire.AppendTag(b, 7, protowire.BytesType), size)
	return append(b, g...), size + uint64(len(b))
}

// write writes the model.
func (m *model) write(w io.Writer) error {
	b, total := m.front()
	if total > limit {
		return fmt.Errorf("onnx: the model takes %d bytes, and a message of protobuf at most %d: write it by WriteFile, which puts the weights into a file of their own", total, limit)
	}
	if _, err := w.Write(b); err != nil {
		return err
	}
	for _, t := range m.tensors {
		b := append(protowire.AppendVarint(protowire.AppendTag(nil, 5, protowire.BytesType), t.length()), t.head...)
		if !t.outside {
			b = protowire.AppendVarint(protowire.AppendTag(b, 9, protowire.BytesType), uint64(t.size))
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
		if t.outside {
			continue
		}
		if err := t.writeData(w); err != nil {
			return err
		}
	}
	return nil
}
