package fastlearn_test

import (
	"math"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
)

// cancels cancels the training of its epoch, and the validation of the next one.
type cancels int

func (cancels) Order() int { return 90 }

func (c cancels) BeforeTrain(l *fastlearn.Learner) error {
	if l.Epoch == int(c) {
		return fastlearn.ErrCancelTrain
	}
	return nil
}

func (c cancels) BeforeValidate(l *fastlearn.Learner) error {
	if l.Epoch == int(c)+1 {
		return fastlearn.ErrCancelValidate
	}
	return nil
}

// What was cancelled leaves a gap in its column, where fastai moves the others into it.
func TestRecorderLeavesGaps(t *testing.T) {
	learn := fixture.Line(t)
	if err := learn.Fit(t.Context(), 3, fastlearn.LR(0.01), fastlearn.Callbacks(cancels(1))); err != nil {
		t.Fatal(err)
	}
	for epoch, want := range [][2]bool{{false, false}, {true, false}, {false, true}} {
		row := learn.Recorder.Values[epoch]
		if len(row) != 2 || math.IsNaN(row[0]) != want[0] || math.IsNaN(row[1]) != want[1] {
			t.Errorf("epoch %d: %v, want gaps %v", epoch, row, want)
		}
	}
}

// sees notes what the learner says of its bar.
type sees struct{ noBar *[]bool }

func (s sees) BeforeFit(l *fastlearn.Learner) error { *s.noBar = append(*s.noBar, l.NoBar); return nil }

// Silence lasts for one fit, or for good.
func TestNoLoggingAndNoBar(t *testing.T) {
	var rows int
	var noBar []bool
	learn := fixture.Line(t, fastlearn.Logger(func([]string) { rows++ }), fastlearn.Callbacks(sees{&noBar}))
	for _, opts := range [][]fastlearn.FitOption{{fastlearn.NoLogging(), fastlearn.NoBar()}, nil} {
		if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.01), opts...); err != nil {
			t.Fatal(err)
		}
	}
	if rows != 2 {
		t.Errorf("%d rows, want the heads and an epoch of the second fit", rows)
	}
	quiet := fixture.Line(t, fastlearn.NoBar(), fastlearn.Callbacks(sees{&noBar}))
	if err := quiet.Fit(t.Context(), 1, fastlearn.LR(0.01)); err != nil {
		t.Fatal(err)
	}
	if len(noBar) != 3 || !noBar[0] || noBar[1] || !noBar[2] {
		t.Errorf("NoBar was %v, want true, false, true", noBar)
	}
}
