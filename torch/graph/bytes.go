package graph

import "math"

// Uint8 returns how bytes hold the numbers of a range: b stands for scale·(b - zero). Zero is among them, whatever was measured.
func (r Range) Uint8() (scale float64, zero uint8) {
	low, high := min(r.Low, 0), max(r.High, 0)
	scale = (high - low) / 255
	if scale < 1e-12 {
		scale = 1
	}
	return scale, uint8(min(max(math.Round(-low/scale), 0), 255))
}
