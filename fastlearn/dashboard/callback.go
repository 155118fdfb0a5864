package dashboard

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/page"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/scale"
)

// state is what the viewers are to see, besides the fits.
type state struct {
	version  int // grows with each change
	begun    int // grows when a fit begins, and with it the model and the settings change
	said     string
	live     page.Live
	judged   judged
	drawn    drawn
	data     *page.Data
	model    *page.Model
	settings []page.Fact
	versions []page.Fact
}

// counter is the training goroutine's own: where the fit in hand is.
type counter struct {
	learner        *fastlearn.Learner // whose data are shown
	dls            *data.Loaders
	fitting        bool
	validation     stage
	began, looked  time.Time
	last           time.Time        // the end of the batch before
	batches        [2]int           // that were measured, in training and in validation
	spent          [2]time.Duration // that they took
	pictures       int
	epochsDone     int
	heard          bool  // whether this epoch has a validation, and it began
	ungathered     error // why what the validation says isn't known
	trainN, validN int
}

// stage is how far the validation of an epoch is: callbacks may leave it out, or validate on other data after it.
type stage int

const (
	ahead stage = iota
	running
	over
)

// Order is after the schedulers, which tell the recorder at a fit's end what they did.
func (*Board) Order() int { return 76 }

// NotInLRFind leaves the learning rate finder out.
func (*Board) NotInLRFind() {}

// Fits are those so far, for package report.
func (b *Board) Fits() []page.Fit {
	if b == nil {
		return nil
	}
	return b.history.Fits()
}

// BeforeFit shows what is trained with what.
func (b *Board) BeforeFit(l *fastlearn.Learner) error {
	if err := b.history.BeforeFit(l); err != nil || b.isClosed() {
		return err
	}
	var data *page.Data
	if b.count.learner != l || b.count.dls != l.DLs && l.WorldSize() == 1 { // of several processes each fit has its own
		var err error
		if data, err = page.NewData(context.Background(), l); err != nil {
			return err
		}
	}
	now := time.Now()
	b.count = counter{learner: l, dls: l.DLs, fitting: true, began: now, last: now, trainN: l.DLs.Train.Len(), validN: l.DLs.Valid.Len()}
	model, settings, versions := page.NewModel(context.Background(), l), page.Settings(l), page.Versions()
	b.tell(func(s *state) {
		if data != nil {
			s.data = data
		}
		s.model, s.settings, s.versions = model, settings, versions
		s.begun++
		s.said = fmt.Sprintf("Training for %s.", page.Count(l.NEpoch, "epoch"))
		s.live = page.Live{Running: true}
	})
	return nil
}

// begin begins to measure a part of an epoch: what lies between the parts isn't a batch's time.
func (c *counter) begin() { c.last = time.Now() }

// BeforeEpoch has a validation ahead.
func (b *Board) BeforeEpoch(*fastlearn.Learner) error {
	b.count.validation, b.count.heard = ahead, false
	return nil
}

// BeforeTrain begins to measure.
func (b *Board) BeforeTrain(*fastlearn.Learner) error { b.count.begin(); return nil }

// AfterBatch looks where the training is, a few times a second.
func (b *Board) AfterBatch(l *fastlearn.Learner) error {
	if !b.count.fitting || !l.Training && b.count.validation != running { // a validation of its own
		return nil
	}
	b.hear(l)
	now := time.Now()
	k := 0
	if !l.Training {
		k = 1
	}
	b.count.batches[k]++
	b.count.spent[k] += now.Sub(b.count.last)
	if l.Batch != nil && l.Training {
		b.count.pictures += len(l.Batch.Items)
	}
	b.count.last, b.count.epochsDone = now, l.Epoch
	if now.Sub(b.count.looked) >= b.interval {
		b.count.looked = now
		b.look(l, "")
	}
	return nil
}

// AfterEpoch shows the table's new row.
func (b *Board) AfterEpoch(l *fastlearn.Learner) error {
	if !b.count.fitting {
		b.history.Look(l)
		return nil
	}
	b.count.epochsDone = l.Epoch + 1
	said := fmt.Sprintf("Epoch %d of %d is done", l.Epoch+1, l.NEpoch)
	r := l.Recorder
	if n := len(r.Values); n > 0 && len(r.Values[n-1]) > 1 && !math.IsNaN(r.Values[n-1][1]) {
		said += ": validation loss " + scale.Short(r.Values[n-1][1])
	}
	b.look(l, said+".")
	if b.count.heard && !b.isClosed() {
		j := b.judge(l)
		b.tell(func(s *state) { j.count = s.judged.count + 1; s.judged = j })
	}
	return nil
}

// AfterFit shows how it ended.
func (b *Board) AfterFit(l *fastlearn.Learner) error {
	if err := b.history.AfterFit(l); err != nil || !b.count.fitting {
		return err
	}
	b.count.fitting = false
	b.count.epochsDone = max(b.count.epochsDone, len(l.Recorder.Values)) // whoever ended the fit left AfterEpoch out
	said := fmt.Sprintf("The fit has ended: %s in %s.", page.Count(b.count.epochsDone, "epoch"), page.Clock(time.Since(b.count.began)))
	if b.count.epochsDone < l.NEpoch {
		said = fmt.Sprintf("The fit has ended early, after %d of %s.", b.count.epochsDone, page.Count(l.NEpoch, "epoch"))
	}
	live := page.Live{Facts: b.facts(l, false)}
	if b.count.epochsDone >= l.NEpoch {
		live.Percent = 100
	} else {
		live.Percent = b.percent(l)
	}
	b.tell(func(s *state) { s.said, s.live = said, live })
	return nil
}

// look takes in where the training is.
func (b *Board) look(l *fastlearn.Learner, said string) {
	b.history.Look(l)
	if b.isClosed() {
		return
	}
	live := page.Live{Running: true, Percent: b.percent(l), Facts: b.facts(l, true)}
	b.tell(func(s *state) {
		s.live = live
		if said != "" {
			s.said = said
		}
	})
}

// left are the batches that are still to come, in training and in validation.
func (b *Board) left(l *fastlearn.Learner) (train, valid int) {
	whole := l.NEpoch - b.count.epochsDone
	train, valid = whole*b.count.trainN, whole*b.count.validN
	switch {
	case b.count.epochsDone > l.Epoch: // between epochs
	case l.Training:
		train -= l.Iter + 1
	default:
		train -= b.count.trainN
		valid -= l.Iter + 1
	}
	return max(train, 0), max(valid, 0)
}

func (b *Board) percent(l *fastlearn.Learner) int {
	all := l.NEpoch * (b.count.trainN + b.count.validN)
	train, valid := b.left(l)
	return 100 * (all - train - valid) / max(all, 1)
}

// facts are the numbers of the moment.
func (b *Board) facts(l *fastlearn.Learner, running bool) []page.Fact {
	var facts []page.Fact
	add := func(name, format string, args ...any) {
		facts = append(facts, page.Fact{Name: name, Value: fmt.Sprintf(format, args...)})
	}
	if running {
		n, part := b.count.trainN, "training"
		if !l.Training {
			n, part = b.count.validN, "validation"
		}
		add("epoch", "%d of %d", min(l.Epoch+1, l.NEpoch), l.NEpoch)
		add(part, "%d of %d", min(l.Iter+1, n), n)
	}
	if n := len(l.Recorder.Losses); n > 0 {
		add("smoothed loss", "%s", scale.Short(l.Recorder.Losses[n-1]))
		add("learning rate", "%s", scale.Short(l.Recorder.LRs[n-1]))
	}
	if s := b.count.spent[0].Seconds(); s > 0 {
		add("pictures a second", "%.0f", float64(b.count.pictures)/s)
	}
	add("time so far", "%s", page.Clock(time.Since(b.count.began)))
	if running && b.count.batches[0] > 0 {
		train, valid := b.left(l)
		add("time left", "%s", page.Clock(b.remaining(train, valid)))
	}
	return facts
}

// remaining is how long so many batches take as they took so far; one of validation that none was
// seen of, a third of one of training.
func (b *Board) remaining(train, valid int) time.Duration {
	each := b.count.spent[0] / time.Duration(b.count.batches[0])
	eachValid := each / 3
	if n := b.count.batches[1]; n > 0 {
		eachValid = b.count.spent[1] / time.Duration(n)
	}
	return time.Duration(train)*each + time.Duration(valid)*eachValid
}

func (b *Board) isClosed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closed
}

// tell changes what viewers see, and wakes them.
func (b *Board) tell(change func(*state)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	change(&b.now)
	b.wake()
}

// wake has viewers see what has changed, or those that the end keeps for that alone; mu is held.
func (b *Board) wake() {
	b.now.version++
	if !b.closed {
		close(b.changed)
		b.changed = make(chan struct{})
	}
}
