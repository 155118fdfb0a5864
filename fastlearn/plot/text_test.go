package plot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-text/typesetting/fontscan"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/vision"
)

// alone takes added and the system's fonts away for a test; what it returns gives them back.
func alone(t *testing.T) (back func()) {
	t.Helper()
	fonts.Lock()
	defer fonts.Unlock()
	added, found, known, system := fonts.added, fonts.found, fonts.known, fonts.system
	reset := func() { clear(fonts.without); clear(fonts.warned); clear(fonts.lines) }
	fonts.added, fonts.found, fonts.known, fonts.system = nil, nil, nil, func() ([]fontscan.Footprint, error) { return nil, errors.New("none") }
	reset()
	return func() {
		fonts.Lock()
		defer fonts.Unlock()
		fonts.added, fonts.found, fonts.known, fonts.system = added, found, known, system
		reset()
	}
}

// order is the text of a line's pieces from left to right, and which of them run to the left.
func order(s string) (text []string, rtl []bool) {
	for _, p := range handler.shape(s).pieces {
		text, rtl = append(text, p.text), append(rtl, p.rtl)
	}
	return text, rtl
}

// Lines are ordered as Unicode's algorithm has them.
func TestOrderOfDirections(t *testing.T) {
	defer alone(t)()
	for _, c := range []struct {
		line string
		want []string
		rtl  []bool
	}{
		{"rose", []string{"rose"}, []bool{false}},
		{"ורד", []string{"ורד"}, []bool{true}},
		{"the ורד אדום rose", []string{"the ", "ורד אדום", " rose"}, []bool{false, true, false}},
		{"ורד rose אדום", []string{" אדום", "rose", "ורד "}, []bool{true, false, true}},
		{"ורד 12 אדום", []string{" אדום", "12", "ורד "}, []bool{true, false, true}},
		{"a ורד 12 אדום b", []string{"a ", " אדום", "12", "ורד ", " b"}, []bool{false, true, false, true, false}},
		{isolated("ורד") + " / " + isolated("חמנית") + " / 1.20", []string{"", "ורד", " / ", "חמנית", " / 1.20"}, []bool{false, true, false, true, false}},
	} {
		text, rtl := order(c.line)
		if !slices.Equal(text, c.want) || !slices.Equal(rtl, c.rtl) {
			t.Errorf("%q: %q %v, want %q %v", c.line, text, rtl, c.want, c.rtl)
		}
	}
}

const tiny = "testdata/tiny.ttf" // of tiny.py: an Arabic letter whose forms are 0.6, 0.3, 0.2 and 0.7 wide, and a Chinese one

// warned are what Warn is told within a test.
func warned(t *testing.T) *[]string {
	t.Helper()
	var texts []string
	old := vision.Warn
	vision.Warn = func(text string) { texts = append(texts, text) }
	t.Cleanup(func() { vision.Warn = old })
	return &texts
}

// Letters that join take the forms of their places, and run from right to left.
func TestJoinedLetters(t *testing.T) {
	defer alone(t)()
	if err := AddFont(tiny); err != nil {
		t.Fatal(err)
	}
	for line, widths := range parity.Sorted(map[string][]float64{"ب": {0.6}, "بب": {0.7, 0.3}, "ببب": {0.7, 0.2, 0.3}, "ب ب": {0.6, 0.25, 0.6}}) {
		pieces := handler.shape(line).pieces
		if len(pieces) != 1 || !pieces[0].rtl || pieces[0].face.svg.Font.Typeface != "Tiny Blocks" {
			t.Fatalf("%q: %+v", line, pieces)
		}
		x := 0.0
		for i, g := range pieces[0].glyphs {
			if i >= len(widths) || math.Abs(g.x-x) > 1e-3 {
				t.Fatalf("%q: glyph %d is at %v, want %v of %v", line, i, g.x, x, widths)
			}
			x += widths[i]
		}
		if w := handler.shape(line).width; math.Abs(w-x) > 1e-3 {
			t.Errorf("%q is %v wide, want %v", line, w, x)
		}
	}
}

// A letter that the figures' font lacks is looked for in the system's fonts; where none has it, its script is named once.
func TestFontsOfTheSystem(t *testing.T) {
	defer alone(t)()
	told := warned(t)
	handler.shape("花")
	handler.shape("花园 ვარდი")
	handler.shape("ვ 园")
	if len(*told) != 2 || !strings.Contains((*told)[0], "Han, such as '花'") || !strings.Contains((*told)[1], "Georgian") {
		t.Errorf("without fonts: %q", *told)
	}
	back := alone(t)
	defer back()
	var runes fontscan.RuneSet
	runes.Add('花')
	asked := 0
	fonts.system = func() ([]fontscan.Footprint, error) {
		asked++
		return []fontscan.Footprint{{Location: fontscan.Location{File: "testdata/absent.ttf"}, Runes: runes}, {Location: fontscan.Location{File: tiny}, Runes: runes}}, nil
	}
	*told = nil
	for range 2 {
		if p := handler.shape("花 rose").pieces; len(p) != 2 || p[0].face.svg.Font.Typeface != "Tiny Blocks" || p[1].face != fonts.own[0] {
			t.Errorf("%+v", p)
		}
		clear(fonts.lines)
	}
	if handler.shape("rose"); asked != 1 || len(*told) != 0 || len(fonts.found) != 1 {
		t.Errorf("asked %d times, found %d fonts, said %q", asked, len(fonts.found), *told)
	}
}

// An SVG has text as it is written, for its viewer to shape, with the direction of a piece.
func TestTextOfSVG(t *testing.T) {
	defer alone(t)()
	f, err := Pictures([]Tile{{Picture: image.NewGray(image.Rect(0, 0, 4, 4)), Lines: []string{"ורד! rose"}}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.svg")
	if err := f.Save(path); err != nil {
		t.Fatal(err)
	}
	svg, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(svg, []byte(">\u2067ורד!\u2069</text>")) || !bytes.Contains(svg, []byte(">rose</text>")) {
		t.Errorf("%v\n%s", err, svg)
	}
	wellFormed(t, "svg", svg)
	for _, p := range handler.shape("ורד! rose").pieces { // rose, and to its right the rest, a space first
		if want := 0.278; p.rtl && math.Abs(p.lead-want) > 0.01 || !p.rtl && p.lead != 0 {
			t.Errorf("%q begins with %v of spaces", p.text, p.lead)
		}
	}
}

// wellFormed tells whether an SVG is XML.
func wellFormed(t *testing.T, name string, svg []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
	}
}
