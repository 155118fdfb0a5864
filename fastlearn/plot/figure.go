// Package plot draws what training and interpretation leave: losses, the rate finder's
// curve, schedules, metrics, class balance, confusion matrices, pictures with their labels. The learner
// knows nothing of it. For all of it in one page see package report.
//
//	fig, err := plot.LRFind(found, plot.Dark(), plot.Size(8, 4))
//	err = fig.Save("lr.png") // or lr.svg
//
// Names in any script are drawn, see [AddFont].
package plot

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/scale"
	"github.com/fastlearn-go/fastlearn/internal/diskfile"
)

// Figure is a drawing.
type Figure struct {
	look
	w, h  vg.Length
	inner vg.Point // the room that draw fills, title and notes included, before it is scaled to w and h
	draw  func(draw.Canvas)
}

// Image draws the figure as pixels; nil for a Figure that is nil or empty.
func (f *Figure) Image() image.Image {
	if f == nil || f.draw == nil {
		return nil
	}
	c := f.canvas()
	return c.Image()
}

func (f *Figure) canvas() *vgimg.Canvas {
	c := vgimg.NewWith(vgimg.UseWH(f.w, f.h), vgimg.UseDPI(f.dpi), vgimg.UseBackgroundColor(f.background))
	f.drawAll(draw.New(&scaled{c, []float64{1}}))
	return c
}

// Save writes the figure as PNG or SVG, as the path ends. A file that is there is replaced
// whole or not at all.
func (f *Figure) Save(path string) error {
	if f == nil || f.draw == nil {
		return errors.New("plot: the figure is nil or empty: a function of this package makes one")
	}
	var b bytes.Buffer
	var err error
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".png":
		_, err = vgimg.PngCanvas{Canvas: f.canvas()}.WriteTo(&b)
	case ".svg":
		err = f.svg(&b)
	default:
		err = fmt.Errorf("%q isn't a format of a figure: want .png or .svg", ext)
	}
	if err == nil {
		err = diskfile.ReplaceBytes(path, b.Bytes())
	}
	if err != nil {
		return fmt.Errorf("plot: save %s: %w", path, err)
	}
	return nil
}

// svg writes the figure as SVG. gonum says of its PNG pictures that they are JPEG, which
// some viewers take at its word, and names no font to fall back on where its own, as wide
// as Arial, or one that was added is missing.
func (f *Figure) svg(b *bytes.Buffer) error {
	c := vgsvg.New(f.w, f.h)
	f.drawAll(draw.New(c))
	var drawn bytes.Buffer
	if _, err := c.WriteTo(&drawn); err != nil {
		return err
	}
	text := bytes.ReplaceAll(drawn.Bytes(), []byte("data:image/jpg;"), []byte("data:image/png;"))
	b.Write(family.ReplaceAll(text, []byte("font-family:'$1',Arial,Helvetica,sans-serif;")))
	return nil
}

var family = regexp.MustCompile("font-family:([^;']*);")

// scaled gives lines the width that the canvas' scale makes of it: vgimg scales places alone.
type scaled struct {
	*vgimg.Canvas
	scales []float64
}

// Push remembers the scale.
func (s *scaled) Push() {
	s.scales = append(s.scales, s.scales[len(s.scales)-1])
	s.Canvas.Push()
}

// Pop goes back to it.
func (s *scaled) Pop() {
	s.scales = s.scales[:len(s.scales)-1]
	s.Canvas.Pop()
}

// Scale is that of places, and from here on of lines.
func (s *scaled) Scale(x, y float64) {
	s.scales[len(s.scales)-1] *= x
	s.Canvas.Scale(x, y)
}

// SetLineWidth sets how wide lines are.
func (s *scaled) SetLineWidth(w vg.Length) {
	s.Canvas.SetLineWidth(w * vg.Length(s.scales[len(s.scales)-1]))
}

// newPlot is an empty plot with this package's look.
func (l *look) newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	for style, size := range map[*text.Style]vg.Length{
		&p.Title.TextStyle: 13, &p.Legend.TextStyle: 10, &p.X.Label.TextStyle: 11, &p.Y.Label.TextStyle: 11, &p.X.Tick.Label: 9, &p.Y.Tick.Label: 9,
	} {
		style.Font.Variant, style.Font.Size, style.Handler, style.Color = "Sans", size, handler, l.text
	}
	p.BackgroundColor = color.Transparent
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Color, a.Tick.Color = l.text, l.text
	}
	p.Title.Padding = 6
	p.X.Padding, p.Y.Padding = 4, 4
	p.X.Tick.Marker, p.Y.Tick.Marker = roundTicks{whole: true}, roundTicks{}
	p.Legend.Top = true
	p.Legend.YOffs = 16 // above the curves
	p.Legend.Padding = 3
	g := plotter.NewGrid()
	g.Vertical.Color, g.Horizontal.Color = l.grid, l.grid
	p.Add(g)
	return p
}

// tiled draws plots in rows of two.
func (l *look) tiled(h vg.Length, plots ...*plot.Plot) (*Figure, error) {
	for _, p := range plots {
		widened(&p.X, 0, 0.5)
		widened(&p.Y, 0.05, math.Abs(p.Y.Min)*0.1)
	}
	columns := min(len(plots), 2)
	var rows [][]*plot.Plot
	for row := range slices.Chunk(plots, columns) {
		rows = append(rows, append(slices.Clone(row), make([]*plot.Plot, columns-len(row))...))
	}
	w := 5 * vg.Inch * vg.Length(columns)
	return l.fluid(w, h*vg.Length(len(rows)), func(c draw.Canvas) {
		tiles := draw.Tiles{Rows: len(rows), Cols: columns, PadX: 18, PadY: 14, PadTop: 8, PadBottom: 8, PadLeft: 8, PadRight: 16}
		for i, row := range plot.Align(rows, tiles, c) {
			for k, canvas := range row {
				if rows[i][k] != nil {
					rows[i][k].Draw(canvas)
				}
			}
		}
	})
}

// widened gives an axis a part of its length more at both sides, and one on which all is at one place so much room.
func widened(a *plot.Axis, part, room float64) {
	if a.Min < a.Max && a.Max-a.Min < most {
		room = part * (a.Max - a.Min)
	}
	if a.Min <= a.Max && room > 0 {
		a.Min, a.Max = a.Min-room, a.Max+room
	}
}

// roundTicks divides an axis at round numbers.
type roundTicks struct{ whole bool }

// Ticks are about five, each with its number.
func (r roundTicks) Ticks(least, most float64) (ticks []plot.Tick) {
	for _, t := range scale.Ticks(least, most, 5, r.whole) {
		ticks = append(ticks, plot.Tick{Value: t.Value, Label: t.Label})
	}
	return ticks
}

var (
	errNothing   = errors.New("plot: nothing was recorded yet: train first")
	errNoNumbers = errors.New("plot: none of the losses is a number: the training has diverged, try a smaller rate")
)
