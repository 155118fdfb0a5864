package dashboard

import (
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/page"
)

const topLosses = 24 // pictures, as a report's

// judged is what the model said in a fit's latest validation.
type judged struct {
	count  int // grows with each validation
	interp *fastlearn.Interpretation
	note   string // of when, or why there is nothing
}

// BeforeValidate begins to gather what the model says of the validation set.
func (b *Board) BeforeValidate(l *fastlearn.Learner) error {
	if b.count.validation != ahead || !b.count.fitting {
		return nil
	}
	b.count.begin()
	b.count.validation, b.count.heard = running, b.count.validN > 0
	b.count.ungathered = b.gather.BeforeValidate(l)
	return nil
}

// AfterValidate ends it: a callback may validate on other data until the epoch ends.
func (b *Board) AfterValidate(*fastlearn.Learner) error { b.count.validation = over; return nil }

// AfterCancelEpoch is AfterValidate's where it didn't come.
func (b *Board) AfterCancelEpoch(*fastlearn.Learner) error { b.count.validation = over; return nil }

// hear gathers a batch of a fit's validation. What can't be gathered isn't an error of the training's, nor is
// a loss that panics when it is asked for each item's.
func (b *Board) hear(l *fastlearn.Learner) {
	if l.Training || b.count.ungathered != nil || b.isClosed() {
		return
	}
	defer func() {
		if problem := recover(); problem != nil {
			b.count.ungathered = fmt.Errorf("%v", problem)
		}
	}()
	b.count.ungathered = b.gather.AfterBatch(l)
}

// judge is what was gathered in an epoch, ready to be shown.
func (b *Board) judge(l *fastlearn.Learner) judged {
	j := judged{note: fmt.Sprintf("On the validation set, as of epoch %d of %d", l.Epoch+1, l.NEpoch)}
	err := b.count.ungathered
	var preds *fastlearn.Preds
	if err == nil {
		preds, err = b.gather.Preds()
	}
	if err == nil {
		j.interp, err = preds.Interpret(l, nil)
	}
	if err != nil {
		return judged{note: fmt.Sprintf("There are no results of epoch %d: %v.", l.Epoch+1, err)}
	}
	n := len(preds.Items)
	if valid, ok := l.DLs.Valid.(*data.ItemLoader); ok && valid.NumItems() != n {
		j.note += fmt.Sprintf(": %d of its %d pictures", n, valid.NumItems()) // an epoch cut short, or one of several processes
	}
	j.note += "."
	return j
}

// drawn are the results as they are shown.
type drawn struct {
	count   int // of what was judged
	outcome *page.Outcome
	losses  *page.Losses
}

// undrawn tells whether there are results that aren't shown yet.
func (s *state) undrawn() bool { return s.judged.count > s.drawn.count }

// drawn are the results with their pictures, which are opened for that. What can't be shown says so.
func (j judged) drawn() (d drawn) {
	d.count = j.count
	defer func() {
		if problem := recover(); problem != nil {
			d.outcome, d.losses = &page.Outcome{Note: fmt.Sprintf("The results can't be shown: %v.", problem)}, nil
		}
	}()
	switch {
	case j.interp == nil:
		d.outcome = &page.Outcome{Note: j.note}
		return d
	case j.interp.Targets != nil:
		d.outcome = page.NewOutcome(j.interp)
		d.outcome.Note = j.note
	}
	if d.losses = page.NewLosses(j.interp, topLosses); d.losses != nil {
		d.losses.Note = j.note
	}
	return d
}

// draw draws the latest results, for all viewers, unless that is done. It takes a while where pictures are large.
func (b *Board) draw() {
	b.drawing.Lock()
	defer b.drawing.Unlock()
	b.mu.Lock()
	now := b.now
	b.mu.Unlock()
	if !now.undrawn() {
		return
	}
	d := now.judged.drawn()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now.drawn = d
	b.wake()
}

// drawSoon draws without anybody who waits for it, as long as somebody looks.
func (b *Board) drawSoon() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.willDraw || !b.now.undrawn() {
		return
	}
	b.willDraw = true
	go func() {
		for {
			b.draw()
			b.mu.Lock()
			b.willDraw = b.now.undrawn() && b.viewers > 0
			more := b.willDraw
			b.mu.Unlock()
			if !more {
				return
			}
		}
	}()
}
