package plot

import (
	"errors"
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// ConfusionMatrix draws how often each class, a row, was taken for each class, a column;
// what is right lies on the diagonal. It grows with the number of classes, so that names
// and numbers stay readable (fastai's plot_confusion_matrix).
func ConfusionMatrix(i *fastlearn.Interpretation) (*Figure, error) {
	if err := guard.Given("plot: ConfusionMatrix", i); err != nil {
		return nil, err
	}
	if i.Targets == nil || len(i.Vocab) == 0 {
		return nil, errors.New("plot: a confusion matrix needs predictions of classes and their targets")
	}
	m := i.ConfusionMatrix()
	name := textStyle(9)
	margin := vg.Length(0)
	names := make([]string, len(i.Vocab))
	for k, v := range i.Vocab {
		names[k] = shortened(name.Width, v, 180)
		margin = max(margin, name.Width(names[k]))
	}
	label := margin
	margin += 30
	cell := vg.Length(28)
	switch {
	case len(m) > 200: // names and numbers would fill a wall
		return nil, fmt.Errorf("plot: a confusion matrix of %d classes can't be read: MostConfused lists what it would show", len(m))
	case len(m) > 20:
		cell = 16
	}
	margin = max(margin, 50) // half of the title, above a single class
	width := max(cell*vg.Length(len(m)), 112)
	return &Figure{margin + width + 24, label + cell*vg.Length(len(m)) + 56, func(c draw.Canvas) { drawMatrix(c, m, names, margin, label, cell) }}, nil
}

func drawMatrix(c draw.Canvas, m [][]int, vocab []string, margin, longest, cell vg.Length) {
	n := vg.Length(len(m))
	left, top := c.Min.X+margin, c.Max.Y-26
	bottom := top - n*cell
	most := 1
	for _, row := range m {
		for _, v := range row {
			most = max(most, v)
		}
	}
	title := textStyle(13)
	title.XAlign, title.YAlign = draw.XCenter, draw.YTop
	c.FillText(title, vg.Point{X: left + n*cell/2, Y: c.Max.Y - 4}, "Confusion matrix")

	number, label := textStyle(min(9, cell*0.5)), textStyle(9)
	number.XAlign, number.YAlign = draw.XCenter, draw.YCenter
	for row, counts := range m {
		y := top - cell*vg.Length(row+1)
		for col, v := range counts {
			x := left + cell*vg.Length(col)
			share := math.Sqrt(float64(v) / float64(most)) // a root, so that few are seen too
			c.SetColor(blue(share))
			c.Fill(rectangle(x, y, cell, cell))
			if v == 0 {
				continue
			}
			number.Color = color.Black
			if share > 0.6 {
				number.Color = color.White
			}
			fitting := number
			for fitting.Width(fmt.Sprint(v)) > cell-2 && fitting.Font.Size > 3 {
				fitting.Font.Size--
			}
			c.FillText(fitting, vg.Point{X: x + cell/2, Y: y + cell/2}, fmt.Sprint(v))
		}
		label.Rotation, label.XAlign, label.YAlign = 0, draw.XRight, draw.YCenter
		c.FillText(label, vg.Point{X: left - 4, Y: y + cell/2}, vocab[row])
		label.Rotation, label.XAlign = math.Pi/2, draw.XRight
		c.FillText(label, vg.Point{X: left + cell*(vg.Length(row)+0.5), Y: bottom - 4}, vocab[row])
	}
	grid := draw.LineStyle{Color: color.Gray{225}, Width: 0.4}
	for k := range m {
		at := cell * vg.Length(k)
		c.StrokeLines(grid, []vg.Point{{X: left + at, Y: bottom}, {X: left + at, Y: top}}, []vg.Point{{X: left, Y: bottom + at}, {X: left + n*cell, Y: bottom + at}})
	}
	c.StrokeLines(draw.LineStyle{Color: color.Gray{140}, Width: 0.7}, outline(left, bottom, n*cell, n*cell))
	axis := textStyle(10)
	axis.XAlign, axis.YAlign = draw.XCenter, draw.YTop
	c.FillText(axis, vg.Point{X: left + n*cell/2, Y: bottom - longest - 10}, "predicted")
	axis.Rotation = math.Pi / 2
	c.FillText(axis, vg.Point{X: c.Min.X + 3, Y: bottom + n*cell/2}, "actual")
}

// blue goes from white to dark blue.
func blue(share float64) color.Color {
	mix := func(to float64) uint8 { return uint8(255 + share*(to-255)) }
	return color.RGBA{mix(8), mix(64), mix(129), 255}
}

func rectangle(x, y, w, h vg.Length) vg.Path {
	var p vg.Path
	p.Move(vg.Point{X: x, Y: y})
	p.Line(vg.Point{X: x + w, Y: y})
	p.Line(vg.Point{X: x + w, Y: y + h})
	p.Line(vg.Point{X: x, Y: y + h})
	p.Close()
	return p
}

// outline is a rectangle as a line.
func outline(x, y, w, h vg.Length) []vg.Point {
	return []vg.Point{{X: x, Y: y}, {X: x + w, Y: y}, {X: x + w, Y: y + h}, {X: x, Y: y + h}, {X: x, Y: y}}
}

func textStyle(size vg.Length) text.Style {
	return text.Style{
		Color: color.Black, Font: font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, size),
		Handler: handler,
	}
}

func short(v float64) string { return fmt.Sprintf("%.1e", v) }
