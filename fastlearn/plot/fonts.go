package plot

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
)

// added are the fonts for letters that Liberation Sans lacks; the first that has a letter draws it.
var added struct {
	sync.RWMutex
	fonts []font.Font
}

// AddFont reads a font file, .ttf, .otf or the first font of a .ttc, for letters that the figures' own font
// lacks: Liberation Sans has Latin, Greek, Cyrillic and Hebrew ones. Letters that no font has
// are boxes in a PNG; in an SVG the viewer finds a font by itself. Letters are drawn one after the
// other from left to right, so scripts that join them or run the other way look right in an SVG alone.
func AddFont(path string) error {
	face, name, err := readFont(path)
	if err != nil {
		return fmt.Errorf("plot: font %s: %w", path, err)
	}
	added.Lock()
	defer added.Unlock()
	f := font.Font{Typeface: font.Typeface(name)}
	font.DefaultCache.Add(font.Collection{{Font: f, Face: face}})
	if !slices.Contains(added.fonts, f) {
		added.fonts = append(added.fonts, f)
	}
	return nil
}

func readFont(path string) (face *opentype.Font, name string, err error) {
	data, err := diskfile.ReadFile(path)
	if err != nil {
		return nil, "", diskfile.Cause(err)
	}
	if bytes.HasPrefix(data, []byte("ttcf")) {
		collection, err := opentype.ParseCollection(data)
		if err != nil {
			return nil, "", err
		}
		face, err = collection.Font(0)
		if err != nil {
			return nil, "", err
		}
	} else if face, err = opentype.Parse(data); err != nil {
		return nil, "", err
	}
	if name, err = face.Name(nil, sfnt.NameIDFamily); err != nil {
		return nil, "", fmt.Errorf("it has no name: %w", err)
	}
	return face, name, nil
}

// letters is a plain text's handler that takes each letter from a font that has it.
type letters struct{ text.Plain }

var handler = letters{text.Plain{Fonts: font.DefaultCache}}

// run is a piece of text in one font.
type run struct {
	face    font.Face
	text    string
	missing bool // no font has these letters
}

func (h letters) runs(s string, f font.Font) (runs []run) {
	added.RLock()
	faces := []font.Face{h.Fonts.Lookup(f, f.Size)}
	for _, other := range added.fonts {
		faces = append(faces, h.Fonts.Lookup(other, f.Size))
	}
	added.RUnlock()
	var buf sfnt.Buffer
	for _, r := range clean(s) {
		face, missing := faces[0], true
		for _, one := range faces {
			if glyph, err := one.Face.GlyphIndex(&buf, r); err == nil && glyph != 0 {
				face, missing = one, false
				break
			}
		}
		if n := len(runs); n > 0 && runs[n-1].face == face && runs[n-1].missing == missing {
			runs[n-1].text += string(r)
		} else {
			runs = append(runs, run{face, string(r), missing})
		}
	}
	return runs
}

// width of a run; letters that no font has are as wide as high, as a viewer of an SVG may draw them.
func (r run) width() vg.Length {
	if r.missing {
		return r.face.Font.Size * vg.Length(len([]rune(r.text)))
	}
	return r.face.Width(r.text)
}

// clean makes a line of a text, such as a folder's name, that SVG can hold.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\uFFFE' || r == '\uFFFF' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// Lines makes one line of all.
func (letters) Lines(s string) []string { return []string{clean(s)} }

// Box is a line's size.
func (h letters) Box(s string, f font.Font) (width, height, depth vg.Length) {
	_, height, depth = h.Plain.Box("", f)
	for _, r := range h.runs(s, f) {
		width += r.width()
	}
	return width, height, depth
}

// Draw draws a line, run by run.
func (h letters) Draw(c vg.Canvas, s string, style text.Style, at vg.Point) {
	if style.Rotation != 0 {
		c.Push()
		defer c.Pop()
		c.Rotate(style.Rotation)
		sin, cos := math.Sincos(style.Rotation)
		at = vg.Point{X: at.Y*vg.Length(sin) + at.X*vg.Length(cos), Y: at.Y*vg.Length(cos) - at.X*vg.Length(sin)}
	}
	c.SetColor(style.Color)
	width, height, depth := h.Box(s, style.Font)
	at.X += vg.Length(style.XAlign) * width
	at.Y += vg.Length(style.YAlign)*(height+depth) + style.Font.Size - height
	for _, r := range h.runs(s, style.Font) {
		end := at.X + r.width()
		r.text = strings.TrimLeft(r.text, " ") // SVG leaves spaces out that a text begins with
		at.X = end - r.width()
		if r.text != "" {
			c.FillString(r.face, at, r.text)
		}
		at.X = end
	}
}

// boxed draws pixels, with a box for each letter that its font lacks: nothing would be there otherwise.
type boxed struct{ *vgimg.Canvas }

// FillString draws a run: all of its letters are in the font, or none is.
func (b boxed) FillString(f font.Face, at vg.Point, s string) {
	var buf sfnt.Buffer
	first, _ := utf8.DecodeRuneInString(s)
	if glyph, err := f.Face.GlyphIndex(&buf, first); err == nil && glyph != 0 {
		b.Canvas.FillString(f, at, s)
		return
	}
	for range s {
		b.Canvas.FillString(f, at, "□")
		at.X += f.Font.Size
	}
}
