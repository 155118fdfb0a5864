package terminal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"

	"github.com/disintegration/imaging"
	"github.com/mattn/go-sixel"

	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// ShowOption changes a default of [Show].
type ShowOption func(*showConfig)

type showConfig struct {
	protocol Protocol
	maxWidth int
}

// As names the protocol of a terminal that [Detect] doesn't know.
func As(p Protocol) ShowOption { return func(c *showConfig) { c.protocol = p } }

// MaxWidth sets the picture's largest width in pixels. Without it a picture wider than the
// terminal is made as wide as that.
func MaxWidth(pixels int) ShowOption { return func(c *showConfig) { c.maxWidth = pixels } }

// Show draws a picture, such as a figure's Image, where w is a terminal that can, and ends the
// line below it:
//
//	fig, err := plot.LRFind(found)
//	err = terminal.Show(os.Stdout, fig.Image())
//
// Elsewhere it writes nothing and returns [ErrNoPictures], wrapped, with what to do. It never
// writes control characters to what isn't a terminal; [Encode] does.
func Show(w io.Writer, m image.Image, opts ...ShowOption) error {
	c := showConfig{maxWidth: pixels(w)}
	if err := guard.Options("terminal: Show", opts, func(o ShowOption) { o(&c) }); err != nil {
		return err
	}
	if c.maxWidth < 1 {
		return fmt.Errorf("terminal: a picture of %d pixels across: want 1 or more", c.maxWidth)
	}
	if c.protocol == NoProtocol || !IsTerminal(w) {
		p, err := Detect(w)
		if err != nil {
			return err
		}
		c.protocol = p
	}
	if m != nil && m.Bounds().Dx() > c.maxWidth {
		m = imaging.Resize(m, c.maxWidth, 0, imaging.Box)
	}
	return Encode(w, m, c.protocol)
}

// Encode writes a picture in a protocol to anything, in full size, and ends the line. Only one that
// takes more than a mebibyte in iTerm2's goes as a JPEG, and smaller if need be, since iTerm2 shows no
// more.
func Encode(w io.Writer, m image.Image, p Protocol) error {
	if err := guard.Given("terminal: Encode", w); err != nil {
		return err
	}
	if guard.IsNil(m) || m.Bounds().Empty() {
		return errors.New("terminal: there is no picture to draw: it is nil or empty")
	}
	m = imaging.Clone(m) // its corner at 0,0, as sixel's encoder wants it
	var b bytes.Buffer
	var err error
	switch p {
	case Kitty:
		err = kitty(&b, m)
	case ITerm2:
		err = iterm2(&b, m)
	case Sixel:
		err = sixel.NewEncoder(&b).Encode(m)
	default:
		err = fmt.Errorf("%v isn't a protocol: want Kitty, ITerm2 or Sixel", p)
	}
	if err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	b.WriteByte('\n')
	_, err = w.Write(b.Bytes()) // at once, so that nothing comes between
	return err
}

// kitty sends a PNG in pieces of 4096 characters, and wants no answer
// (sw.kovidgoyal.net/kitty/graphics-protocol).
func kitty(b *bytes.Buffer, m image.Image) error {
	file, err := pngFile(m)
	if err != nil {
		return err
	}
	data := base64.StdEncoding.EncodeToString(file)
	first := "a=T,f=100,q=2,"
	for len(data) > 0 {
		piece := data[:min(4096, len(data))]
		data = data[len(piece):]
		more := 0
		if len(data) > 0 {
			more = 1
		}
		fmt.Fprintf(b, "\x1b_G%sm=%d;%s\x1b\\", first, more, piece)
		first = ""
	}
	return nil
}

// iterm2 sends a file that is shown (iterm2.com/documentation-images.html): a PNG, or where that is
// more than iTerm2 takes, a JPEG, at half its size again and again until it fits. iTerm2 takes files in
// pieces as well, but the other terminals with this protocol don't.
func iterm2(b *bytes.Buffer, m image.Image) error {
	const most = 1 << 20 // bytes of a sequence
	file, err := pngFile(m)
	for err == nil {
		text := fmt.Sprintf("\x1b]1337;File=inline=1;size=%d:%s\a", len(file), base64.StdEncoding.EncodeToString(file))
		if len(text) <= most {
			b.WriteString(text)
			return nil
		}
		file, err = jpegFile(m)
		m = imaging.Resize(m, max(m.Bounds().Dx()/2, 1), 0, imaging.Box) // for the next time, if this one is too large as well
	}
	return err
}

// jpegFile is a picture on white.
func jpegFile(m image.Image) ([]byte, error) {
	var file bytes.Buffer
	ground := imaging.New(m.Bounds().Dx(), m.Bounds().Dy(), color.White)
	err := jpeg.Encode(&file, imaging.Overlay(ground, m, image.Point{}, 1), &jpeg.Options{Quality: 90})
	return file.Bytes(), err
}

func pngFile(m image.Image) ([]byte, error) {
	var file bytes.Buffer
	err := png.Encode(&file, m)
	return file.Bytes(), err
}
