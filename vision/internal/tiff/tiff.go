// Package tiff decodes a TIFF file's first picture: strips and tiles, interleaved and in planes, of 1 to 32 bits, also BigTIFF. It
// follows PIL in what the samples mean, and refuses what it doesn't know by its name.
package tiff

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/vision/internal/ifd"
)

// Tags of a directory.
const (
	tagWidth           = 256
	tagHeight          = 257
	tagBits            = 258
	tagCompression     = 259
	tagPhotometric     = 262
	tagFillOrder       = 266
	tagStripOffsets    = 273
	tagSamples         = 277
	tagRowsPerStrip    = 278
	tagStripCounts     = 279
	tagPlanar          = 284
	tagT4Options       = 292
	tagPredictor       = 317
	tagColorMap        = 320
	tagTileWidth       = 322
	tagTileHeight      = 323
	tagTileOffsets     = 324
	tagTileCounts      = 325
	tagExtraSamples    = 338
	tagSampleFormat    = 339
	tagJPEGTables      = 347
	tagYCbCrSubsamples = 530
)

// Photometric interpretations.
const (
	whiteIsZero = 0
	blackIsZero = 1
	rgb         = 2
	palette     = 3
	cmyk        = 5
	yCbCr       = 6
	cieLab      = 8
)

// Formats of samples.
const (
	unsigned = 1
	signed   = 2
	float    = 3
)

var formatNames = map[int]string{unsigned: "unsigned", signed: "signed", float: "floating point", 4: "undefined", 5: "complex", 6: "complex floating point"}

var (
	errCut       = errors.New("the file ends before the picture does")
	photometrics = map[int]string{4: "a mask", 9: "the colours ICC L*a*b*", 10: "the colours ITU L*a*b*", 32803: "a camera's raw pixels", 34892: "a camera's linear pixels", 32844: "the colours LogL", 32845: "the colours LogLuv"}
	channels     = map[int]int{whiteIsZero: 1, blackIsZero: 1, rgb: 3, palette: 1, cmyk: 4, yCbCr: 3, cieLab: 3}
)

// picture is what the directory says.
type picture struct {
	*ifd.Dir
	data        []byte
	w, h        int
	bits        int // of a sample
	samples     int // of a pixel
	format      int
	photometric int
	compression int
	predictor   int
	premultiplied,
	planar, reversed bool
	blockW, blockH  int // of a strip or a tile
	offsets, counts []int
}

// Size reads the width and height.
func Size(data []byte) (w, h int, err error) {
	d, err := ifd.Read(data)
	if err != nil {
		return 0, 0, err
	}
	if w, h = d.Int(tagWidth, 0), d.Int(tagHeight, 0); w < 1 || h < 1 {
		return 0, 0, errors.New("its size is missing")
	}
	return w, h, nil
}

func parse(data []byte) (*picture, error) {
	d, err := ifd.Read(data)
	if err != nil {
		return nil, err
	}
	p := &picture{Dir: d, data: data}
	if p.w, p.h, err = Size(data); err != nil {
		return nil, err
	}
	p.compression, p.photometric, p.predictor = d.Int(tagCompression, 1), d.Int(tagPhotometric, whiteIsZero), d.Int(tagPredictor, 1)
	p.planar, p.reversed = d.Int(tagPlanar, 1) == 2, d.Int(tagFillOrder, 1) == 2
	if err := p.parseSamples(); err != nil {
		return nil, err
	}
	return p, p.parseBlocks()
}

// parseSamples says what a pixel is made of.
func (p *picture) parseSamples() error {
	if name := photometrics[p.photometric]; name != "" {
		return fmt.Errorf("%s can't be read: convert it to RGB", name)
	}
	least := channels[p.photometric]
	if least == 0 {
		return fmt.Errorf("its photometric interpretation, %d, is unknown", p.photometric)
	}
	bits, formats, extra := p.Ints(tagBits), p.Ints(tagSampleFormat), p.Ints(tagExtraSamples)
	if len(bits) == 0 {
		bits = []int{1}
	}
	p.bits, p.format = bits[0], unsigned
	if len(formats) > 0 {
		p.format = formats[0]
	}
	p.samples = p.Int(tagSamples, 1)
	if p.photometric == yCbCr && p.samples == 1 {
		p.photometric, least = blackIsZero, 1
	}
	const most = 64
	if p.samples < least || p.samples > most {
		return fmt.Errorf("%d samples make no pixel of the photometric interpretation %d", p.samples, p.photometric)
	}
	for _, b := range bits[:min(len(bits), p.samples)] {
		if b != p.bits {
			return fmt.Errorf("samples of different sizes, %d bits, can't be read", bits)
		}
	}
	p.premultiplied = p.samples > least && len(extra) > 0 && extra[0] == 1
	switch ok := p.bits == 8 || p.bits == 16; {
	case p.format == unsigned && (ok || least == 1 && p.samples == 1 && (p.bits == 1 || p.bits == 2 || p.bits == 4)) && (p.photometric != palette || p.bits <= 8):
	case p.photometric > blackIsZero || p.samples > 1:
		return fmt.Errorf("samples of %d bits, %s, can't be read in colours: convert them to 8 or 16 bits", p.bits, formatNames[p.format])
	case p.bits == 12 && p.format == unsigned, p.bits == 32, p.format == signed && ok:
	default:
		return fmt.Errorf("samples of %d bits, %s, can't be read: convert them to 8, 16 or 32 bits", p.bits, formatNames[p.format])
	}
	if p.photometric == cieLab && (p.bits != 8 || p.compression == jpegCompression) {
		return errors.New("CIE L*a*b* of more than 8 bits or as JPEG can't be read: convert it to RGB")
	}
	if p.photometric == palette && len(p.Ints(tagColorMap)) < 3<<p.bits {
		return errors.New("its palette is missing or cut")
	}
	if sub := p.Ints(tagYCbCrSubsamples); p.photometric == yCbCr && p.compression != jpegCompression && (len(sub) < 2 || sub[0] != 1 || sub[1] != 1) {
		return errors.New("YCbCr with colours of less resolution can't be read but as JPEG: convert it to RGB")
	}
	return nil
}

// parseBlocks finds the strips or tiles.
func (p *picture) parseBlocks() error {
	p.blockW, p.blockH = p.w, min(p.Int(tagRowsPerStrip, p.h), p.h)
	p.offsets, p.counts = p.Ints(tagStripOffsets), p.Ints(tagStripCounts)
	if p.offsets == nil {
		p.blockW, p.blockH = p.Int(tagTileWidth, 0), p.Int(tagTileHeight, 0)
		p.offsets, p.counts = p.Ints(tagTileOffsets), p.Ints(tagTileCounts)
	}
	const roundedUp = 1 << 12
	if p.blockW < 1 || p.blockH < 1 || p.blockW > p.w+roundedUp || p.blockH > p.h+roundedUp {
		return errors.New("the size of its strips or tiles is missing or makes no sense")
	}
	across, down := (p.w+p.blockW-1)/p.blockW, (p.h+p.blockH-1)/p.blockH
	blocks := across * down
	if p.planar {
		blocks *= p.samples
	}
	if len(p.offsets) < blocks {
		return fmt.Errorf("%d strips or tiles lack their places", blocks-len(p.offsets))
	}
	return nil
}

// block is the data of a strip or tile.
func (p *picture) block(i int) ([]byte, error) {
	from, to := p.offsets[i], len(p.data)
	if from < 0 || from > to {
		return nil, errCut
	}
	if p.compression != uncompressed && len(p.counts) > i {
		if p.counts[i] < 0 || p.counts[i] > to-from {
			return nil, errCut
		}
		to = from + p.counts[i]
	}
	return p.data[from:to], nil
}

// Decode decodes to RGB: pixels makes room for w×h×3 bytes. Alpha is dropped, what was multiplied by it is divided by it again; of 16 bits
// the upper 8 are taken, larger and signed values are clipped to 0 … 255.
func Decode(data []byte, pixels func(w, h int) ([]byte, error)) error {
	p, err := parse(data)
	if err != nil {
		return err
	}
	if p.size() > len(data)*bestRatio(p.compression) {
		return errCut
	}
	to, err := pixels(p.w, p.h)
	if err != nil {
		return err
	}
	r, paint, i := p.newRows(), p.painter(), 0
	eight := make([]byte, p.blockW*p.samples)
	for y := 0; y < p.h; y += p.blockH {
		for x := 0; x < p.w; x, i = x+p.blockW, i+1 {
			w, n := min(p.blockW, p.w-x), min(p.blockH, p.h-y)
			if err := r.open(i, n); err != nil {
				return err
			}
			for j := range n {
				row, err := r.next()
				if err != nil {
					return err
				}
				paint(p.eightBits(row, eight)[:w*p.samples], to[((y+j)*p.w+x)*3:][:3*w])
			}
			if err := r.close(); err != nil {
				return err
			}
		}
	}
	return nil
}

// size is how many bytes the samples take, unpacked.
func (p *picture) size() int { return p.rowBytes(p.samples) * p.h / p.blockW * p.w }

// rowBytes is the size of a row of a block with some samples a pixel.
func (p *picture) rowBytes(samples int) int { return (p.blockW*p.bits*samples + 7) / 8 }

// order is the bytes' order in samples.
func (p *picture) order() binary.ByteOrder {
	if p.predictor == predictFloat {
		return binary.BigEndian
	}
	return p.Order
}
