package tensorboard

import (
	"encoding/binary"
	"hash/crc32"
	"math"
)

// An event file is a sequence of TFRecords, each an Event of TensorFlow's event.proto. These
// are the few messages of it that are written here, field by field.

// message is a protocol buffer in the making.
type message []byte

// The wire types of protocol buffers.
const (
	varint  = 0
	fixed64 = 1
	length  = 2
	fixed32 = 5
)

func (m message) key(field, wire uint64) message {
	return binary.AppendUvarint(m, field<<3|wire)
}

func (m message) int(field uint64, v int64) message {
	return binary.AppendUvarint(m.key(field, varint), uint64(v))
}

func (m message) double(field uint64, v float64) message {
	return binary.LittleEndian.AppendUint64(m.key(field, fixed64), math.Float64bits(v))
}

func (m message) float(field uint64, v float32) message {
	return binary.LittleEndian.AppendUint32(m.key(field, fixed32), math.Float32bits(v))
}

func (m message) bytes(field uint64, v []byte) message {
	return append(binary.AppendUvarint(m.key(field, length), uint64(len(v))), v...)
}

// event is an Event at a time, in seconds since 1970, and a step, with one more field.
func event(seconds float64, step int64, field uint64, what []byte) message {
	return message(nil).double(1, seconds).int(2, step).bytes(field, what)
}

// The fields of an Event.
const (
	fileVersion = 3
	summary     = 5
	sessionLog  = 7
)

// value is a Summary of one Value, whose tag comes first.
func value(tag string, rest func(message) message) message {
	return message(nil).bytes(1, rest(message(nil).bytes(1, []byte(tag))))
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// masked is the checksum of a TFRecord.
func masked(data []byte) uint32 {
	c := crc32.Checksum(data, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}

// record is data as a TFRecord: its length and its bytes, each with a checksum.
func record(data []byte) []byte {
	r := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
	r = binary.LittleEndian.AppendUint32(r, masked(r))
	r = append(r, data...)
	return binary.LittleEndian.AppendUint32(r, masked(data))
}
