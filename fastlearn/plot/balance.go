package plot

import (
	"errors"
	"fmt"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// ClassBalance draws how many pictures of each class, or with each label, there are to train and to validate on. It
// grows with the number of classes, so that each has a row that can be read.
func ClassBalance(dls *data.Loaders, opts ...Option) (*Figure, error) {
	l, err := looking("ClassBalance", "Class balance", opts)
	if err := errors.Join(guard.Given("plot: ClassBalance", dls), err); err != nil {
		return nil, err
	}
	train, ok := dls.Train.(*data.ItemLoader)
	if !ok {
		return nil, errors.New("plot: the loaders are custom ones: they count no classes")
	}
	counts := [2][]int{train.ClassCounts(), make([]int, len(train.ClassCounts()))}
	if counts[0] == nil {
		return nil, errors.New("plot: the data have no classes to count")
	}
	if valid, ok := dls.Valid.(*data.ItemLoader); ok && len(valid.ClassCounts()) == len(counts[0]) {
		counts[1] = valid.ClassCounts()
	}
	style := l.style(9)
	names, said := make([]string, len(dls.Vocab)), make([]string, len(dls.Vocab))
	margin, room, most := vg.Length(0), vg.Length(0), 1
	for i, v := range dls.Vocab {
		names[i] = shortened(style.Width, v, 180)
		said[i] = fmt.Sprintf("%d, %d", counts[0][i], counts[1][i])
		margin, room = max(margin, style.Width(names[i])), max(room, style.Width(said[i]))
		most = max(most, counts[0][i], counts[1][i])
	}
	const row, width, head = 18, 300, 20
	h := head + row*vg.Length(len(names)) + 8
	return l.fixed(margin+width+room+30, h, func(c draw.Canvas) {
		style.YAlign = draw.YCenter
		left := c.Min.X + margin + 14
		for k, name := range []string{"training", "validation"} { // the legend
			x := left + vg.Length(k)*70
			c.SetColor(l.curve(k))
			c.Fill(rectangle(x, c.Max.Y-head+4, 8, 8))
			style.XAlign = draw.XLeft
			c.FillText(style, vg.Point{X: x + 12, Y: c.Max.Y - head + 8}, name)
		}
		for i, name := range names {
			y := c.Max.Y - head - row*vg.Length(i) - row/2
			style.XAlign, style.Color = draw.XRight, l.text
			c.FillText(style, vg.Point{X: left - 6, Y: y}, name)
			end := left
			for k, top := range []vg.Length{7, -1} {
				w := width * vg.Length(counts[k][i]) / vg.Length(most)
				c.SetColor(l.curve(k))
				c.Fill(rectangle(left, y+top-7, w, 7))
				end = max(end, left+w)
			}
			style.XAlign, style.Color = draw.XLeft, l.muted
			c.FillText(style, vg.Point{X: end + 4, Y: y}, said[i])
		}
	})
}
