package terminal

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn"
)

// LRFind writes the rate finder's curve to w as text: the smoothed loss over the logarithm of
// the rate, without the last five batches as fastai draws it, with a letter where each
// suggestion lies. It is as wide as the terminal, 100 columns at most; a terminal of less
// than 30 gets the suggestions alone. An error says that there is no curve to draw.
func LRFind(w io.Writer, found *fastlearn.LRFound) error {
	text, err := lrFind(found, Width(w), HasColors(w))
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text)
	return err
}

// suggestion is a rate with its letter.
type suggestion struct {
	letter byte
	name   string
	rate   float64
	color  int // of the 16 that a terminal has
}

func suggestions(f *fastlearn.LRFound) (all []suggestion) {
	for _, s := range []suggestion{{'V', "valley", f.Valley, 31}, {'S', "slide", f.Slide, 32}, {'M', "minimum/10", f.Minimum, 35}, {'T', "steep", f.Steep, 33}} {
		if s.rate > 0 { // neither NaN
			all = append(all, s)
		}
	}
	return all
}

const (
	rows  = 13
	least = 30
	most  = 100
)

func lrFind(f *fastlearn.LRFound, width int, colors bool) (string, error) {
	if f == nil {
		return "", errors.New("terminal: LRFind needs what Learner.LRFind found, not nil")
	}
	c, err := newCurve(f.LRs, f.Losses)
	if err != nil {
		return "", err
	}
	paint := func(color int, text string) string {
		if colors {
			return fmt.Sprintf("\x1b[%dm%s\x1b[0m", color, text)
		}
		return text
	}
	var b strings.Builder
	marks := suggestions(f)
	if width >= least {
		c.draw(&b, min(width, most), marks, paint)
	}
	line := 0 // columns of this line so far
	for i, s := range marks {
		text := fmt.Sprintf("%c %s %.1e", s.letter, s.name, s.rate)
		switch {
		case i == 0:
		case line+2+len(text) < width:
			b.WriteString("  ")
			line += 2
		default:
			b.WriteString("\n")
			line = 0
		}
		b.WriteString(paint(s.color, text[:1]) + text[1:])
		line += len(text)
	}
	if len(marks) > 0 {
		b.WriteString("\n")
	}
	return b.String(), nil
}

// curve is a line of losses over the logarithms of rates, both finite.
type curve struct {
	x, y   []float64
	lo, hi float64 // of y
}

func newCurve(lrs, losses []float64) (*curve, error) {
	const skip = 5
	c := &curve{lo: math.Inf(1), hi: math.Inf(-1)}
	for i := range min(len(lrs), len(losses)-skip) {
		x, y := math.Log10(lrs[i]), losses[i]
		if math.IsNaN(x-y) || math.IsInf(x, 0) || math.Abs(y) > 1e300 || len(c.x) > 0 && x <= c.x[len(c.x)-1] {
			continue
		}
		c.x, c.y = append(c.x, x), append(c.y, y)
		c.lo, c.hi = min(c.lo, y), max(c.hi, y)
	}
	if len(c.x) < 2 {
		return nil, fmt.Errorf("terminal: LRFind: %d losses are too few for a curve, or no numbers", len(losses))
	}
	if c.hi-c.lo < 1e-12*max(math.Abs(c.hi), 1e-12) { // a level line, in the middle
		c.lo, c.hi = c.lo-1, c.hi+1
	}
	return c, nil
}

// at is the loss at the logarithm x, between its neighbours.
func (c *curve) at(x float64) float64 {
	for i := 1; i < len(c.x); i++ {
		if x <= c.x[i] {
			part := min(max((x-c.x[i-1])/(c.x[i]-c.x[i-1]), 0), 1)
			return c.y[i-1] + part*(c.y[i]-c.y[i-1])
		}
	}
	return c.y[len(c.y)-1]
}

// row is where a loss lies, 0 for the highest.
func (c *curve) row(y float64) int {
	return int(math.Round((c.hi - y) / (c.hi - c.lo) * (rows - 1)))
}

// labels are the losses at the left: above, in the middle and below; and how wide they are.
func (c *curve) labels() (labels [rows]string, width int) {
	width = len("loss")
	for _, r := range []int{0, rows / 2, rows - 1} {
		labels[r] = fmt.Sprintf("%.3g", c.hi-(c.hi-c.lo)*float64(r)/(rows-1))
		width = max(width, len(labels[r]))
	}
	return labels, width
}

// draw writes the curve in lines of width columns.
func (c *curve) draw(b *strings.Builder, width int, marks []suggestion, paint func(int, string) string) {
	labels, axis := c.labels()
	columns := width - axis - len(" |")
	from, to := c.x[0], c.x[len(c.x)-1]
	column := func(x float64) int {
		return min(max(int(math.Round((x-from)/(to-from)*float64(columns-1))), 0), columns-1)
	}
	cells := make([][]string, rows)
	for r := range cells {
		cells[r] = strings.Split(strings.Repeat(" ", columns), "")
	}
	above := c.row(c.y[0])
	for k := range columns {
		r := c.row(c.at(from + (to-from)*float64(k)/float64(columns-1)))
		for between := min(r, above) + 1; between < max(r, above); between++ {
			cells[between][k] = paint(34, "|")
		}
		cells[r][k] = paint(34, "*")
		above = r
	}
	for i := range marks { // the first one stays on top where two meet
		s := marks[len(marks)-1-i]
		x := math.Log10(s.rate)
		cells[c.row(c.at(x))][column(x)] = paint(s.color, string(s.letter))
	}
	for r, row := range cells {
		fmt.Fprintf(b, "%*s |%s\n", axis, labels[r], strings.TrimRight(strings.Join(row, ""), " "))
	}
	c.decades(b, axis, columns, column)
}

// decades writes the axis with a mark at each power of ten, and at both ends where there aren't two
// such powers, and names those that have room.
func (c *curve) decades(b *strings.Builder, axis, columns int, column func(float64) int) {
	ticks, names := []byte(strings.Repeat("-", columns)), []byte(strings.Repeat(" ", columns))
	mark := func(x float64, name string) {
		at := column(x)
		ticks[at] = '+'
		start := max(min(at-1, columns-len(name)), 0)
		if around := names[max(start-1, 0):min(start+len(name)+1, columns)]; strings.TrimSpace(string(around)) == "" {
			copy(names[start:], name)
		}
	}
	first, last := c.x[0], c.x[len(c.x)-1]
	low, high := math.Ceil(first-1e-9), math.Floor(last+1e-9)
	if high <= low {
		mark(first, fmt.Sprintf("%.1e", math.Pow(10, first)))
		mark(last, fmt.Sprintf("%.1e", math.Pow(10, last)))
	}
	for e := low; e <= high; e++ {
		mark(e, fmt.Sprintf("1e%.0f", e))
	}
	fmt.Fprintf(b, "%*s +%s\n", axis, "loss", ticks)
	fmt.Fprintf(b, "%*s  %s\n", axis, "rate", strings.TrimRight(string(names), " "))
}
