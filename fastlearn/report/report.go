// Package report writes a page about a training: one HTML file that holds all it shows, to open
// from disk, to send, to print. It has the data (how many pictures of each class, a batch), the
// table and curves of each fit, the confusion matrix, what is confused most, the pictures with the
// largest losses, the model, the settings and the versions of what it ran on.
//
//	learn, err := fastlearn.VisionLearner(dls, vision.ResNet34, fastlearn.Callbacks(report.History()))
//	err = learn.FineTune(ctx, 3)
//	err = report.Write(learn, "report.html")
//
// A learner's recorder knows its last fit alone; with [History] among its callbacks the page has
// all of them, such as both of FineTune's.
//
// Next to each picture with a large loss the page asks whether to keep it, to delete it, or to give
// it another class, and it saves the choices as CSV, for [clean.ReadChoices] and
// [clean.Plan]. The page needs no network and refuses to use one. It holds the pictures
// it shows and the paths of those with large losses: whoever gets the file sees them.
//
// A page holds its own numbers as well, so that [Compare] can put two of them side by side. [Card] writes a model card in Markdown.
package report

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/page"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/torch/nn"

	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// Option changes a default of [Write].
type Option func(*config)

type config struct {
	ctx       context.Context
	title     string
	interp    *fastlearn.Interpretation
	topLosses int
	found     *fastlearn.LRFound
}

// Title sets the title of the page (default "Training report").
func Title(s string) Option { return func(c *config) { c.title = s } }

// Context can end the writing; without it nothing does.
func Context(ctx context.Context) Option { return func(c *config) { c.ctx = ctx } }

// Interpretation shows what the model predicts of the validation set, or of another one, where the program
// knows it already: without it Write runs the model over the validation set.
func Interpretation(i *fastlearn.Interpretation) Option { return func(c *config) { c.interp = i } }

// TopLosses sets how many pictures with large losses are shown (default 24); 0 shows none.
func TopLosses(k int) Option { return func(c *config) { c.topLosses = k } }

// LRFind shows the curve of a learning rate finder, and what it suggested.
func LRFind(found *fastlearn.LRFound) Option { return func(c *config) { c.found = found } }

// History is a callback that remembers all of a learner's fits for the report, not only the last
// one. It keeps at most 20 fits, 500 epochs of each and 500 points of each curve.
func History() fastlearn.Callback { return &page.History{} }

// Write writes a page about the learner to path, which should end in ".html". It runs the model
// once over the validation set and makes one small batch; the random numbers of a training that
// goes on afterwards stay what they would have been. A learner that was never fitted gets a page of
// its data and model, with results of the model as it is. The results are those of classes; for
// other targets there are the top losses alone, and without a validation set neither. A picture that can't be read is left blank.
// In the place of results that aren't finite, as after a training that diverged, the page tells what isn't.
//
// A file that is there is replaced whole or not at all.
func Write(learn *fastlearn.Learner, path string, opts ...Option) error {
	c := &config{title: "Training report", topLosses: 24}
	return c.write("Write", learn, path, opts, (*page.Page).HTML)
}

// write makes a page about a learner and has a function write it.
func (c *config) write(name string, learn *fastlearn.Learner, path string, opts []Option, as func(*page.Page) ([]byte, error)) error {
	c.ctx = context.Background()
	if err := guard.Options("report", opts, func(o Option) { o(c) }); err != nil {
		return err
	}
	var text []byte
	err := guard.Context("the option Context", c.ctx)
	if err == nil && (learn == nil || nn.StateDict(learn.Model) == nil) {
		err = errors.New("the learner is nil, closed or has no model")
	}
	if err == nil {
		err = guard.Call(name, learn, func() error {
			p, err := c.page(learn)
			if err == nil {
				text, err = as(p)
			}
			return err
		})
	}
	if err == nil {
		err = diskfile.ReplaceBytes(path, text)
	}
	if err != nil {
		return fmt.Errorf("report: %s: %w", path, err)
	}
	return nil
}

func (c *config) page(learn *fastlearn.Learner) (*page.Page, error) {
	if c.topLosses < 0 {
		return nil, fmt.Errorf("TopLosses(%d): want 0 or more", c.topLosses)
	}
	if c.title == "" {
		return nil, errors.New("the title is empty")
	}
	p := &page.Page{Title: c.title, Runs: page.Runs(fits(learn)), LRFind: page.NewLRFind(c.found), Settings: page.Settings(learn), Versions: page.Versions(), Model: page.NewModel(c.ctx, learn)}
	p.Sub = "Written by fastlearn on " + time.Now().Format("2 January 2006, 15:04 MST")
	p.Facts = page.Facts(learn)
	var err error
	if p.Data, err = page.NewData(c.ctx, learn); err == nil {
		err = c.results(learn, p)
	}
	p.Record = p.Recorded(c.interp)
	return p, err
}

// results adds what the model predicts.
func (c *config) results(learn *fastlearn.Learner, p *page.Page) (err error) {
	if c.interp == nil && learn.DLs.Valid.Len() == 0 {
		return nil
	}
	note := "On the predictions that the program interpreted."
	if c.interp == nil {
		note = "On the validation set."
		err = page.Undrawn(func() error {
			c.interp, err = learn.Interpret(c.ctx, nil)
			return err
		})
		if diverged := (*predictor.NotFiniteError)(nil); errors.As(err, &diverged) {
			p.Outcome = &page.Outcome{Note: fmt.Sprintf("There are no results: %v.", err)}
			return nil
		}
		if err != nil {
			return err
		}
	}
	if c.interp.Targets != nil {
		p.Outcome = page.NewOutcome(c.interp)
		p.Outcome.Note = note
	}
	if c.topLosses > 0 {
		if p.Losses = page.NewLosses(c.interp, c.topLosses); p.Losses != nil {
			p.Losses.Note = note
		}
	}
	return nil
}

// fits are those that a callback remembers, or the last one.
func fits(learn *fastlearn.Learner) []page.Fit {
	for _, cb := range learn.Callbacks() {
		if h, ok := cb.(interface{ Fits() []page.Fit }); ok {
			if all := h.Fits(); all != nil {
				return all
			}
		}
	}
	if len(learn.Recorder.Losses) == 0 && len(learn.Recorder.Values) == 0 {
		return nil
	}
	return []page.Fit{page.NewFit(0, learn.Recorder, 0, 0)}
}
