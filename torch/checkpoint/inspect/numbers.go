package inspect

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// A decoder turns the bytes of one element into a number: of a complex one, or of a pair of float4, its absolute value.
type decoder struct {
	size   int
	decode func(b []byte) float64
}

var le = binary.LittleEndian

// numbers is the decoder of a dtype.
func numbers(d pth.DType) decoder { return decoder{d.Size(), decoders[d]} }

var decoders = map[pth.DType]func(b []byte) float64{
	pth.Uint8:   func(b []byte) float64 { return float64(b[0]) },
	pth.Bool:    func(b []byte) float64 { return float64(b[0]) },
	pth.Int8:    func(b []byte) float64 { return float64(int8(b[0])) },
	pth.Int16:   func(b []byte) float64 { return float64(int16(le.Uint16(b))) },
	pth.Int32:   func(b []byte) float64 { return float64(int32(le.Uint32(b))) },
	pth.Int64:   func(b []byte) float64 { return float64(int64(le.Uint64(b))) },
	pth.Uint16:  func(b []byte) float64 { return float64(le.Uint16(b)) },
	pth.Uint32:  func(b []byte) float64 { return float64(le.Uint32(b)) },
	pth.Uint64:  func(b []byte) float64 { return float64(le.Uint64(b)) },
	pth.Float64: func(b []byte) float64 { return math.Float64frombits(le.Uint64(b)) },
	pth.Float32: func(b []byte) float64 { return float64(math.Float32frombits(le.Uint32(b))) },
	pth.BFloat16: func(b []byte) float64 {
		return float64(math.Float32frombits(uint32(le.Uint16(b)) << 16))
	},
	pth.Float16: func(b []byte) float64 { return half(le.Uint16(b)) },
	pth.Complex32: func(b []byte) float64 {
		return math.Hypot(half(le.Uint16(b)), half(le.Uint16(b[2:])))
	},
	pth.Complex64: func(b []byte) float64 {
		return math.Hypot(float64(math.Float32frombits(le.Uint32(b))), float64(math.Float32frombits(le.Uint32(b[4:]))))
	},
	pth.Complex128: func(b []byte) float64 {
		return math.Hypot(math.Float64frombits(le.Uint64(b)), math.Float64frombits(le.Uint64(b[8:])))
	},
	pth.Float8E5M2:     func(b []byte) float64 { return half(uint16(b[0]) << 8) },
	pth.Float8E4M3FN:   func(b []byte) float64 { return float8(b[0], 3, 7, 0x7f) },
	pth.Float8E5M2FNUZ: func(b []byte) float64 { return float8(b[0], 2, 16, 0x80) },
	pth.Float8E4M3FNUZ: func(b []byte) float64 { return float8(b[0], 3, 8, 0x80) },
	pth.Float4E2M1FNx2: func(b []byte) float64 { return math.Hypot(float4[b[0]&7], float4[b[0]>>4&7]) },
	pth.Float8E8M0FNU: func(b []byte) float64 {
		if b[0] == 0xff {
			return math.NaN()
		}
		return math.Ldexp(1, int(b[0])-127)
	},
}

// float4 are the values of e2m1 without their sign.
var float4 = [8]float64{0, 0.5, 1, 1.5, 2, 3, 4, 6}

// half is a float16.
func half(h uint16) float64 {
	sign, exponent, fraction := 1-2*float64(h>>15), int(h>>10&31), float64(h&1023)
	switch {
	case exponent == 31 && fraction != 0:
		return math.NaN()
	case exponent == 31:
		return math.Inf(int(sign))
	case exponent == 0:
		return sign * math.Ldexp(fraction, -24)
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

// float8 is a float8 without infinities, of that many bits of fraction and that bias. The bits of its NaN
// are nan, or with a sign where nan is not the sign alone.
func float8(b byte, fractionBits, bias int, nan byte) float64 {
	if b == nan || nan != 0x80 && b&0x7f == nan {
		return math.NaN()
	}
	sign, exponent := 1-2*float64(b>>7), int(b&0x7f)>>fractionBits
	fraction := float64(b & (1<<fractionBits - 1))
	if exponent == 0 {
		return sign * math.Ldexp(fraction, 1-bias-fractionBits)
	}
	return sign * math.Ldexp(float64(int(1)<<fractionBits)+fraction, exponent-bias-fractionBits)
}

// format is one element as text.
func (d decoder) format(b []byte) string { return short(d.decode(b)) }

// short is a number in a table.
func short(v float64) string { return fmt.Sprintf("%.6g", v) }
