package notebook

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"image"
	"image/png"
	"reflect"
	"strings"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/scale"
	"github.com/fastlearn-go/fastlearn/fastlearn/plot"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/fastlearn/summary"
	"github.com/fastlearn-go/fastlearn/vision"
)

// render makes a thing into what a cell shows.
func render(x any) ([]piece, error) {
	if x == nil || reflect.ValueOf(x).Kind() == reflect.Pointer && reflect.ValueOf(x).IsNil() {
		return nil, errors.New("it is nil")
	}
	switch x := x.(type) {
	case HTML:
		return []piece{{protocol.MIMETextHTML: string(x)}}, nil
	case image.Image:
		return picture(x)
	case *vision.Image:
		return picture(x.ToGo())
	case *plot.Tile:
		return figure(plot.Row([]plot.Tile{*x}))
	case *fastlearn.Recorder:
		return recorded(x)
	case *fastlearn.Interpretation:
		return interpreted(x)
	case *fastlearn.LRFound:
		return figure(plot.LRFind(x))
	case predictor.Prediction:
		return []piece{predicted(x)}, nil
	case *summary.Summary:
		heads, rows := x.Table()
		return []piece{{protocol.MIMETextHTML: table(heads, rows) + "<pre>" + html.EscapeString(x.Sums()) + "</pre>", protocol.MIMETextPlain: x.String()}}, nil
	case [][]string:
		if len(x) == 0 {
			return nil, errors.New("it has no row, and so no heads")
		}
		return []piece{tablePiece(x[0], x[1:])}, nil
	case interface{ Image() image.Image }: // a *plot.Figure
		return picture(x.Image())
	case interface {
		Table() (heads []string, rows [][]string)
	}:
		heads, rows := x.Table()
		return []piece{tablePiece(heads, rows)}, nil
	}
	text := fmt.Sprint(x)
	return []piece{{protocol.MIMETextHTML: "<pre>" + html.EscapeString(text) + "</pre>", protocol.MIMETextPlain: text}}, nil
}

func picture(m image.Image) ([]piece, error) {
	if m.Bounds().Empty() {
		return nil, errors.New("the picture has no pixels")
	}
	var file bytes.Buffer
	if err := png.Encode(&file, m); err != nil {
		return nil, err
	}
	return []piece{{protocol.MIMEImagePNG: file.Bytes()}}, nil
}

func figure(f *plot.Figure, err error) ([]piece, error) {
	if err != nil {
		return nil, err
	}
	return picture(f.Image())
}

// recorded is a fit's table and losses.
func recorded(r *fastlearn.Recorder) ([]piece, error) {
	if len(r.Values) == 0 {
		return nil, errors.New("no epoch is recorded: fit first")
	}
	var rows [][]string
	for epoch, values := range r.Values {
		row := []string{fmt.Sprint(epoch)}
		for _, v := range values {
			row = append(row, fmt.Sprintf("%.6f", v))
		}
		for len(row) < len(r.MetricNames)-1 { // what a callback cancelled
			row = append(row, "")
		}
		if epoch < len(r.Times) {
			row = append(row, scale.Clock(r.Times[epoch]))
		}
		rows = append(rows, row)
	}
	shown := []piece{tablePiece(r.MetricNames, rows)}
	losses, err := figure(plot.Loss(r))
	if err != nil { // losses that aren't numbers stand in the table
		return shown, nil
	}
	return append(shown, losses...), nil
}

// interpreted is a confusion matrix and a table of what is most confused; where targets aren't classes, the
// pictures with the largest losses.
func interpreted(i *fastlearn.Interpretation) ([]piece, error) {
	if i.Preds == nil {
		return nil, errors.New("it has no predictions: make it by Learner.Interpret")
	}
	if i.Targets == nil {
		return figure(plot.TopLosses(i, 9))
	}
	matrix, err := figure(plot.ConfusionMatrix(i))
	if err != nil {
		return nil, err
	}
	var rows [][]string
	for _, c := range i.MostConfused(1) {
		if rows = append(rows, []string{c.Actual, c.Predicted, fmt.Sprint(c.N)}); len(rows) == 10 {
			break
		}
	}
	if len(rows) == 0 {
		return matrix, nil
	}
	return append(matrix, tablePiece([]string{"actual", "taken for", "times"}, rows)), nil
}

// predicted is what is said of one picture, and how likely that is where it is a class.
func predicted(p predictor.Prediction) piece {
	text := p.Label
	if p.Index >= 0 && p.Index < len(p.Probs) {
		text = fmt.Sprintf("%s, %.1f %%", p.Label, 100*p.Probs[p.Index])
	}
	return piece{protocol.MIMETextHTML: "<b>" + html.EscapeString(text) + "</b>", protocol.MIMETextPlain: text}
}

func tablePiece(heads []string, rows [][]string) piece {
	var text strings.Builder
	for _, row := range append([][]string{heads}, rows...) {
		text.WriteString(strings.Join(row, "  ") + "\n")
	}
	return piece{protocol.MIMETextHTML: table(heads, rows), protocol.MIMETextPlain: text.String()}
}

// table is one as Jupyter shows those of data; a row of one cell goes across.
func table(heads []string, rows [][]string) string {
	var b strings.Builder
	b.WriteString(`<table border="1" class="dataframe"><thead><tr>`)
	for _, h := range heads {
		b.WriteString("<th>" + html.EscapeString(h) + "</th>")
	}
	b.WriteString("</tr></thead><tbody>")
	for _, row := range rows {
		b.WriteString("<tr>")
		for _, cell := range row {
			span := ""
			if len(row) == 1 && len(heads) > 1 {
				span = fmt.Sprintf(` colspan="%d"`, len(heads))
			}
			b.WriteString("<td" + span + ">" + html.EscapeString(cell) + "</td>")
		}
		b.WriteString("</tr>")
	}
	b.WriteString("</tbody></table>")
	return b.String()
}
