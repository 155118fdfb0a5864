package main

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"slices"
)

// paletted writes a PNG anew with at most 256 colours, which takes a third of its bytes: the boxes of colours that are widest are divided at their
// medians (Heckbert 1982, median cut), and each becomes its mean.
func paletted(text []byte) ([]byte, error) {
	m, err := png.Decode(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	type counted struct {
		c [3]int
		n int
	}
	counts := map[[3]int]int{}
	bounds := m.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
			counts[[3]int{int(c.R), int(c.G), int(c.B)}]++
		}
	}
	var all []counted
	for c, n := range counts {
		all = append(all, counted{c, n})
	}
	slices.SortFunc(all, func(a, b counted) int { return slices.Compare(a.c[:], b.c[:]) })
	// widest is a box's channel with the largest spread, and that spread, weighed by its pixels.
	widest := func(box []counted) (channel, spread int) {
		pixels := 0
		for _, c := range box {
			pixels += min(c.n, 1000) // the paper isn't worth all colours
		}
		for k := range 3 {
			by := func(a, b counted) int { return cmp.Compare(a.c[k], b.c[k]) }
			if d := slices.MaxFunc(box, by).c[k] - slices.MinFunc(box, by).c[k]; d > spread {
				channel, spread = k, d
			}
		}
		return channel, spread * pixels
	}
	boxes := [][]counted{all}
	for len(boxes) < 256 {
		at, channel, most := 0, 0, 0
		for i, box := range boxes {
			if k, spread := widest(box); spread > most {
				at, channel, most = i, k, spread
			}
		}
		if most == 0 {
			break
		}
		box := boxes[at]
		slices.SortStableFunc(box, func(a, b counted) int { return cmp.Compare(a.c[channel], b.c[channel]) })
		boxes[at], boxes = box[:len(box)/2], append(boxes, box[len(box)/2:])
	}
	var colours color.Palette
	for _, box := range boxes {
		var sum [3]int
		n := 0
		for _, c := range box {
			for k := range sum {
				sum[k] += c.n * c.c[k]
			}
			n += c.n
		}
		colours = append(colours, color.NRGBA{uint8((sum[0] + n/2) / n), uint8((sum[1] + n/2) / n), uint8((sum[2] + n/2) / n), 255})
	}
	few := image.NewPaletted(bounds, colours)
	draw.Draw(few, bounds, m, bounds.Min, draw.Src)
	var out bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, few)
	return out.Bytes(), err
}
