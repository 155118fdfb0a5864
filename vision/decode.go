package vision

import (
	"errors"
	"fmt"
	"image"
	"math"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/vision/jpeg"
)

// DefaultMaxPixels is where a picture is taken for a decompression bomb; PIL's limit.
const DefaultMaxPixels = 178_956_970

// Decoder says how files become pictures, of any registered [Format], whatever a file's name says. Its zero value does as
// fastai's PILImage: RGB, alpha dropped, EXIF ignored, the first picture of a file that has several. 16-bit pictures are
// scaled to 8 bits, also grey ones, which PIL clips. A file that ends before its picture does is an error, whatever part is cut
// out of it; what else is damaged is read or refused as by PIL.
type Decoder struct {
	// Gray gives one channel, as PIL's convert('L') (fastai's PILImageBW).
	Gray bool
	// Orient turns photographs as their EXIF, or XMP, says; a TIFF is always turned, as by PIL.
	Orient bool
	// Full decodes every JPEG in full. Without it one is decoded at 1/2, 1/4 or 1/8 of
	// its size while what is cut out of it stays three or four times what it is resized to:
	// several times faster for large photographs. The result of 32×32 pixels and more is then less than 3 levels of
	// 255 away on average, of photographs about 1 at most; of regular stripes as fine as its pixels it may be 4.
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
	if w, h, err = sizeOf(Decoder{}, data); err != nil {
		return 0, 0, fmt.Errorf("picture %s: %w", path, err)
	}
	return w, h, nil
}

// SizeOfBytes is [SizeOf] for a file in memory, of however many pixels: what a server asks before it
// decodes what it was sent.
func SizeOfBytes(data []byte) (w, h int, err error) {
	if w, h, err = sizeOf(Decoder{MaxPixels: math.MaxInt}, data); err != nil {
		return 0, 0, fmt.Errorf("picture in memory: %w", err)
	}
	return w, h, nil
}

func sizeOf(d Decoder, data []byte) (w, h int, err error) {
	err = guarded(func() error {
		f, err := d.open(data)
		w, h = f.w, f.h
		return err
	})
	return w, h, err
}

// file is a picture that is known by its header and not yet decoded: a file's bytes, or an image of Go's.
type file struct {
	Decoder
	data        []byte
	image       image.Image // nil for a file
	bounds      image.Rectangle
	format      *Format
	w, h        int // as it is to be seen, after turning
	orientation int // EXIF's, 1 … 8
}

// open reads the header.
func (d Decoder) open(data []byte) (f file, err error) {
	f = file{Decoder: d, data: data, orientation: 1}
	if len(data) == 0 {
		return f, errors.New("the file is empty")
	}
	if f.format, err = formatOf(data); err != nil {
		return f, err
	}
	if f.w, f.h, err = f.format.Size(data); err != nil {
		return f, fmt.Errorf("%s: %w", f.format.Name, err)
	}
	if err := f.checkSize(); err != nil {
		return f, err
	}
	if f.format.Orientation != nil && (d.Orient || f.format.turns) {
		f.orientation = f.format.Orientation(data)
	}
	if f.orientation > 4 {
		f.w, f.h = f.h, f.w
	}
	return f, nil
}

// inParts reports whether a part can be decoded alone, and at a part of its size.
func (f file) inParts() bool { return f.format != nil && f.format.parts }

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
func (d Decoder) checkPlan(plan []Step) error {
	for _, s := range plan {
		if s.W > d.limit()/s.H {
			return fmt.Errorf("padding it would take %d×%d pixels, more than MaxPixels, %d", s.W, s.H, d.limit())
		}
	}
	return nil
}

// eighths is the least scale at which the picture can be decoded for s, its first step.
func (f file) eighths(s *Step) int {
	if f.Full || !f.inParts() {
		return 8
	}
	return s.eighths(f.w, f.h)
}

// cutsAll reports whether decoding leaves nothing to do of the step, in the memory that it decodes to.
func (f file) cutsAll(s Step) bool {
	if s.OutW > 0 || s.Turn != 0 || s.Edit != nil || f.Gray || f.orientation != 1 || s.X < 0 || s.Y < 0 || s.X+s.W > f.w || s.Y+s.H > f.h {
		return false
	}
	return f.inParts() || f.image != nil || s.W == f.w && s.H == f.h
}

// decode fills m with what s, the first step, needs of the picture; the step is changed
// to be what is left to do.
func (f file) decode(m *Image, s *Step) error {
	eighths := f.eighths(s)
	s.scale(f.w, f.h, eighths)
	if f.image == nil && !f.inParts() || f.orientation != 1 { // which is turned before anything is cut out of it
		return f.decodeWhole(m, eighths)
	}
	part := s.within(scaledSize(f.w, eighths), scaledSize(f.h, eighths))
	s.move(part.X, part.Y)
	return f.decodePart(m, part, eighths)
}

// decodeWhole fills m with the picture at eighths/8 of its size, as it is to be seen.
func (f file) decodeWhole(m *Image, eighths int) error {
	if f.inParts() {
		w, h := scaledSize(f.w, eighths), scaledSize(f.h, eighths)
		if f.orientation > 4 {
			w, h = h, w
		}
		if err := f.decodePart(m, whole(w, h), eighths); err != nil {
			return err
		}
		return turned(m, f.orientation)
	}
	if err := f.decodeFormat(m); err != nil {
		return err
	}
	if f.Gray {
		m.gray()
	}
	return turned(m, f.orientation)
}

// decodeFormat fills m with the picture as its format decodes it, and checks what it got.
func (f file) decodeFormat(m *Image) error {
	if err := f.format.Decode(f.data, m); err != nil {
		return fmt.Errorf("%s: %w", f.format.Name, err)
	}
	w, h := f.w, f.h
	if f.orientation > 4 {
		w, h = h, w
	}
	if m.W != w || m.H != h || m.C != 3 || len(m.Pix) != 3*w*h {
		return fmt.Errorf("the format %s decoded %d×%d×%d values of a picture of %d×%d pixels", f.format.Name, m.W, m.H, m.C, w, h)
	}
	return nil
}

// decodePart fills m with a part of a JPEG picture at eighths/8 of its size, or of an image of Go's.
func (f file) decodePart(m *Image, part Step, eighths int) (err error) {
	if f.image != nil {
		err = f.fromImage(m, part)
	} else if err = m.resize(part.W, part.H, 3); err == nil {
		err = jpeg.Decode(f.data, eighths, part.X, part.Y, part.W, part.H, m.Pix)
	}
	if err == nil && f.Gray {
		m.gray()
	}
	return err
}
