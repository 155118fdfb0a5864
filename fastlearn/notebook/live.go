package notebook

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"image/png"
	"math"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/plot"
)

// Progress is a callback that keeps the table of a fit in the cell, a bar below it while it
// trains (fastai's ProgressCallback). In a notebook the table comes here and not to the
// learner's Logger; nothing of it ends a training, whatever becomes of the notebook.
func Progress() fastlearn.Callback { return &progress{} }

type progress struct {
	id     string
	heads  []string
	rows   [][]string
	logger func(row []string) // the learner's own
	inFit  bool

	part string
	sent time.Time
}

const often = 250 * time.Millisecond // a cell changes no faster

// Order is ahead of the recorder's, which tells the table's heads first of all.
func (*progress) Order() int { return 49 }

// BeforeFit begins a table.
func (p *progress) BeforeFit(l *fastlearn.Learner) error {
	if !In() {
		return nil
	}
	*p = progress{id: "fastlearn-" + gonbui.UniqueId(), logger: l.Logger, inFit: true}
	if l.Logger != nil {
		l.Logger = func(row []string) {
			if p.heads == nil {
				p.heads = row
			} else {
				p.rows = append(p.rows, row)
			}
			p.show("")
		}
	}
	return nil
}

// BeforeTrain names the bar.
func (p *progress) BeforeTrain(*fastlearn.Learner) error { p.part = "train"; return nil }

// BeforeValidate names the bar.
func (p *progress) BeforeValidate(*fastlearn.Learner) error { p.part = "valid"; return nil }

// AfterBatch moves the bar.
func (p *progress) AfterBatch(l *fastlearn.Learner) error {
	if !p.inFit || l.NoBar || time.Since(p.sent) < often {
		return nil
	}
	text := fmt.Sprintf("epoch %d/%d %s %d/%d", l.Epoch+1, l.NEpoch, p.part, l.Iter+1, l.NIter)
	if loss := l.Recorder.SmoothLoss(); l.Training && !math.IsNaN(loss) { // of the batch before
		text += fmt.Sprintf(", loss %.4f", loss)
	}
	bar := fmt.Sprintf(`<div><progress max="%d" value="%d" style="width: 20em"></progress> %s</div>`, l.NIter, l.Iter+1, html.EscapeString(text))
	p.show(bar)
	return nil
}

// AfterFit takes the bar away and leaves the table.
func (p *progress) AfterFit(l *fastlearn.Learner) error {
	if p.inFit {
		p.inFit, l.Logger = false, p.logger
		p.show("")
		_ = flush()
	}
	return nil
}

// show replaces what the cell has by the table and a bar, which may be empty.
func (p *progress) show(bar string) {
	p.sent = time.Now()
	content := bar
	if p.heads != nil {
		content = table(p.heads, p.rows) + bar
	}
	_ = send(piece{protocol.MIMETextHTML: content}, p.id)
}

// ShowGraph is a callback that draws the losses below the table, anew after each epoch
// (fastai's ShowGraphCallback).
func ShowGraph() fastlearn.Callback { return &showGraph{} }

type showGraph struct{ id string }

// Order is fastai's.
func (*showGraph) Order() int { return 65 }

// NotInLRFind leaves the finder's losses to its own plot.
func (*showGraph) NotInLRFind() {}

// BeforeFit begins a graph.
func (g *showGraph) BeforeFit(*fastlearn.Learner) error {
	g.id = "fastlearn-" + gonbui.UniqueId()
	return nil
}

// AfterEpoch draws it.
func (g *showGraph) AfterEpoch(l *fastlearn.Learner) error {
	if !In() {
		return nil
	}
	fig, err := plot.Loss(l.Recorder)
	if err != nil { // an epoch without a loss has nothing to draw
		return nil
	}
	var file bytes.Buffer
	if err := png.Encode(&file, fig.Image()); err != nil {
		return err
	}
	// As HTML: front ends replace that reliably.
	img := fmt.Sprintf(`<img alt="losses" style="max-width: 100%%" src="data:image/png;base64,%s">`, base64.StdEncoding.EncodeToString(file.Bytes()))
	_ = send(piece{protocol.MIMETextHTML: img}, g.id)
	return nil
}
