package vision

import (
	"bytes"
	"image"
	"image/color"
	imagedraw "image/draw"
	"image/gif"
)

// decodeGIF decodes the first frame onto the file's whole screen, as PIL does.
// Transparent pixels keep their palette's colour, which Go's decoder would forget: the
// flag that makes them transparent is taken away first.
func decodeGIF(data []byte) (image.Image, error) {
	config, err := gif.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	opaque, transparent := opaqueGIF(data)
	frame, err := gif.Decode(bytes.NewReader(opaque))
	if err != nil { // the transparent colour may lie beyond the palette: it is black then
		if frame, err = gif.Decode(bytes.NewReader(data)); err != nil {
			return nil, err
		}
	}
	screen := image.Rect(0, 0, config.Width, config.Height)
	p, ok := frame.(*image.Paletted)
	if !ok || p.Rect == screen {
		return frame, nil
	}
	whole := image.NewNRGBA(screen)
	ground := color.Color(color.Black)
	if transparent < len(p.Palette) {
		ground = p.Palette[transparent]
	}
	imagedraw.Draw(whole, screen, image.NewUniform(ground), image.Point{}, imagedraw.Src)
	imagedraw.Draw(whole, p.Rect, p, p.Rect.Min, imagedraw.Src)
	return whole, nil
}

// opaqueGIF is the file without transparency in its first frame, and the number of the
// colour that was transparent, 0 where none was.
func opaqueGIF(data []byte) (opaque []byte, transparent int) {
	const extension, graphicControl = 0x21, 0xf9
	at := 13
	if len(data) > at && data[10]&0x80 != 0 {
		at += 3 << (data[10]&7 + 1) // the palette
	}
	for at+8 < len(data) && data[at] == extension {
		if data[at+1] == graphicControl && data[at+3]&1 != 0 {
			data = bytes.Clone(data)
			data[at+3] &^= 1
			transparent = int(data[at+6])
		}
		for at += 2; at < len(data) && data[at] != 0; at += int(data[at]) + 1 {
		}
		at++
	}
	return data, transparent
}
