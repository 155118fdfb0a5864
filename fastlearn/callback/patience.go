package callback

import (
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// waiting counts the epochs since the last improvement.
type waiting struct{ wait int }

// over takes in an epoch and tells whether there was no improvement for so many.
func (w *waiting) over(t *tracker, l *fastlearn.Learner, patience int) bool {
	switch there, best := t.look(l); {
	case best:
		w.wait = 0
	case there:
		w.wait++
		return w.wait >= patience
	}
	return false
}

func checkPatience(epochs int) error {
	if epochs < 1 {
		return fmt.Errorf("callback: Patience(%d): want 1 or more", epochs)
	}
	return nil
}

func (w *waiting) state(t *tracker, l *fastlearn.Learner) (*pth.Dict, error) {
	d, err := t.State(l)
	d.Set("wait", int64(w.wait))
	return d, err
}

// PatienceOption is what [Patience] makes.
type PatienceOption int

// Patience sets for how many epochs a value may not improve, for [EarlyStopping] and [ReduceLROnPlateau] (default 1).
func Patience(epochs int) PatienceOption { return PatienceOption(epochs) }

func (p PatienceOption) stop(e *earlyStopping)       { e.epochs = int(p) }
func (p PatienceOption) reduce(r *reduceLROnPlateau) { r.epochs = int(p) }
