package vision

import (
	"bytes"
	"errors"
	"fmt"
	"image"

	"golang.org/x/image/vp8"
	"golang.org/x/image/vp8l"
)

// webP is a file's picture, or the first of an animation. Alpha, which is a chunk of its own, isn't read.
type webP struct {
	w, h     int // of the canvas
	x, y     int // of the picture on it
	lossless bool
	data     []byte
}

func isWebP(data []byte) bool {
	return len(data) > 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP"
}

// openWebP finds the picture.
func openWebP(data []byte) (p webP, err error) {
	const extendedHeader, frameHeader = 10, 16
	u24 := func(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
	for name, body := range riffChunks(data) {
		switch {
		case name == "VP8X" && len(body) >= extendedHeader:
			p.w, p.h = u24(body[4:])+1, u24(body[7:])+1
		case name == "ANMF" && len(body) > frameHeader:
			p.x, p.y = 2*u24(body), 2*u24(body[3:])
			for name, body := range riffChunksAt(body, frameHeader) {
				if name == "VP8 " || name == "VP8L" {
					return p.with(name, body)
				}
			}
			return p, errors.New("its first frame holds no picture")
		case name == "VP8 " || name == "VP8L":
			return p.with(name, body)
		}
	}
	return p, errors.New("the file ends before the picture does")
}

// with takes the picture's chunk, whose size is that of the canvas where no header told it.
func (p webP) with(name string, body []byte) (webP, error) {
	p.lossless, p.data = name == "VP8L", body
	w, h, err := p.size()
	if p.w == 0 {
		p.w, p.h = w, h
	}
	if err == nil && (p.x+w > p.w || p.y+h > p.h) {
		err = fmt.Errorf("a frame of %d×%d pixels doesn't lie in the canvas of %d×%d", w, h, p.w, p.h)
	}
	return p, err
}

// size is the picture's own.
func (p webP) size() (w, h int, err error) {
	if p.lossless {
		config, err := vp8l.DecodeConfig(bytes.NewReader(p.data))
		return config.Width, config.Height, err
	}
	d := vp8.NewDecoder()
	d.Init(bytes.NewReader(p.data), len(p.data))
	header, err := d.DecodeFrameHeader()
	return header.Width, header.Height, err
}

func sizeOfWebP(data []byte) (w, h int, err error) {
	p, err := openWebP(data)
	return p.w, p.h, err
}

// decodeWebP fills m; what of the canvas the first frame of an animation leaves is black.
func decodeWebP(data []byte, m *Image) error {
	p, err := openWebP(data)
	if err != nil {
		return err
	}
	if err := m.resize(p.w, p.h, 3); err != nil {
		return err
	}
	if p.lossless {
		src, err := vp8l.Decode(bytes.NewReader(p.data))
		if err != nil {
			return err
		}
		row := rows(src)
		p.paint(m, src.Bounds(), func(y int, to []byte) { row(0, y, to) })
		return nil
	}
	d := vp8.NewDecoder()
	d.Init(bytes.NewReader(p.data), len(p.data))
	if _, err := d.DecodeFrameHeader(); err != nil {
		return err
	}
	src, err := d.DecodeFrame()
	if err != nil {
		return err
	}
	p.paint(m, src.Rect, func(y int, to []byte) { fromYCbCr(src, y, to) })
	return nil
}

// paint puts the picture's rows onto the canvas.
func (p webP) paint(m *Image, of image.Rectangle, row func(y int, to []byte)) {
	w, h := of.Dx(), of.Dy()
	if w < m.W || h < m.H {
		clear(m.Pix)
	}
	for y := range h {
		row(y, m.Pix[((p.y+y)*m.W+p.x)*3:][:3*w])
	}
}

// fromYCbCr fills a row of a lossy picture as libwebp shows it: BT.601 in the narrow
// range, which Go's own conversion takes for the wide one of JPEG, and smooth chroma.
func fromYCbCr(src *image.YCbCr, y int, to []byte) {
	for x := range len(to) / 3 {
		luma := int(src.Y[y*src.YStride+x])
		cb, cr := smooth(src, src.Cb, x, y), smooth(src, src.Cr, x, y)
		p := to[3*x : 3*x+3]
		p[0] = narrow(luma, 26149*cr>>8, -14234)
		p[1] = narrow(luma, -(6419*cb>>8)-(13320*cr>>8), 8708)
		p[2] = narrow(luma, 33050*cb>>8, -17685)
	}
}

// narrow is libwebp's sum of luma and chroma in fixed point.
func narrow(luma, chroma, offset int) byte {
	return byte(min(max((luma*19077>>8+chroma+offset)>>6, 0), 255))
}

// smooth is the chroma at a pixel, from the four samples around it, 9:3:3:1.
func smooth(src *image.YCbCr, plane []uint8, x, y int) int {
	w, h := (src.Rect.Dx()+1)/2, (src.Rect.Dy()+1)/2
	x0, y0 := x/2, y/2
	x1, y1 := min(max(x0-1+2*(x&1), 0), w-1), min(max(y0-1+2*(y&1), 0), h-1)
	at := func(x, y int) int { return int(plane[y*src.CStride+x]) }
	return (9*at(x0, y0) + 3*at(x1, y0) + 3*at(x0, y1) + at(x1, y1) + 8) >> 4
}
