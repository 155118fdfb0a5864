// Package progress shows how a training gets on: a bar in a terminal, as fastai's, and a plain
// line now and then where there is none. The learner knows nothing of it: it is a callback.
//
//	learn, err := fastlearn.VisionLearner(dls, arch, fastlearn.Callbacks(progress.Bar(os.Stderr)))
//
// The bar has the epoch, batches done and to do, the smoothed loss, the time left of this
// part of the epoch, the learning rate and the pictures a second:
//
//	epoch 2/12 train 31/98  [=====>----------]   loss 0.4321  00:12 left  lr 1.9e-03  143 img/s
//
// LRFind's has the rates tried and to try. A bar survives that its terminal becomes narrower or wider.
//
// What a narrow terminal has no room for is left out, the last things first; a line never
// wraps. The bar goes away when its part of the epoch is done, and before a row of the
// table is printed. Nothing of it is coloured. Learners that train at the same time share the
// screen: one of them has the bar, and the rows of all are printed above it.
//
// A log, a pipe or a terminal without a size gets no control characters: the table's rows as their epochs end, and within
// an epoch that takes long a line every half minute, see [Every].
package progress

import (
	"fmt"
	"os"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// Option changes a default of [Bar].
type Option func(*bar)

// Every sets how often a line is written where there is no terminal: every 30 seconds without
// it; never for 0 or less.
func Every(d time.Duration) Option { return func(b *bar) { b.every = d } }

// Bar makes the callback. It shows nothing under [fastlearn.NoBar]. Rows of the table and what
// callbacks say are printed above the bar.
func Bar(out *os.File, opts ...Option) fastlearn.Callback {
	b := &bar{out: out, every: often}
	b.bad = guard.Options("progress: Bar", opts, func(o Option) { o(b) })
	return b
}

type bar struct {
	out    *os.File
	every  time.Duration
	meter  *meter  // of a part of an epoch, nil between them
	sum    float64 // of the validation's losses
	inFit  bool
	bad    error              // an option that is nil
	logger func(row []string) // the learner's own, while ours stands in for it
}

// Order is fastai's, after the recorder's.
func (*bar) Order() int { return 60 }

// AfterCreate refuses an option that is nil.
func (b *bar) AfterCreate(*fastlearn.Learner) error { return b.bad }

// BeforeFit has the table's rows pass through the bar, which makes room for them.
func (b *bar) BeforeFit(l *fastlearn.Learner) error {
	b.inFit = true
	if b.logger = l.Logger; b.logger != nil {
		l.Logger = b.write
	}
	return nil
}

func (b *bar) write(row []string) { Above(func() { b.logger(row) }) }

// BeforeTrain begins a bar.
func (b *bar) BeforeTrain(l *fastlearn.Learner) error {
	b.begin(l, "train", l.DLs.Train.Len())
	return nil
}

// BeforeValidate begins a bar.
func (b *bar) BeforeValidate(l *fastlearn.Learner) error {
	b.begin(l, "valid", l.DLs.Valid.Len())
	return nil
}

func (b *bar) begin(l *fastlearn.Learner, part string, batches int) {
	if l.Tries > 0 && b.meter != nil { // LRFind's bar is one, whatever epochs it goes through
		return
	}
	b.end()
	if l.NoBar {
		return
	}
	label := part
	if b.inFit {
		label = fmt.Sprintf("epoch %d/%d %s", l.Epoch+1, l.NEpoch, part)
	}
	if l.Tries > 0 {
		label, batches = "trying rates", l.Tries
	}
	b.sum = 0
	b.meter = newMeter(b.out, b.every, true, status{label: label, total: int64(batches), unit: "items"})
}

// AfterBatch moves the bar on by a batch.
func (b *bar) AfterBatch(l *fastlearn.Learner) error {
	if b.meter == nil {
		return nil
	}
	s := b.meter.now
	if s.done == 0 {
		s.first = int64(l.Iter)
	}
	s.total = int64(l.NIter) // of the loader that runs, which may be another one
	s.done = int64(l.Iter + 1)
	if l.Tries > 0 {
		s.done, s.total, s.first = int64(l.TrainIter), int64(l.Tries), 0
	}
	s.items += len(l.Batch.Items)
	if l.X().Dim() == 4 {
		s.unit = "img"
	}
	if l.Y() != nil {
		n := float64(len(l.Batch.Items))
		l.WithLoss(func(loss float64) { b.sum += loss * n })
		if b.meter.due() { // a GPU is waited for
			loss := l.Recorder.SmoothLoss()
			if !l.Training {
				loss = b.sum / float64(s.items)
			}
			s.loss = &loss
		}
	}
	if l.Training {
		lr := l.Opt.Groups[len(l.Opt.Groups)-1].Hypers["lr"]
		s.lr = &lr
	}
	b.meter.set(s)
	return nil
}

// AfterTrain takes the bar away.
func (b *bar) AfterTrain(l *fastlearn.Learner) error { return b.AfterValidate(l) }

// AfterValidate takes the bar away.
func (b *bar) AfterValidate(l *fastlearn.Learner) error {
	if l.Tries == 0 {
		b.end()
	}
	return nil
}

// AfterFailure takes the bar away.
func (b *bar) AfterFailure(*fastlearn.Learner) { b.end() }

// AfterFit takes the bar away, also where the fit failed or was cancelled, and gives the
// learner its logger back.
func (b *bar) AfterFit(l *fastlearn.Learner) error {
	b.end()
	if b.logger != nil {
		l.Logger = b.logger
	}
	b.inFit, b.logger = false, nil
	return nil
}

func (b *bar) end() {
	if b.meter != nil {
		b.meter.end()
		b.meter = nil
	}
}
