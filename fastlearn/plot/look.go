package plot

import (
	"errors"
	"fmt"
	"image/color"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// An Option changes what any figure looks like: [Title], [Size], [DPI], [Dark].
type Option func(*look)

// A MatrixOption is one of [ConfusionMatrix]: any [Option], and [Normalize].
type MatrixOption interface{ matrix(*look) }

func (o Option) matrix(l *look) { o(l) }

type matrixOption func(*look)

func (o matrixOption) matrix(l *look) { o(l) }

// Title sets what stands above the figure, in place of what would stand there.
func Title(text string) Option { return func(l *look) { l.title = text } }

// Size sets the figure's width and height in inches. Curves are laid out for it; what grows with its pictures or classes, such as a
// confusion matrix, is drawn as large as fits. The default is what the contents need.
func Size(width, height float64) Option {
	return func(l *look) { l.width, l.height, l.sized = vg.Length(width)*vg.Inch, vg.Length(height)*vg.Inch, true }
}

// DPI sets how many pixels an inch of a PNG, and of [Figure.Image], has (default 120).
func DPI(dots int) Option { return func(l *look) { l.dpi = dots } }

// Dark draws light on dark.
func Dark() Option { return func(l *look) { l.theme = darkTheme } }

// Normalize shows which part of each class was taken for which, in place of how many: rows add up to 1 (fastai's
// plot_confusion_matrix(normalize=True)).
func Normalize() MatrixOption { return matrixOption(func(l *look) { l.normalize = true }) }

// theme are a figure's colours.
type theme struct {
	background, text, muted, grid, frame, wrong color.RGBA
	full                                        color.RGBA // of a matrix' largest cell
	curves                                      []color.Color
}

// The colours of curves are Okabe and Ito's, which colour-blind people tell apart, for the dark theme lighter. Vermilion, for what
// is wrong, is dark or light enough to be read as text.
var (
	palette = []color.Color{
		color.RGBA{0, 114, 178, 255}, color.RGBA{213, 94, 0, 255}, color.RGBA{0, 158, 115, 255},
		color.RGBA{204, 121, 167, 255}, color.RGBA{86, 180, 233, 255},
	}
	lightTheme = theme{
		background: color.RGBA{255, 255, 255, 255}, text: color.RGBA{0, 0, 0, 255}, muted: color.RGBA{90, 90, 90, 255},
		grid: color.RGBA{225, 225, 225, 255}, frame: color.RGBA{140, 140, 140, 255}, wrong: color.RGBA{179, 71, 0, 255},
		full: color.RGBA{8, 64, 129, 255}, curves: palette,
	}
	darkTheme = theme{
		background: color.RGBA{22, 27, 34, 255}, text: color.RGBA{230, 233, 237, 255}, muted: color.RGBA{165, 172, 181, 255},
		grid: color.RGBA{50, 57, 66, 255}, frame: color.RGBA{110, 118, 129, 255}, wrong: color.RGBA{255, 145, 77, 255},
		full: color.RGBA{125, 200, 245, 255}, curves: []color.Color{
			color.RGBA{86, 180, 233, 255}, color.RGBA{240, 135, 60, 255}, color.RGBA{60, 200, 150, 255}, color.RGBA{224, 155, 195, 255}, color.RGBA{240, 228, 66, 255},
		},
	}
)

func (t *theme) curve(i int) color.Color { return t.curves[i%len(t.curves)] }

// style is that of a text in the theme's colour.
func (t *theme) style(size vg.Length) text.Style {
	s := textStyle(size)
	s.Color = t.text
	return s
}

func textStyle(size vg.Length) text.Style {
	return text.Style{
		Color: color.Black, Font: font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, size),
		Handler: handler,
	}
}

// look is what a figure looks like.
type look struct {
	theme
	title         string
	width, height vg.Length // where sized; what the contents need otherwise
	sized         bool
	dpi           int
	normalize     bool
	notes         []string // below it, such as what isn't drawn
}

// looking applies the options of a figure whose title is that one without.
func looking[O MatrixOption](of, title string, opts []O) (*look, error) {
	l := &look{theme: lightTheme, title: title, dpi: 120}
	err := guard.Options("plot: "+of, opts, func(o O) { o.matrix(l) })
	inches := func(v vg.Length) bool { return v >= vg.Inch/2 && v <= 200*vg.Inch } // which NaN isn't
	if l.sized && !(inches(l.width) && inches(l.height)) {
		err = errors.Join(err, fmt.Errorf("plot: %s: a Size of %v × %v inches: want 0.5 to 200 each", of, float64(l.width/vg.Inch), float64(l.height/vg.Inch)))
	}
	if l.dpi < 10 || l.dpi > 2400 {
		err = errors.Join(err, fmt.Errorf("plot: %s: DPI of %d: want 10 to 2400", of, l.dpi))
	}
	return l, err
}

// Heights of the title and of a note.
const titleRoom, noteRoom = 26, 14

func (l *look) extra() (h vg.Length) {
	if l.title != "" {
		h += titleRoom
	}
	return h + noteRoom*vg.Length(len(l.notes))
}

// fluid is a figure that is drawn into any room; w and h are what it takes without Size.
func (l *look) fluid(w, h vg.Length, draw func(draw.Canvas)) (*Figure, error) {
	if l.sized {
		w, h = l.width, l.height
	}
	return l.figure(&Figure{w: w, h: h, inner: vg.Point{X: w, Y: h}, draw: draw})
}

// fixed is a figure whose contents are as large as they are; Size makes them larger or smaller.
func (l *look) fixed(w, h vg.Length, draw func(draw.Canvas)) (*Figure, error) {
	h += l.extra()
	f := &Figure{w: w, h: h, inner: vg.Point{X: w, Y: h}, draw: draw}
	if l.sized {
		f.w, f.h = l.width, l.height
	}
	return l.figure(f)
}

const mostPixels = 1e8

func (l *look) figure(f *Figure) (*Figure, error) {
	f.look = *l
	if w, h := f.w.Dots(float64(l.dpi)), f.h.Dots(float64(l.dpi)); w*h > mostPixels {
		return nil, fmt.Errorf("plot: %.0f × %.0f pixels are too many for a figure: want a smaller Size or DPI", w, h)
	}
	return f, nil
}

// drawAll draws background, title, contents and notes.
func (f *Figure) drawAll(c draw.Canvas) {
	c.SetColor(f.background)
	c.Fill(rectangle(0, 0, f.w, f.h))
	if scale := min(f.w/f.inner.X, f.h/f.inner.Y); scale != 1 {
		c.Push()
		defer c.Pop()
		c.Translate(vg.Point{X: (f.w - scale*f.inner.X) / 2, Y: (f.h - scale*f.inner.Y) / 2})
		c.Scale(float64(scale), float64(scale))
	}
	c.Rectangle = vg.Rectangle{Max: f.inner}
	if f.title != "" {
		style := f.style(13)
		style.XAlign, style.YAlign = draw.XCenter, draw.YTop
		c.FillText(style, vg.Point{X: f.inner.X / 2, Y: f.inner.Y - 6}, shortened(style.Width, f.title, f.inner.X-16))
		c.Max.Y -= titleRoom
	}
	for _, note := range f.notes {
		style := f.style(9)
		style.Color = f.muted
		c.FillText(style, vg.Point{X: 8, Y: c.Min.Y + 5}, shortened(style.Width, note, f.inner.X-16))
		c.Min.Y += noteRoom
	}
	f.draw(c)
}
