package tiff

import (
	"encoding/binary"
	"fmt"
	"math"
)

// undo undoes the prediction of a row of pixels of some samples.
func (p *picture) undo(row []byte, samples int) error {
	switch {
	case p.predictor == predictNone || p.compression == jpegCompression || p.compression == uncompressed || p.compression == packBits || p.bits == 1:
	case p.predictor == predictLeft && p.bits == 8:
		for i := samples; i < len(row); i++ {
			row[i] += row[i-samples]
		}
	case p.predictor == predictLeft && p.bits == 16:
		for i := 2 * samples; i+1 < len(row); i += 2 {
			p.Order.PutUint16(row[i:], p.Order.Uint16(row[i:])+p.Order.Uint16(row[i-2*samples:]))
		}
	case p.predictor == predictLeft && p.bits == 32:
		for i := 4 * samples; i+3 < len(row); i += 4 {
			p.Order.PutUint32(row[i:], p.Order.Uint32(row[i:])+p.Order.Uint32(row[i-4*samples:]))
		}
	case p.predictor == predictFloat && p.format == float && p.bits == 32: // the bytes stand apart, the uppermost first
		for i := samples; i < len(row); i++ {
			row[i] += row[i-samples]
		}
		n := len(row) / 4
		apart := append([]byte(nil), row...)
		for i := range n {
			for k := range 4 {
				row[4*i+k] = apart[k*n+i]
			}
		}
	default:
		return fmt.Errorf("the prediction %d of %d bits is unknown", p.predictor, p.bits)
	}
	return nil
}

// eightBits makes samples of 8 bits, in to unless they are that already: shades are scaled, of 16 bits the upper 8 are taken, as are numbers of a
// palette; what is larger or signed is clipped.
func (p *picture) eightBits(row, to []byte) []byte {
	order := p.order()
	switch {
	case p.bits == 8 && p.format != signed || p.bits == 8 && p.photometric == blackIsZero:
		return row
	case p.bits < 8:
		mask, grain := byte(1<<p.bits-1), byte(255/(1<<p.bits-1))
		if p.photometric == palette {
			grain = 1
		}
		for x := range to {
			at := x * p.bits
			to[x] = row[at/8] >> (8 - p.bits - at%8) & mask * grain
		}
	case p.bits == 12:
		for x := range to {
			at := x / 2 * 3
			if x%2 == 0 {
				to[x] = row[at]
			} else {
				to[x] = row[at+1]<<4 | row[at+2]>>4
			}
		}
	case p.bits == 16 && p.format == signed:
		for x := range to {
			to[x] = clip(float64(int16(order.Uint16(row[2*x:]))))
		}
	case p.bits == 16:
		upper := 0
		if order == binary.ByteOrder(binary.LittleEndian) {
			upper = 1
		}
		for x := range to {
			to[x] = row[2*x+upper]
		}
	default:
		for x := range to {
			v := order.Uint32(row[4*x:])
			switch p.format {
			case float:
				to[x] = clip(float64(math.Float32frombits(v)))
			default: // unsigned ones too, for PIL
				to[x] = clip(float64(int32(v)))
			}
		}
	}
	return to
}

func clip(v float64) byte {
	if !(v > 0) {
		return 0
	}
	return byte(min(v, 255))
}

// painter returns what makes RGB of samples.
func (p *picture) painter() func(samples, to []byte) {
	n := p.samples
	switch p.photometric {
	case palette:
		colours := make([]byte, 3<<p.bits)
		for i, v := range p.Ints(tagColorMap)[:len(colours)] {
			colours[i%(1<<p.bits)*3+i>>p.bits] = byte(v >> 8)
		}
		return func(samples, to []byte) {
			for i := 0; i < len(to); i += 3 {
				copy(to[i:i+3], colours[3*int(samples[i/3*n]):])
			}
		}
	case cmyk:
		return func(samples, to []byte) {
			for i := range len(to) / 3 {
				c := samples[i*n:]
				white := 255 - int(c[3])
				for k := range 3 {
					t := int(c[k])*white + 128
					to[3*i+k] = byte(white - (t+t>>8)>>8)
				}
			}
		}
	case yCbCr:
		if p.compression == jpegCompression {
			break
		}
		return func(samples, to []byte) {
			for i := range len(to) / 3 {
				y, cb, cr := float64(samples[i*n]), float64(samples[i*n+1])-128, float64(samples[i*n+2])-128
				to[3*i], to[3*i+1], to[3*i+2] = clip(y+1.402*cr+0.5), clip(y-0.344136*cb-0.714136*cr+0.5), clip(y+1.772*cb+0.5)
			}
		}
	case cieLab:
		return func(samples, to []byte) {
			for i := range len(to) / 3 {
				fromLab(float64(samples[i*n])*100/255, float64(int8(samples[i*n+1])), float64(int8(samples[i*n+2])), to[3*i:])
			}
		}
	case whiteIsZero, blackIsZero:
		var invert byte
		if p.photometric == whiteIsZero && p.bits <= 8 { // of larger ones PIL doesn't
			invert = 255
		}
		return func(samples, to []byte) {
			for i := range len(to) / 3 {
				v := samples[i*n] ^ invert
				if p.premultiplied {
					v = divide(v, samples[i*n+1])
				}
				to[3*i], to[3*i+1], to[3*i+2] = v, v, v
			}
		}
	}
	return func(samples, to []byte) {
		if n == 3 {
			copy(to, samples)
			return
		}
		for i := range len(to) / 3 {
			c := samples[i*n:]
			to[3*i], to[3*i+1], to[3*i+2] = c[0], c[1], c[2]
			if p.premultiplied {
				to[3*i], to[3*i+1], to[3*i+2] = divide(c[0], c[3]), divide(c[1], c[3]), divide(c[2], c[3])
			}
		}
	}
}

// divide takes back that a value was multiplied by alpha.
func divide(v, alpha byte) byte {
	if alpha == 0 {
		return 0
	}
	return byte(min(int(v)*255/int(alpha), 255))
}

// fromLab makes sRGB of a colour in CIE L*a*b* under the illuminant D50.
func fromLab(l, a, b float64, to []byte) {
	cubed := func(t float64) float64 {
		if t > 6./29 {
			return t * t * t
		}
		return 3 * 6 * 6 / (29. * 29) * (t - 4./29)
	}
	y := (l + 16) / 116
	x, y, z := 0.9642*cubed(y+a/500), cubed(y), 0.8249*cubed(y-b/200)
	for k, v := range [3]float64{3.1338561*x - 1.6168667*y - 0.4906146*z, -0.9787684*x + 1.9161415*y + 0.0334540*z, 0.0719453*x - 0.2289914*y + 1.4052427*z} {
		if v <= 0.0031308 {
			v *= 12.92
		} else {
			v = 1.055*math.Pow(v, 1/2.4) - 0.055
		}
		to[k] = clip(255*v + 0.5)
	}
}
