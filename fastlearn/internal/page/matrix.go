package page

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Matrix is a confusion matrix: a table where there are few classes. Where there are many it is a table of those that are confused
// most, and a drawing of all.
type Matrix struct {
	Classes []string
	Rows    []matrixRow
	Drawing *drawing
}

type matrixRow struct {
	Class  string
	Cells  []cell
	Others int // taken for classes that have no column
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

type drawnCell struct{ X, Y, Shade, Title string }

// shade are all cells that are as dark as each other.
type shade struct{ Shade, Path string }

const (
	tableMost = 25   // classes of a table
	worstMost = 16   // classes of the table of the most confused
	cellsMost = 5000 // of a drawing, each with a title
)

// Bottom is where the columns' labels begin.
func (d *drawing) Bottom() float64 { return d.Top + d.Side }

// Middle is the middle of the columns.
func (d *drawing) Middle() float64 { return d.Left + d.Side/2 }

// NewMatrix lays counts out: rows are the classes, columns what they were taken for.
func NewMatrix(counts [][]int, classes []string) *Matrix {
	shades := newShades(counts)
	if len(classes) <= tableMost {
		all := make([]int, len(classes))
		for i := range all {
			all[i] = i
		}
		return &Matrix{Classes: classes, Rows: rows(counts, classes, all, shades)}
	}
	worst := mostConfused(counts)
	m := &Matrix{Rows: rows(counts, classes, worst, shades)}
	for _, c := range worst {
		m.Classes = append(m.Classes, classes[c])
	}
	m.Drawing = draw(counts, classes, shades)
	return m
}

// mostConfused are classes with the largest confusions, those of a pair beside each other.
func mostConfused(counts [][]int) (worst []int) {
	type pair struct{ actual, predicted, n int }
	var pairs []pair
	for i, row := range counts {
		for j, n := range row {
			if i != j && n > 0 {
				pairs = append(pairs, pair{i, j, n})
			}
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(b.n, a.n) })
	for _, p := range pairs {
		for _, c := range []int{p.actual, p.predicted} {
			if len(worst) < worstMost && !slices.Contains(worst, c) {
				worst = append(worst, c)
			}
		}
		if len(worst) == worstMost {
			break
		}
	}
	return worst
}

// rows are the rows and columns of some classes.
func rows(counts [][]int, classes []string, some []int, s shades) (all []matrixRow) {
	for _, i := range some {
		r := matrixRow{Class: classes[i]}
		for _, n := range counts[i] {
			r.Others += n
		}
		for _, j := range some {
			n := counts[i][j]
			r.Cells = append(r.Cells, cell{n, s.heat(n)})
			r.Others -= n
		}
		all = append(all, r)
	}
	return all
}

// shades are the different counts of a matrix, in their order: how dark one is goes by its place among them, so that neighbours
// are as far apart as they can be.
type shades []int

func newShades(counts [][]int) shades {
	seen := map[int]bool{}
	for _, row := range counts {
		for _, n := range row {
			if n > 0 {
				seen[n] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// part is where a count stands, from 0 for the smallest to 1 for the largest.
func (s shades) part(n int) float64 {
	if len(s) < 2 {
		return 1
	}
	k, _ := slices.BinarySearch(s, n)
	return float64(k) / float64(len(s)-1)
}

// heat is one of the table's classes, h1 … h9.
func (s shades) heat(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("h%.0f", 1+8*s.part(n))
}

// opacity is the drawing's.
func (s shades) opacity(n int) string { return fmt.Sprintf("%.2g", 0.15+0.85*s.part(n)) }

// draw draws all classes.
func draw(counts [][]int, classes []string, s shades) *drawing {
	filled := 0
	for _, row := range counts {
		for _, n := range row {
			filled += min(n, 1)
		}
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
	paths := map[string]*strings.Builder{} // by how dark
	for i, row := range counts {
		at := side * float64(i)
		d.Labels = append(d.Labels, label{coordinate(d.Top + at + side/2), coordinate(d.Left + at + side/2), short[i]})
		for j, n := range row {
			if n == 0 {
				continue
			}
			x, y, dark := coordinate(d.Left+side*float64(j)), coordinate(d.Top+at), s.opacity(n)
			if filled <= cellsMost {
				d.Cells = append(d.Cells, drawnCell{x, y, dark, fmt.Sprintf("%s taken for %s: %d", classes[i], classes[j], n)})
				continue
			}
			if paths[dark] == nil {
				paths[dark] = &strings.Builder{}
			}
			fmt.Fprintf(paths[dark], "M%s %sh11v11h-11z", x, y)
		}
	}
	for _, dark := range slices.Sorted(maps.Keys(paths)) {
		d.Shades = append(d.Shades, shade{dark, paths[dark].String()})
	}
	return d
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
