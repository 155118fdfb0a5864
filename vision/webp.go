package vision

import "image"

// fromYCbCr fills m with a lossy WebP picture as libwebp shows it: BT.601 in the narrow
// range, which Go's own conversion takes for the wide one of JPEG, and smooth chroma.
func fromYCbCr(src *image.YCbCr, m *Image) error {
	if err := m.resize(src.Rect.Dx(), src.Rect.Dy(), 3); err != nil {
		return err
	}
	for y := range m.H {
		for x := range m.W {
			luma := int(src.Y[y*src.YStride+x])
			cb, cr := smooth(src, src.Cb, x, y), smooth(src, src.Cr, x, y)
			p := m.pixel(x, y)
			p[0] = narrow(luma, 26149*cr>>8, -14234)
			p[1] = narrow(luma, -(6419*cb>>8)-(13320*cr>>8), 8708)
			p[2] = narrow(luma, 33050*cb>>8, -17685)
		}
	}
	return nil
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
