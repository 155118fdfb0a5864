package onnx

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// valueInfo is a field of the GraphProto: an input or output with its dtype and shape, in which "N" is the batch.
func valueInfo(field protowire.Number, name string, v graph.Value) []byte {
	var shape []byte
	for _, d := range v.Shape {
		var dim []byte
		if d.Batch == 0 {
			dim = number(nil, 1, d.Const)
		} else {
			dim = str(nil, 2, d.String())
		}
		shape = message(shape, 1, dim)
	}
	of := message(number(nil, 1, types[v.DType]), 2, shape)
	return message(nil, field, message(str(nil, 1, name), 2, message(nil, 1, of)))
}

// attr is an AttributeProto.
type attr []byte

func attrInt(name string, v int64) attr { return number(number(str(nil, 1, name), 20, 2), 3, v) }

func attrInts(name string, vs ...int64) attr {
	b := number(str(nil, 1, name), 20, 7)
	for _, v := range vs {
		b = number(b, 8, v)
	}
	return b
}

func attrFloat(name string, v float64) attr {
	b := protowire.AppendTag(number(str(nil, 1, name), 20, 1), 2, protowire.Fixed32Type)
	return protowire.AppendFixed32(b, math.Float32bits(float32(v)))
}

func attrString(name, v string) attr { return str(number(str(nil, 1, name), 20, 3), 4, v) }

func attrStrings(name string, vs ...string) attr {
	b := number(str(nil, 1, name), 20, 8)
	for _, v := range vs {
		b = str(b, 9, v)
	}
	return b
}

func number(b []byte, field protowire.Number, v int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), uint64(v))
}

func message(b []byte, field protowire.Number, m []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), m)
}

func str(b []byte, field protowire.Number, s string) []byte {
	return message(b, field, []byte(text(s)))
}
