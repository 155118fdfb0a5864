package page

import (
	"slices"
	"sync"

	"github.com/fastlearn-go/fastlearn/fastlearn"
)

// History is a callback that remembers all fits of a learner, whose recorder knows the last
// one alone. Of fits that ended it keeps what is shown; of the one in hand the recorder's own memory.
type History struct {
	mu    sync.Mutex
	ended []Fit
	now   *recorded
	begun int // fits, those that were forgotten included
}

type recorded struct {
	number, frozen, groups int
	recorder               fastlearn.Recorder
}

func (r *recorded) fit() Fit { return NewFit(r.number, &r.recorder, r.frozen, r.groups) }

const mostFits = 20 // the last ones

// Order is after the schedulers, which tell the recorder at a fit's end what they did.
func (*History) Order() int { return 75 }

// NotInLRFind leaves the learning rate finder out.
func (*History) NotInLRFind() {}

// BeforeFit begins a fit.
func (h *History) BeforeFit(l *fastlearn.Learner) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.end()
	h.begun++
	h.now = &recorded{number: h.begun, frozen: l.Opt.Frozen(), groups: len(l.Opt.Groups)}
	return nil
}

// AfterEpoch takes the table's row in.
func (h *History) AfterEpoch(l *fastlearn.Learner) error { h.Look(l); return nil }

// AfterFit takes in what is left and ends the fit.
func (h *History) AfterFit(l *fastlearn.Learner) error {
	h.Look(l)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.end()
	return nil
}

// Look takes in how far the fit has come. The recorder only ever adds to its slices, so the
// copies of their heads stay as they are while it goes on.
func (h *History) Look(l *fastlearn.Learner) {
	l.Recorder.SmoothLoss() // reads the losses that are on the device
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.now == nil {
		return
	}
	r := *l.Recorder
	r.Hypers = make(map[string][]float64, len(l.Recorder.Hypers)) // the map itself changes
	for name, values := range l.Recorder.Hypers {
		r.Hypers[name] = values
	}
	h.now.recorder = r
}

func (h *History) end() {
	if h.now == nil {
		return
	}
	h.ended = append(h.ended, h.now.fit())
	h.now = nil
	if n := len(h.ended); n > mostFits {
		h.ended = slices.Clone(h.ended[n-mostFits:])
	}
}

// Fits are the fits so far.
func (h *History) Fits() []Fit {
	h.mu.Lock()
	fits := slices.Clone(h.ended)
	var now *recorded
	if h.now != nil {
		r := *h.now
		now = &r
	}
	h.mu.Unlock() // a training that goes on doesn't wait for the drawing
	if now != nil {
		fits = append(fits, now.fit())
	}
	return fits
}
