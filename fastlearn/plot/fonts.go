package plot

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode"

	"codeberg.org/go-fonts/liberation/liberationsansregular"
	gotext "github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/fontscan"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"gonum.org/v1/plot/font"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
)

// typeface is a font: its outlines, and what an SVG calls it.
type typeface struct {
	*gotext.Face
	svg font.Face
}

// fonts are asked for a letter in this order; the system's are read when none of the others has it.
var fonts = struct {
	sync.Mutex
	own, added, found []*typeface
	system            func() ([]fontscan.Footprint, error)
	known             []fontscan.Footprint // the system's, once asked for
	without           map[rune]bool        // letters that no font has
	warned            map[string]bool      // scripts
	warnings          []string             // to be told
	lines             map[string]shaped    // what was shaped already
}{own: []*typeface{liberation()}, system: systemFonts, without: map[rune]bool{}, warned: map[string]bool{}, lines: map[string]shaped{}}

// liberation is the figures' own font.
func liberation() *typeface {
	t, err := parseFont(liberationsansregular.TTF, 0)
	if err != nil {
		panic(err)
	}
	return t
}

// AddFont reads a font file, .ttf, .otf or the first font of a .ttc, for letters that the figures' own font lacks: Liberation
// Sans has Latin, Greek, Cyrillic and Hebrew ones. Without it the system's fonts are looked through for such letters.
// Letters that no font has are boxes in a PNG, which [vision.Warn] is told once for each script; in an SVG the viewer finds a font by itself.
func AddFont(path string) error {
	data, err := diskfile.ReadFile(path)
	if err == nil {
		var t *typeface
		if t, err = parseFont(data, 0); err == nil {
			fonts.Lock()
			defer fonts.Unlock()
			if !slices.ContainsFunc(fonts.added, func(o *typeface) bool { return o.svg.Font == t.svg.Font }) {
				fonts.added = append(fonts.added, t)
				clear(fonts.without)
				clear(fonts.lines)
			}
			return nil
		}
	}
	return fmt.Errorf("plot: font %s: %w", path, diskfile.Cause(err))
}

// parseFont reads the font at that place of a file of one or several.
func parseFont(data []byte, place int) (*typeface, error) {
	faces, err := gotext.ParseTTC(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	all, err := opentype.ParseCollection(data)
	if err != nil {
		return nil, err
	}
	one, err := all.Font(place)
	if err != nil {
		return nil, err
	}
	name, err := one.Name(nil, sfnt.NameIDFamily)
	if err != nil {
		return nil, fmt.Errorf("it has no name: %w", err)
	}
	return &typeface{faces[min(place, len(faces)-1)], font.Face{Font: font.Font{Typeface: font.Typeface(name)}, Face: one}}, nil
}

// systemFonts lists the system's fonts; an index of them is kept in the user's cache, where it can be.
func systemFonts() ([]fontscan.Footprint, error) {
	quiet := log.New(io.Discard, "", 0)
	if cache, err := os.UserCacheDir(); err == nil {
		dir := filepath.Join(cache, "fastlearn", "fonts")
		if err := os.MkdirAll(dir, 0o777); err == nil {
			if all, err := fontscan.SystemFonts(quiet, dir); err == nil {
				return all, nil
			}
		}
	}
	dir, err := os.MkdirTemp("", "fastlearn-fonts-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	return fontscan.SystemFonts(quiet, dir)
}

// has tells whether a font draws a letter by an outline: coloured bitmaps, such as emoji, aren't one.
func (t *typeface) has(r rune) bool {
	gid, ok := t.NominalGlyph(r)
	if !ok || gid == 0 {
		return false
	}
	o, ok := t.GlyphData(gid).(gotext.GlyphOutline)
	return ok && (len(o.Segments) > 0 || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r))
}

// ResolveFace finds a font that has a letter; of none it is the figures' own.
func (h letters) ResolveFace(r rune) *gotext.Face {
	for _, list := range [][]*typeface{fonts.own, fonts.added, fonts.found} {
		for _, t := range list {
			if t.has(r) {
				return t.Face
			}
		}
	}
	if unicode.Is(unicode.Cf, r) || fonts.without[r] {
		return fonts.own[0].Face
	}
	if fonts.known == nil {
		all, err := fonts.system()
		if err != nil { // as if there were none: the warning says what to do
			all = nil
		}
		fonts.known = append([]fontscan.Footprint{}, all...)
		slices.SortStableFunc(fonts.known, func(a, b fontscan.Footprint) int { return cmp.Compare(oddity(a), oddity(b)) })
	}
	for _, f := range fonts.known {
		if !f.Runes.Contains(r) {
			continue
		}
		data, err := diskfile.ReadFile(f.Location.File)
		if err != nil {
			continue
		}
		if t, err := parseFont(data, int(f.Location.Index)); err == nil && t.has(r) {
			fonts.found = append(fonts.found, t)
			return t.Face
		}
	}
	fonts.without[r] = true
	h.warn(r)
	return fonts.own[0].Face
}

// oddity is how far a font is from an upright sans serif of usual weight.
func oddity(f fontscan.Footprint) (n int) {
	name := strings.ToLower(f.Family)
	for i, odd := range []bool{strings.Contains(name, "mono"), f.Aspect.Style != gotext.StyleNormal, f.Aspect.Weight != gotext.WeightNormal, !strings.Contains(name, "sans"), f.Aspect.Stretch != gotext.StretchNormal} {
		if odd {
			n += 1 << i
		}
	}
	return n
}

// warn names a script that no font has, once.
func (letters) warn(r rune) {
	script := "Common"
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			script = strings.ReplaceAll(name, "_", " ")
		}
	}
	what := "letters of the script " + script
	if script == "Common" || script == "Inherited" {
		what = "signs"
	}
	if fonts.warned[script] {
		return
	}
	fonts.warned[script] = true
	fonts.warnings = append(fonts.warnings, fmt.Sprintf("plot: no font has %s, such as %q (%U): a PNG shows boxes in their place. Install a font for them, or give one to plot.AddFont", what, r, r))
}
