package plot

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"strings"

	"github.com/disintegration/imaging"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/toploss"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/vision"
)

// Tile is a picture with lines of text above it, vermilion and framed where something is wrong with
// it. A line that is too long for the picture's width becomes two.
type Tile struct {
	Picture image.Image
	Lines   []string
	Wrong   bool
}

// Pictures draws tiles in rows, as square as may be.
func Pictures(tiles []Tile, opts ...Option) (*Figure, error) {
	l, err := looking("Pictures", "", opts)
	if err != nil {
		return nil, err
	}
	return l.pictures(tiles)
}

func (l *look) pictures(tiles []Tile) (*Figure, error) {
	return l.tiles(tiles, int(math.Ceil(math.Sqrt(float64(len(tiles))))))
}

// Row draws tiles beside each other.
func Row(tiles []Tile, opts ...Option) (*Figure, error) {
	l, err := looking("Row", "", opts)
	if err != nil {
		return nil, err
	}
	return l.tiles(tiles, len(tiles))
}

const side, gap, lineRoom = 120, 12, 12 // of a tile, and of its text

func (l *look) tiles(tiles []Tile, columns int) (*Figure, error) {
	if len(tiles) == 0 {
		return nil, errors.New("plot: there are no pictures to draw")
	}
	for i, t := range tiles {
		if t.Picture == nil || t.Picture.Bounds().Empty() {
			return nil, fmt.Errorf("plot: tile %d has no picture", i+1)
		}
	}
	style := l.style(10)
	style.XAlign, style.YAlign = draw.XCenter, draw.YTop
	texts := make([][]string, len(tiles))
	lines := 0
	for i, t := range tiles {
		for _, l := range t.Lines {
			texts[i] = append(texts[i], wrapped(style.Width, l, side+gap/2)...)
		}
		lines = max(lines, len(texts[i]))
	}
	rows := (len(tiles) + columns - 1) / columns
	head := vg.Length(lines*lineRoom + 4)
	high := side + head + gap
	w, h := gap+vg.Length(columns)*(side+gap), gap+vg.Length(rows)*high
	return l.fixed(w, h, func(c draw.Canvas) {
		for i, t := range tiles {
			x := c.Min.X + gap + vg.Length(i%columns)*(side+gap)
			top := c.Max.Y - gap/2 - vg.Length(i/columns)*high
			style := style
			if t.Wrong {
				style.Color = l.wrong
			}
			for k, l := range texts[i] { // down to the picture
				up := vg.Length((lines - len(texts[i]) + k) * lineRoom)
				c.FillText(style, vg.Point{X: x + side/2, Y: top - up}, l)
			}
			l.drawPicture(c, t.Picture, x, top-head-side, side, t.Wrong)
		}
	})
}

const drawnPixels = 440 // of a picture's longer side: more than its square shows

// drawPicture fits a picture into a square, at its top, without changing its shape.
func (l *look) drawPicture(c draw.Canvas, m image.Image, x, y, side vg.Length, framed bool) {
	m = imaging.Fit(m, drawnPixels, drawnPixels, imaging.Linear)
	b := m.Bounds()
	w, h := side, side
	if b.Dx() > b.Dy() {
		h *= vg.Length(b.Dy()) / vg.Length(b.Dx())
	} else {
		w *= vg.Length(b.Dx()) / vg.Length(b.Dy())
	}
	at := vg.Point{X: x + (side-w)/2, Y: y + side - h}
	c.DrawImage(vg.Rectangle{Min: at, Max: vg.Point{X: at.X + w, Y: at.Y + h}}, m)
	if framed {
		c.StrokeLines(draw.LineStyle{Color: l.wrong, Width: 2}, outline(at.X, at.Y, w, h))
	}
}

// wrapped breaks a text that is wider than there is room into two lines, at a space, _ or - where there is
// one, and cuts the second off if it must.
func wrapped(width func(string) vg.Length, s string, most vg.Length) []string {
	runes := []rune(s)
	fits := len(runes)
	for fits > 1 && width(string(runes[:fits])) > most {
		fits--
	}
	if fits >= len(runes) {
		return []string{s}
	}
	at := fits
	for k := fits; k > fits/2; k-- {
		if strings.ContainsRune(" _-", runes[k-1]) {
			at = k
			break
		}
	}
	return []string{strings.TrimRight(string(runes[:at]), " "), shortened(width, string(runes[at:]), most)}
}

// shortened cuts a line off that is wider than there is room.
func shortened(width func(string) vg.Length, s string, most vg.Length) string {
	runes := []rune(s)
	for len(runes) > 1 && width(s) > most {
		runes = runes[:len(runes)-1]
		s = string(runes) + "…"
	}
	return s
}

// Batch draws the first pictures of a loader's next batch, such as dls.Train's, with their labels (fastai's
// show_batch). For what becomes of one picture, make the loader by NewDL with
// [data.Unique].
func Batch(ctx context.Context, loader data.Loader, most int, opts ...Option) (*Figure, error) {
	l, err := looking("Batch", "", opts)
	if err != nil {
		return nil, err
	}
	dl, ok := loader.(*data.ItemLoader)
	if !ok {
		return nil, errors.New("plot: the loader is a custom one: it has no pictures to show")
	}
	b, err := dl.OneBatch(ctx)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	shown, err := dl.Decode(b)
	if err != nil {
		return nil, err
	}
	var tiles []Tile
	for _, s := range shown[:min(max(most, 0), len(shown))] {
		tiles = append(tiles, Tile{Picture: s.Picture.ToGo(), Lines: []string{s.Label}})
	}
	return l.pictures(tiles)
}

// TopLosses draws the pictures with the largest losses, below each other what each was taken for, what it
// is, its loss and, of classes, the probability of what it was taken for; wrong ones are framed (fastai's
// plot_top_losses).
func TopLosses(i *fastlearn.Interpretation, k int, opts ...Option) (*Figure, error) {
	l, err := looking("TopLosses", "", opts)
	if err := errors.Join(guard.Given("plot: TopLosses", i), err); err != nil {
		return nil, err
	}
	if i.Losses == nil {
		return nil, errors.New("plot: the predictions have no losses: their loader has no labels")
	}
	if l.title == "" {
		l.title = toploss.Heading(i)
	}
	return l.items(i, i.TopLosses(max(k, 1)), true)
}

// Results draws the first k pictures, above each what it is and then what it was taken for; wrong ones
// are framed (fastai's show_results).
func Results(i *fastlearn.Interpretation, k int, opts ...Option) (*Figure, error) {
	l, err := looking("Results", "", opts)
	if err := errors.Join(guard.Given("plot: Results", i), err); err != nil {
		return nil, err
	}
	var first []int
	for p := range min(max(k, 0), len(i.Decoded)+len(i.DecodedRows)) {
		first = append(first, p)
	}
	return l.items(i, first, false)
}

func (l *look) items(i *fastlearn.Interpretation, places []int, losses bool) (*Figure, error) {
	if i.Files == nil {
		return nil, errors.New("plot: the pictures are of custom loaders: there are no files to show")
	}
	if n := len(i.Decoded) + len(i.DecodedRows); len(i.Files) != n { // one of the two is nil
		return nil, fmt.Errorf("plot: %d files for %d predictions: want those at the places that Preds.Items has", len(i.Files), n)
	}
	var tiles []Tile
	for _, p := range places {
		m, err := vision.Open(i.Files[p])
		if err != nil {
			return nil, err
		}
		t := l.told(i, p, losses)
		t.Picture = imaging.Fit(m.ToGo(), drawnPixels, drawnPixels, imaging.Linear)
		tiles = append(tiles, t)
	}
	return l.pictures(tiles)
}

// told is a picture's text: what it is and what it was taken for, or of the largest losses what [toploss.Heading] says.
func (l *look) told(i *fastlearn.Interpretation, p int, losses bool) Tile {
	if i.Targets == nil && i.TargetRows == nil { // no labels
		return Tile{Lines: []string{i.Predicted(p)}}
	}
	t := Tile{Lines: []string{i.Actual(p), i.Predicted(p)}, Wrong: i.Wrong(p)}
	if !losses {
		return t
	}
	prediction, actual, numbers := toploss.Words(i, p)
	t.Lines = []string{isolated(prediction) + " / " + isolated(actual)}
	if style := l.style(10); style.Width(t.Lines[0]) > side+gap/2 { // so that neither is cut off for the other
		t.Lines = []string{prediction, "/ " + isolated(actual)}
	}
	t.Lines = append(t.Lines, numbers)
	return t
}
