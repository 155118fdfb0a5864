package tiff

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"github.com/fastlearn-go/fastlearn/vision/jpeg"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/image/ccitt"
	"golang.org/x/image/tiff/lzw"
)

// Compressions.
const (
	uncompressed    = 1
	group3          = 3
	group4          = 4
	lzwCompression  = 5
	jpegCompression = 7
	deflate         = 8
	packBits        = 32773
	oldDeflate      = 32946
	zstandard       = 50000
)

var compressions = map[int]string{2: "CCITT's run lengths", 6: "JPEG of the old style", 32771: "the compression of 16-bit words", 32809: "ThunderScan's", 34676: "SGI's LogLuv", 34677: "SGI's LogLuv", 34712: "JPEG 2000", 34925: "LZMA", 50001: "WebP", 50002: "JPEG XL", 34933: "PNG", 34892: "lossy JPEG", 32766: "NeXT's"}

// Predictors.
const (
	predictNone  = 1
	predictLeft  = 2
	predictFloat = 3
)

// bestRatio is above what a compression makes of zeros.
func bestRatio(compression int) int {
	switch compression {
	case uncompressed:
		return 1
	case packBits:
		return 64
	case deflate, oldDeflate:
		return 1032
	}
	return 1 << 17 // zstd's blocks, fax
}

// rows reads the rows of a block, the samples of a pixel side by side.
type rows struct {
	*picture
	planes []io.Reader // one, unless samples are apart
	left   int
	row    []byte
	plane  []byte // a row of one of them
}

// openRows opens n rows of the i-th block, or of those of all planes.
func (p *picture) openRows(i, n int) (*rows, error) {
	r := &rows{picture: p, left: n, row: make([]byte, p.rowBytes(p.samples))}
	planes, samples, each := 1, p.samples, 0
	if p.planar && p.samples > 1 {
		across, down := (p.w+p.blockW-1)/p.blockW, (p.h+p.blockH-1)/p.blockH
		planes, samples, each = p.samples, 1, across*down
		r.plane = make([]byte, p.rowBytes(1))
	}
	for k := range planes {
		data, err := p.block(i + k*each)
		if err != nil {
			return nil, err
		}
		in, err := p.unpack(data, samples, n)
		if err != nil {
			return nil, err
		}
		r.planes = append(r.planes, in)
	}
	return r, nil
}

// next returns the next row, which is overwritten by the one behind it.
func (r *rows) next() ([]byte, error) {
	r.left--
	if len(r.planes) == 1 {
		return r.row, r.read(r.planes[0], r.row, r.samples)
	}
	size := r.bits / 8
	for k, in := range r.planes {
		if err := r.read(in, r.plane, 1); err != nil {
			return nil, err
		}
		for x := range r.blockW {
			copy(r.row[(x*r.samples+k)*size:][:size], r.plane[x*size:])
		}
	}
	return r.row, nil
}

// read fills a row of pixels of some samples, and undoes its prediction.
func (r *rows) read(in io.Reader, row []byte, samples int) error {
	if _, err := io.ReadFull(in, row); err == io.EOF || err == io.ErrUnexpectedEOF {
		return errCut
	} else if err != nil {
		return fmt.Errorf("its pixels are damaged: %w", err)
	}
	return r.undo(row, samples)
}

// unpack reads n rows of pixels of some samples.
func (p *picture) unpack(data []byte, samples, n int) (io.Reader, error) {
	if p.reversed && p.compression != jpegCompression {
		data = bytes.Clone(data)
		for i, v := range data {
			data[i] = bits.Reverse8(v)
		}
	}
	switch p.compression {
	case uncompressed:
		return bytes.NewReader(data), nil
	case lzwCompression:
		return lzw.NewReader(bytes.NewReader(data), lzw.MSB, 8), nil
	case deflate, oldDeflate:
		return zlib.NewReader(bytes.NewReader(data))
	case zstandard:
		return zstd.NewReader(bytes.NewReader(data), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
	case packBits:
		return &packed{data: data}, nil
	case jpegCompression:
		return p.unpackJPEG(data, samples)
	case group3, group4:
		if p.bits != 1 || p.samples != 1 {
			return nil, errors.New("fax compression of more than one bit")
		}
		if p.compression == group3 && p.Int(tagT4Options, 0)&1 != 0 {
			return nil, errors.New("two-dimensional fax compression of group 3 can't be read: write it by group 4")
		}
		fax := map[int]ccitt.SubFormat{group3: ccitt.Group3, group4: ccitt.Group4}[p.compression]
		return ccitt.NewReader(bytes.NewReader(data), ccitt.MSB, fax, p.blockW, n, &ccitt.Options{Invert: true}), nil
	}
	name := compressions[p.compression]
	if name == "" {
		name = fmt.Sprintf("compression %d", p.compression)
	}
	return nil, fmt.Errorf("%s can't be read: write it with deflate, LZW or without compression", name)
}

// packed undoes Apple's run lengths.
type packed struct {
	data  []byte
	left  int // of a run or of bytes as they are
	isRun bool
}

func (r *packed) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if r.left == 0 {
			if len(r.data) < 2 {
				return n, io.EOF
			}
			switch v := int(int8(r.data[0])); {
			case v >= 0:
				r.left, r.isRun = v+1, false
			case v > -128:
				r.left, r.isRun = 1-v, true
			}
			r.data = r.data[1:]
			continue
		}
		if len(r.data) == 0 {
			return n, io.EOF
		}
		p[n] = r.data[0]
		n, r.left = n+1, r.left-1
		if !r.isRun || r.left == 0 {
			r.data = r.data[1:]
		}
	}
	return n, nil
}

// unpackJPEG decodes a block that is a JPEG file but for its tables, to samples of 8 bits: grey, or RGB for YCbCr as well.
func (p *picture) unpackJPEG(data []byte, samples int) (io.Reader, error) {
	if p.bits != 8 || samples != 1 && samples != 3 || p.photometric == yCbCr && p.planar {
		return nil, fmt.Errorf("JPEG of %d samples of %d bits can't be read: write it without compression", samples, p.bits)
	}
	if len(data) < 4 || !jpeg.Is(data) {
		return nil, errors.New("a strip or tile isn't the JPEG that it should be")
	}
	whole := []byte{0xff, 0xd8}
	if tables := p.Bytes(tagJPEGTables); len(tables) > 4 {
		whole = append(whole, tables[2:len(tables)-2]...)
	}
	if samples == 3 { // by Adobe's marker, which says whether it is RGB or YCbCr
		isYCbCr := byte(0)
		if p.photometric == yCbCr {
			isYCbCr = 1
		}
		whole = append(whole, 0xff, 0xee, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, isYCbCr)
	}
	whole = append(whole, data[2:]...)
	w, h, err := jpeg.Scaled(whole, 8)
	if err != nil {
		return nil, err
	}
	if w != p.blockW || h > p.blockH || h < 1 {
		return nil, fmt.Errorf("a strip or tile of %d×%d pixels holds a JPEG of %d×%d", p.blockW, p.blockH, w, h)
	}
	pixels := make([]byte, w*h*3)
	if err := jpeg.Decode(whole, 8, 0, 0, w, h, pixels); err != nil {
		return nil, err
	}
	if samples == 1 {
		for i := range w * h {
			pixels[i] = pixels[3*i]
		}
		pixels = pixels[:w*h]
	}
	return bytes.NewReader(pixels), nil
}
