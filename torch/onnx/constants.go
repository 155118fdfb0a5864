package onnx

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// constant is a tensor of numbers, one for all that are alike.
func (k *call) constant(dtype string, dims []int64, values ...float64) string {
	key := fmt.Sprint(dtype, dims, values)
	if name, ok := k.known[key]; ok {
		return name
	}
	var data []byte
	for _, v := range values {
		data = appendNumber(k, data, dtype, v)
	}
	name := k.unique("constant")
	k.known[key] = name
	k.m.tensors = append(k.m.tensors, newTensor(name, dtype, dims, nil, data))
	return name
}

func appendNumber(k *call, data []byte, dtype string, v float64) []byte {
	le := binary.LittleEndian
	switch dtype {
	case "float32":
		return le.AppendUint32(data, math.Float32bits(float32(v)))
	case "float64":
		return le.AppendUint64(data, math.Float64bits(v))
	case "int64", "uint64":
		return le.AppendUint64(data, uint64(int64(v)))
	case "int32", "uint32":
		return le.AppendUint32(data, uint32(int64(v)))
	case "int16", "uint16":
		return le.AppendUint16(data, uint16(int64(v)))
	case "int8", "uint8", "bool":
		return append(data, byte(int64(v)))
	}
	k.refuse("it needs a constant of %s", dtype)
	return nil
}

// num is a number in a dtype, of no dimensions. Half precision is cast from float32.
func (k *call) num(dtype string, v float64) string {
	if dtype == "float16" || dtype == "bfloat16" {
		return k.cast(k.constant("float32", nil, v), "float32", dtype)
	}
	return k.constant(dtype, nil, v)
}

// longs is a list of whole numbers.
func (k *call) longs(values ...int64) string {
	data := []byte{}
	for _, v := range values {
		data = binary.LittleEndian.AppendUint64(data, uint64(v))
	}
	key := "longs" + fmt.Sprint(values)
	if name, ok := k.known[key]; ok {
		return name
	}
	name := k.unique("constant")
	k.known[key] = name
	k.m.tensors = append(k.m.tensors, newTensor(name, "int64", []int64{int64(len(values))}, nil, data))
	return name
}

// sizes is a list of whole numbers of which some may depend on the batch's size.
func (k *call) sizes(all []graph.Int) string {
	if fixed, ok := constants(all); ok {
		return k.longs(fixed...)
	}
	if k.batch == "" {
		k.batch = k.op("Shape", []string{k.names[k.g.Inputs[0]]}, attrInt("start", 0), attrInt("end", 1))
	}
	parts := make([]string, len(all))
	for i, s := range all {
		if parts[i] = k.longs(s.Const); s.Batch == 0 {
			continue
		}
		parts[i] = k.batch
		if s.Batch != 1 {
			parts[i] = k.op("Mul", []string{parts[i], k.longs(s.Batch)})
		}
		if s.Const != 0 {
			parts[i] = k.op("Add", []string{parts[i], k.longs(s.Const)})
		}
	}
	return k.op("Concat", parts, attrInt("axis", 0))
}

// cast is a value in another dtype.
func (k *call) cast(name, from, to string) string {
	if from == to {
		return name
	}
	return k.op("Cast", []string{name}, attrInt("to", types[to]))
}

// as is a tensor argument in the dtype of the result.
func (k *call) as(name string) string { return k.cast(k.in(name), k.dtype(name), k.result().DType) }
