package vision

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"math"

	"github.com/disintegration/imaging"
	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/vision/jpeg"
	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// DefaultMaxPixels is where a picture is taken for a decompression bomb; PIL's limit.
const DefaultMaxPixels = 178_956_970

// Decoder says how files become pictures. The formats are JPEG, PNG, GIF (its first
// frame), WebP (but for moving ones), BMP and TIFF (of grey, palette and RGB),
// whatever a file's name says. Its zero value does as fastai's PILImage: RGB, alpha
// dropped, EXIF ignored. 16-bit pictures are scaled to 8 bits, also grey ones, which PIL
// clips. A JPEG file that ends early is an error; other damage in a part of it that is
// not decoded, since it is cut off, goes unnoticed.
type Decoder struct {
	// Gray gives one channel, as PIL's convert('L') (fastai's PILImageBW).
	Gray bool
	// Orient turns photographs (JPEG, PNG, WebP) as their EXIF tag says.
	Orient bool
	// Full decodes every JPEG in full. Without it one is decoded at 1/2, 1/4 or 1/8 of
	// its size while what is cut out of it stays at least twice what it is resized to:
	// several times faster for large photographs. The result is then up to 3 levels of
	// 255 away on average where there is fine detail.
	Full bool
	// MaxPixels is the most pixels a picture may have, 0 for [DefaultMaxPixels].
	MaxPixels int
	// Cache keeps decoded pictures for the next epoch; nil keeps none.
	Cache *Cache
}

// Channels is how many numbers a pixel has: 3, or 1 for grey.
func (d Decoder) Channels() int {
	if d.Gray {
		return 1
	}
	return 3
}

// Open decodes a picture as a [Decoder]'s zero value does. The error names the file.
func Open(path string) (*Image, error) { return Decoder{}.Open(path) }

// Open decodes a whole picture. The error names the file.
func (d Decoder) Open(path string) (*Image, error) {
	m := &Image{}
	d.Full, d.Cache = true, nil
	r := Reader{Decoder: d}
	if err := r.Read(path, nil, Valid, m); err != nil {
		return nil, err
	}
	return m, nil
}

// SizeOf is a picture's width and height in pixels, from its header alone. The error names
// the file.
func SizeOf(path string) (w, h int, err error) {
	var data []byte
	if err := diskfile.ReadInto(path, &data); err != nil {
		return 0, 0, fmt.Errorf("picture %s: %w", path, diskfile.Cause(err))
	}
	f, err := Decoder{}.open(data)
	if err != nil {
		return 0, 0, fmt.Errorf("picture %s: %w", path, err)
	}
	return f.w, f.h, nil
}

// SizeOfBytes is [SizeOf] for a file in memory, of however many pixels: what a server asks before it
// decodes what it was sent.
func SizeOfBytes(data []byte) (w, h int, err error) {
	var f file
	err = guarded(func() error {
		f, err = Decoder{MaxPixels: math.MaxInt}.open(data)
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("picture in memory: %w", err)
	}
	return f.w, f.h, nil
}

// file is a picture that is known by its header and not yet decoded: a file's bytes, or an image of Go's.
type file struct {
	Decoder
	data        []byte
	image       image.Image // nil for a file
	bounds      image.Rectangle
	jpeg        bool
	w, h        int // as it is to be seen, after turning
	orientation int // EXIF's, 1 … 8
}

// open reads the header.
func (d Decoder) open(data []byte) (f file, err error) {
	f = file{Decoder: d, data: data, jpeg: jpeg.Is(data), orientation: 1}
	if len(data) == 0 {
		return f, errors.New("the file is empty")
	}
	if f.jpeg {
		if f.w, f.h, err = jpeg.Scaled(data, 8); err != nil {
			return f, err
		}
	} else {
		config, _, err := image.DecodeConfig(bytes.NewReader(data))
		if err != nil {
			return f, err
		}
		f.w, f.h = config.Width, config.Height
	}
	if err := f.checkSize(); err != nil {
		return f, err
	}
	if f.orientation = orientation(data, d.Orient); f.orientation > 4 {
		f.w, f.h = f.h, f.w
	}
	return f, nil
}

// checkSize refuses a picture of no pixels, or of more than MaxPixels.
func (f file) checkSize() error {
	switch {
	case f.w < 1 || f.h < 1:
		return fmt.Errorf("it has %d×%d pixels", f.w, f.h)
	case f.w > f.limit()/f.h:
		return fmt.Errorf("its %d×%d pixels are more than MaxPixels, %d: is it a decompression bomb?", f.w, f.h, f.limit())
	}
	return nil
}

func (d Decoder) limit() int {
	if d.MaxPixels == 0 {
		return DefaultMaxPixels
	}
	return d.MaxPixels
}

// checkPlan refuses a plan that pads the picture to more pixels than one may have.
func (d Decoder) checkPlan(plan []step) error {
	for _, s := range plan {
		if s.w > d.limit()/s.h {
			return fmt.Errorf("padding it would take %d×%d pixels, more than MaxPixels, %d", s.w, s.h, d.limit())
		}
	}
	return nil
}

// eighths is the least scale at which the picture can be decoded for s, its first step.
func (f file) eighths(s *step) int {
	if f.Full || !f.jpeg {
		return 8
	}
	return s.eighths()
}

// decode fills m with what s, the first step, needs of the picture; the step is changed
// to be what is left to do.
func (f file) decode(m *Image, s *step) error {
	eighths := f.eighths(s)
	s.scale(f.w, f.h, eighths)
	if f.image == nil && !f.jpeg || f.orientation != 1 { // which is turned before anything is cut out of it
		return f.decodeWhole(m, eighths)
	}
	part := s.within(scaledSize(f.w, eighths), scaledSize(f.h, eighths))
	s.x, s.y = s.x-part.x, s.y-part.y
	return f.decodePart(m, part, eighths)
}

// decodeWhole fills m with the picture at eighths/8 of its size, as it is to be seen.
func (f file) decodeWhole(m *Image, eighths int) error {
	if f.jpeg {
		w, h := scaledSize(f.w, eighths), scaledSize(f.h, eighths)
		if f.orientation > 4 {
			w, h = h, w
		}
		if err := f.decodePart(m, whole(w, h), eighths); err != nil {
			return err
		}
		return turned(m, f.orientation)
	}
	err := decodeOther(f.data, m)
	if err == nil && f.Gray {
		m.gray()
	}
	if err != nil {
		return err
	}
	return turned(m, f.orientation)
}

// decodePart fills m with a part of a JPEG picture at eighths/8 of its size, or of an image of Go's.
func (f file) decodePart(m *Image, part step, eighths int) (err error) {
	if f.image != nil {
		err = f.fromImage(m, part)
	} else if err = m.resize(part.w, part.h, 3); err == nil {
		err = jpeg.Decode(f.data, eighths, part.x, part.y, part.w, part.h, m.Pix)
	}
	if err == nil && f.Gray {
		m.gray()
	}
	return err
}

// decodeOther fills m with a picture that is no JPEG.
func decodeOther(data []byte, m *Image) error {
	src, err := decodeGo(data)
	if err != nil {
		return err
	}
	switch src := src.(type) { // of these formats only WebP has such pictures
	case *image.YCbCr:
		return fromYCbCr(src, m)
	case *image.NYCbCrA:
		return fromYCbCr(&src.YCbCr, m)
	}
	nrgba := imaging.Clone(src)
	if err := m.resize(nrgba.Rect.Dx(), nrgba.Rect.Dy(), 3); err != nil {
		return err
	}
	for i := range m.W * m.H {
		copy(m.Pix[3*i:3*i+3], nrgba.Pix[4*i:])
	}
	if isTIFF(data) && blackIsZeroFax(data) {
		for i, v := range m.Pix {
			m.Pix[i] = 255 - v
		}
	}
	return nil
}

// blackIsZeroFax tells of a TIFF file with fax compression in which 0 is black, which
// golang.org/x/image takes for the other way round.
func blackIsZeroFax(data []byte) bool {
	compression := tiffTag(data, tagCompression)
	return (compression == 3 || compression == 4) && tiffTag(data, tagPhotometric) == 1
}

func decodeGo(data []byte) (image.Image, error) {
	if bytes.HasPrefix(data, []byte("GIF8")) {
		return decodeGIF(data)
	}
	src, _, err := image.Decode(bytes.NewReader(data))
	return src, err
}
