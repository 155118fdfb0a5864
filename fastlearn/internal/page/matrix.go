package page

import (
	"fmt"
	"math"
	"strings"
)

// Matrix is a confusion matrix: a table where there are few classes, a drawing where there are many.
type Matrix struct {
	Classes []string
	Rows    []matrixRow
	Drawing *drawing
}

type matrixRow struct {
	Class string
	Cells []cell
}

type cell struct {
	N    int
	Heat string // how dark it is: h0 … h9
}

// drawing is a matrix of many classes, in units of its view.
type drawing struct {
	W, H, Left, Top, Side float64
	Labels                []label
	Cells                 []drawnCell
	Shades                []shade // instead of Cells, where they would be too many for a browser
	Desc                  string
}

type label struct{ Row, Column, Text string }

type drawnCell struct{ X, Y, Heat, Title string }

// shade are all cells that are as dark as each other.
type shade struct{ Heat, Path string }

const (
	tableMost = 25   // classes of a table
	cellsMost = 5000 // of a drawing, each with a title
)

// Bottom is where the columns' labels begin.
func (d *drawing) Bottom() float64 { return d.Top + d.Side }

// Middle is the middle of the columns.
func (d *drawing) Middle() float64 { return d.Left + d.Side/2 }

// NewMatrix lays counts out: rows are the classes, columns what they were taken for.
func NewMatrix(counts [][]int, classes []string) *Matrix {
	most, filled := 1, 0
	for _, row := range counts {
		for _, n := range row {
			most = max(most, n)
			filled += min(n, 1)
		}
	}
	heat := func(n int) string {
		if n == 0 {
			return ""
		}
		return fmt.Sprintf("h%d", min(9, 1+int(8.99*math.Sqrt(float64(n)/float64(most))))) // a root, so that few are seen too
	}
	m := &Matrix{Classes: classes}
	if len(classes) <= tableMost {
		for i, row := range counts {
			r := matrixRow{Class: classes[i]}
			for _, n := range row {
				r.Cells = append(r.Cells, cell{n, heat(n)})
			}
			m.Rows = append(m.Rows, r)
		}
		return m
	}
	const side = 11
	longest := 0.0 // of the names, in units
	short := make([]string, len(classes))
	for i, c := range classes {
		short[i] = Shortened(c, 24)
		longest = max(longest, width(short[i]))
	}
	d := &drawing{Left: 16 + longest, Top: 4, Side: side * float64(len(classes))}
	d.W, d.H = d.Left+d.Side+4, d.Top+d.Side+longest+18
	d.Desc = fmt.Sprintf("Confusion matrix of %d classes; the table of confusions has its numbers.", len(classes))
	var paths [10]strings.Builder // by how dark
	for i, row := range counts {
		at := side * float64(i)
		d.Labels = append(d.Labels, label{coordinate(d.Top + at + side/2), coordinate(d.Left + at + side/2), short[i]})
		for j, n := range row {
			if n == 0 {
				continue
			}
			x, y, dark := coordinate(d.Left+side*float64(j)), coordinate(d.Top+at), heat(n)
			if filled <= cellsMost {
				d.Cells = append(d.Cells, drawnCell{x, y, dark, fmt.Sprintf("%s taken for %s: %d", classes[i], classes[j], n)})
			} else {
				fmt.Fprintf(&paths[dark[1]-'0'], "M%s %sh11v11h-11z", x, y)
			}
		}
	}
	for k := range paths {
		if paths[k].Len() > 0 {
			d.Shades = append(d.Shades, shade{fmt.Sprintf("h%d", k), paths[k].String()})
		}
	}
	m.Drawing = d
	return m
}

// width is about how wide a name is, in units of the drawing: letters from Korean's on are square.
func width(s string) (w float64) {
	for _, r := range s {
		if r >= 0x1100 {
			w += 10
		} else {
			w += 5.6
		}
	}
	return w
}

// Shortened cuts a text after so many letters.
func Shortened(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
