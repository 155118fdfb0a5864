package plot

import (
	"errors"
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// ConfusionMatrix draws how often each class, a row, was taken for each class, a column;
// what is right lies on the diagonal. It grows with the number of classes, so that names
// and numbers stay readable (fastai's plot_confusion_matrix). A row without items stays blank.
func ConfusionMatrix(i *fastlearn.Interpretation, opts ...MatrixOption) (*Figure, error) {
	l, err := looking("ConfusionMatrix", "Confusion matrix", opts)
	if err := errors.Join(guard.Given("plot: ConfusionMatrix", i), err); err != nil {
		return nil, err
	}
	if i.Targets == nil || len(i.Vocab) == 0 {
		return nil, errors.New("plot: a confusion matrix needs predictions of classes and their targets")
	}
	m := &matrix{look: l, counts: i.ConfusionMatrix(), cell: 28}
	name := l.style(9)
	for _, v := range i.Vocab {
		m.names = append(m.names, shortened(name.Width, v, 180))
		m.label = max(m.label, name.Width(m.names[len(m.names)-1]))
	}
	switch n := len(m.counts); {
	case n > 200: // names and numbers would fill a wall
		return nil, fmt.Errorf("plot: a confusion matrix of %d classes can't be read: MostConfused lists what it would show", n)
	case n > 20:
		m.cell = 16
	}
	m.margin = max(m.label+30, 50) // half of the title, above a single class
	side := m.cell * vg.Length(len(m.counts))
	return l.fixed(m.margin+max(side, 112)+24, m.label+side+30, m.draw)
}

// matrix is one to draw, with rows and columns by names.
type matrix struct {
	*look
	counts              [][]int
	names               []string
	margin, label, cell vg.Length
}

// shares are the counts, or normalized which part of its row each is, and the largest of them.
func (m *matrix) shares() (all [][]float64, most float64) {
	for _, row := range m.counts {
		sum := 0
		for _, v := range row {
			sum += v
		}
		shares := make([]float64, len(row))
		for k, v := range row {
			if shares[k] = float64(v); m.normalize {
				shares[k] /= float64(max(sum, 1))
			}
			most = max(most, shares[k])
		}
		all = append(all, shares)
	}
	return all, most
}

func (m *matrix) draw(c draw.Canvas) {
	cell, n := m.cell, vg.Length(len(m.counts))
	left, top := c.Min.X+m.margin, c.Max.Y
	if m.title == "" {
		top -= 8
	}
	bottom := top - n*cell
	number, label := m.style(min(9, cell*0.5)), m.style(9)
	number.XAlign, number.YAlign = draw.XCenter, draw.YCenter
	shares, most := m.shares()
	for row := range shares {
		y := top - cell*vg.Length(row+1)
		for col, v := range shares[row] {
			x := left + cell*vg.Length(col)
			share := 0.0
			if v > 0 {
				share = math.Sqrt(v / most) // a root, so that few are seen too
			}
			c.SetColor(m.heat(share))
			c.Fill(rectangle(x, y, cell, cell))
			if v == 0 {
				continue
			}
			text, fitting := fmt.Sprint(v), number
			if m.normalize {
				text = fmt.Sprintf("%.2f", v)
			}
			if share > 0.6 {
				fitting.Color = m.background
			}
			for fitting.Width(text) > cell-2 && fitting.Font.Size > 3 {
				fitting.Font.Size--
			}
			c.FillText(fitting, vg.Point{X: x + cell/2, Y: y + cell/2}, text)
		}
		label.Rotation, label.XAlign, label.YAlign = 0, draw.XRight, draw.YCenter
		c.FillText(label, vg.Point{X: left - 4, Y: y + cell/2}, m.names[row])
		label.Rotation, label.XAlign = math.Pi/2, draw.XRight
		c.FillText(label, vg.Point{X: left + cell*(vg.Length(row)+0.5), Y: bottom - 4}, m.names[row])
	}
	grid := draw.LineStyle{Color: m.grid, Width: 0.4}
	for k := range m.counts {
		at := cell * vg.Length(k)
		c.StrokeLines(grid, []vg.Point{{X: left + at, Y: bottom}, {X: left + at, Y: top}}, []vg.Point{{X: left, Y: bottom + at}, {X: left + n*cell, Y: bottom + at}})
	}
	c.StrokeLines(draw.LineStyle{Color: m.frame, Width: 0.7}, outline(left, bottom, n*cell, n*cell))
	axis := m.style(10)
	axis.XAlign, axis.YAlign = draw.XCenter, draw.YTop
	c.FillText(axis, vg.Point{X: left + n*cell/2, Y: bottom - m.label - 10}, "predicted")
	axis.Rotation = math.Pi / 2
	c.FillText(axis, vg.Point{X: c.Min.X + 3, Y: bottom + n*cell/2}, "actual")
}

// heat goes from the background to the theme's full blue.
func (m *matrix) heat(share float64) color.Color {
	mix := func(from, to uint8) uint8 { return uint8(float64(from) + share*(float64(to)-float64(from))) }
	return color.RGBA{mix(m.background.R, m.full.R), mix(m.background.G, m.full.G), mix(m.background.B, m.full.B), 255}
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

func short(v float64) string { return fmt.Sprintf("%.1e", v) }
