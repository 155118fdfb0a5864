package tiff

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"slices"

	"github.com/fastlearn-go/fastlearn/vision/jpeg"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/image/ccitt"
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

// unpacker reads the rows of one block after the other, in memory that it uses again.
type unpacker struct {
	*picture
	samples int // of a pixel
	in      io.Reader
	memory  bytes.Reader
	zlib    io.ReadCloser
	zstd    *zstd.Decoder
	lzw     lzw
	pixels  []byte
}

// read fills a row, and undoes its prediction.
func (u *unpacker) read(row []byte) error {
	if _, err := io.ReadFull(u.in, row); err == io.EOF || err == io.ErrUnexpectedEOF {
		return errCut
	} else if err != nil && (u.compression == group3 || u.compression == group4) {
		return fmt.Errorf("its fax compression is damaged or of a kind that can't be read: write it with deflate (%w)", err)
	} else if err != nil {
		return fmt.Errorf("its pixels are damaged: %w", err)
	}
	return u.undo(row, u.samples)
}

// close looks at what follows a block's last row: the checksum of deflate, if it is there.
func (u *unpacker) close() error {
	if u.in != u.zlib {
		return nil
	}
	if _, err := u.in.Read(make([]byte, 1)); err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return fmt.Errorf("its pixels are damaged: %w", err)
	}
	return nil
}

// open begins with a block of n rows.
func (u *unpacker) open(data []byte, n int) (err error) {
	if u.reversed && u.compression != jpegCompression {
		data = bytes.Clone(data)
		for i, v := range data {
			data[i] = bits.Reverse8(v)
		}
	}
	u.memory.Reset(data)
	switch u.compression {
	case uncompressed:
		u.in = &u.memory
	case lzwCompression:
		u.lzw.reset(data)
		u.in = &u.lzw
	case deflate, oldDeflate:
		if u.zlib == nil {
			u.zlib, err = zlib.NewReader(&u.memory)
		} else {
			err = u.zlib.(zlib.Resetter).Reset(&u.memory, nil)
		}
		u.in = u.zlib
	case zstandard:
		if u.zstd == nil {
			u.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
			if err != nil {
				return err
			}
		}
		err = u.zstd.Reset(&u.memory)
		u.in = u.zstd
	case packBits:
		u.in = &packed{data: data}
	case jpegCompression:
		err = u.openJPEG(data)
	case group3, group4:
		switch {
		case u.bits != 1 || u.samples != 1:
			return errors.New("fax compression of more than one bit")
		case u.compression == group3 && u.Int(tagT4Options, 0)&1 != 0:
			return errors.New("two-dimensional fax compression of group 3 can't be read: write it by group 4")
		}
		fax := map[int]ccitt.SubFormat{group3: ccitt.Group3, group4: ccitt.Group4}[u.compression]
		u.in = ccitt.NewReader(&u.memory, ccitt.MSB, fax, u.blockW, n, &ccitt.Options{Invert: true})
	default:
		name := compressions[u.compression]
		if name == "" {
			name = fmt.Sprintf("compression %d", u.compression)
		}
		return fmt.Errorf("%s can't be read: write it with deflate, LZW or without compression", name)
	}
	return err
}

// openJPEG decodes a block that is a JPEG file but for its tables, to samples of 8 bits: grey, or RGB for YCbCr as well.
func (u *unpacker) openJPEG(data []byte) error {
	if u.bits != 8 || u.samples != 1 && u.samples != 3 || u.photometric == yCbCr && u.planar {
		return fmt.Errorf("JPEG of %d samples of %d bits can't be read: write it without compression", u.samples, u.bits)
	}
	if len(data) < 4 || !jpeg.Is(data) {
		return errors.New("a strip or tile isn't the JPEG that it should be")
	}
	whole := []byte{0xff, 0xd8}
	if tables := u.Bytes(tagJPEGTables); len(tables) > 4 {
		whole = append(whole, tables[2:len(tables)-2]...)
	}
	if u.samples == 3 { // by Adobe's marker, which says whether it is RGB or YCbCr
		isYCbCr := byte(0)
		if u.photometric == yCbCr {
			isYCbCr = 1
		}
		whole = append(whole, 0xff, 0xee, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, isYCbCr)
	}
	whole = append(whole, data[2:]...)
	w, h, err := jpeg.Scaled(whole, 8)
	if err != nil {
		return err
	}
	if w != u.blockW || h > u.blockH || h < 1 {
		return fmt.Errorf("a strip or tile of %d×%d pixels holds a JPEG of %d×%d", u.blockW, u.blockH, w, h)
	}
	u.pixels = slices.Grow(u.pixels[:0], w*h*3)
	pixels := u.pixels[:w*h*3]
	if err := jpeg.Decode(whole, 8, 0, 0, w, h, pixels); err != nil {
		return err
	}
	if u.samples == 1 {
		for i := range w * h {
			pixels[i] = pixels[3*i]
		}
		pixels = pixels[:w*h]
	}
	u.memory.Reset(pixels)
	u.in = &u.memory
	return nil
}
