package plot

import (
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/go-text/typesetting/bidi"
	"github.com/go-text/typesetting/di"
	gotext "github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/fastlearn-go/fastlearn/vision"
)

// letters is the handler of all text of a figure. It takes each letter from a font that has it, orders what runs from right to left, and joins
// letters as their script does (Unicode's bidirectional algorithm, and HarfBuzz's shaping in Go).
type letters struct{ text.Plain }

var handler = letters{text.Plain{Fonts: font.DefaultCache}}

// shaped is a line, its pieces from left to right, for a size of 1.
type shaped struct {
	pieces []piece
	width  float64
}

// piece is what is in one font and runs in one direction.
type piece struct {
	text        string // as it is written, which an SVG's viewer shapes by itself
	rtl         bool
	face        *typeface
	glyphs      []glyph
	width, lead float64 // lead is that of the spaces at its left end
	level       bidi.Level
}

type glyph struct {
	id   gotext.GID
	x, y float64
}

// unit is the size at which lines are shaped: sizes are in 64ths there.
const unit = 1 << 10

// clean makes a line of a text, such as a folder's name, that SVG can hold.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\uFFFE' || r == '\uFFFF' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// isolated keeps a name's direction from the text around it.
func isolated(name string) string { return "\u2068" + name + "\u2069" }

// shape lays a line out, or remembers how it was.
func (h letters) shape(s string) shaped {
	line, told := h.shapeLocked(s)
	for _, text := range told {
		if vision.Warn != nil { // which may draw by itself
			vision.Warn(text)
		}
	}
	return line
}

func (h letters) shapeLocked(s string) (line shaped, told []string) {
	fonts.Lock()
	defer fonts.Unlock()
	defer func() { told, fonts.warnings = fonts.warnings, nil }()
	if line, ok := fonts.lines[s]; ok {
		return line, nil
	}
	runes := []rune(clean(s))
	var para bidi.Paragraph
	var split shaping.Segmenter
	var shaper shaping.HarfbuzzShaper
	runs := para.Segment(runes, bidi.Neutral)
	for i := range runs.NumRuns() {
		r := runs.Run(i)
		in := shaping.Input{Text: runes, RunStart: r.Start, RunEnd: r.End, Size: fixed.I(unit), Direction: di.DirectionLTR}
		if !r.IsLeftToRight() {
			in.Direction = di.DirectionRTL
		}
		for _, in := range split.Split(in, h) {
			p := piece{rtl: in.Direction == di.DirectionRTL, face: owner(in.Face), level: r.Level}
			p.fill(shaper.Shape(in), runes[in.RunStart:in.RunEnd], in.RunStart)
			line.pieces, line.width = append(line.pieces, p), line.width+p.width
		}
	}
	ordered(line.pieces)
	if len(fonts.lines) > 1<<12 {
		clear(fonts.lines)
	}
	fonts.lines[strings.Clone(s)] = line
	return line, nil
}

// owner is the typeface of a face.
func owner(f *gotext.Face) *typeface {
	for _, t := range slices.Concat(fonts.own, fonts.added, fonts.found) {
		if t.Face == f {
			return t
		}
	}
	return fonts.own[0]
}

// fill takes the glyphs of a run over. A letter that no font has is a box as wide as high, as a viewer of an SVG may draw it.
func (p *piece) fill(out shaping.Output, runes []rune, start int) {
	box, _ := p.face.NominalGlyph('□')
	at := func(i int) rune { return runes[i] } // from the left
	if p.rtl {
		at = func(i int) rune { return runes[len(runes)-1-i] }
	}
	spaces := 0
	for spaces < len(runes) && at(spaces) == ' ' {
		spaces++
	}
	em := func(v fixed.Int26_6) float64 { return float64(v) / 64 / unit }
	for _, g := range out.Glyphs {
		id, advance := g.GlyphID, em(g.Advance)
		if id == 0 && p.face == fonts.own[0] {
			id, advance = box, 1
		}
		p.glyphs = append(p.glyphs, glyph{id, p.width + em(g.XOffset), em(g.YOffset)})
		place := g.TextIndex() - start
		if p.rtl {
			place = len(runes) - 1 - place
		}
		if p.width += advance; place < spaces {
			p.lead += advance
		}
	}
	p.text = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, string(runes))
}

// ordered turns pieces in the order of reading into those from left to right: from the highest level down, what is of a level or
// above it is reversed.
func ordered(pieces []piece) {
	top := bidi.Level(0)
	for _, p := range pieces {
		top = max(top, p.level)
	}
	for level := top; level > 0; level-- {
		for i := 0; i < len(pieces); i++ {
			end := i
			for end < len(pieces) && pieces[end].level >= level {
				end++
			}
			slices.Reverse(pieces[i:end])
			i = max(i, end-1)
		}
	}
}

// Lines makes one line of all.
func (letters) Lines(s string) []string { return []string{clean(s)} }

// Box is a line's size.
func (h letters) Box(s string, f font.Font) (width, height, depth vg.Length) {
	_, height, depth = h.Plain.Box("", f)
	return vg.Length(h.shape(s).width) * f.Size, height, depth
}

// Draw draws a line, piece by piece: as text in an SVG, as outlines in pixels.
func (h letters) Draw(c vg.Canvas, s string, style text.Style, at vg.Point) {
	if style.Rotation != 0 {
		c.Push()
		defer c.Pop()
		c.Rotate(style.Rotation)
		sin, cos := math.Sincos(style.Rotation)
		at = vg.Point{X: at.Y*vg.Length(sin) + at.X*vg.Length(cos), Y: at.Y*vg.Length(cos) - at.X*vg.Length(sin)}
	}
	c.SetColor(style.Color)
	line, size := h.shape(s), style.Font.Size
	_, height, depth := h.Box("", style.Font)
	at.X += vg.Length(style.XAlign) * vg.Length(line.width) * size
	at.Y += vg.Length(style.YAlign)*(height+depth) + size - height
	for _, p := range line.pieces {
		if written(c) {
			p.write(c, at, size)
		} else {
			c.Fill(p.outlines(at, size))
		}
		at.X += vg.Length(p.width) * size
	}
}

// written tells whether a canvas takes text as text.
func written(c vg.Canvas) bool {
	if d, ok := c.(*draw.Canvas); ok {
		c = d.Canvas
	}
	_, svg := c.(*vgsvg.Canvas)
	return svg
}

// write leaves ordering and shaping of a piece to the viewer, in the direction that it has here. SVG leaves spaces out that a text begins or ends with.
func (p *piece) write(c vg.Canvas, at vg.Point, size vg.Length) {
	s := strings.Trim(p.text, " ")
	if s == "" {
		return
	}
	if at.X += vg.Length(p.lead) * size; p.rtl {
		s = "\u2067" + s + "\u2069"
	}
	face := p.face.svg
	face.Font.Size = size
	c.FillString(face, at, s)
}

// outlines are a piece's glyphs as one path.
func (p *piece) outlines(at vg.Point, size vg.Length) (path vg.Path) {
	fonts.Lock() // a face isn't for several goroutines
	defer fonts.Unlock()
	scale := float64(size) / float64(p.face.Upem())
	for _, g := range p.glyphs {
		o, ok := p.face.GlyphData(g.id).(gotext.GlyphOutline)
		if !ok {
			continue
		}
		place := func(q opentype.SegmentPoint) vg.Point {
			return vg.Point{X: at.X + vg.Length(g.x*float64(size)+float64(q.X)*scale), Y: at.Y + vg.Length(g.y*float64(size)+float64(q.Y)*scale)}
		}
		for i, s := range o.Segments {
			switch s.Op {
			case opentype.SegmentOpMoveTo:
				if i > 0 {
					path.Close()
				}
				path.Move(place(s.Args[0]))
			case opentype.SegmentOpLineTo:
				path.Line(place(s.Args[0]))
			case opentype.SegmentOpQuadTo:
				path.QuadTo(place(s.Args[0]), place(s.Args[1]))
			case opentype.SegmentOpCubeTo:
				path.CubeTo(place(s.Args[0]), place(s.Args[1]), place(s.Args[2]))
			}
		}
		if len(o.Segments) > 0 {
			path.Close()
		}
	}
	return path
}
