package main

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/torch"
)

// The figures of group shared train beside busy loops, which take what they get of the machine's cores. A fair share of
// c cores beside n loops is c of c + n parts.

// busy starts n loops.
func busy(n int) (stop func(), err error) {
	var loops []*exec.Cmd
	stop = func() {
		for _, cmd := range loops {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
	self, err := os.Executable()
	for i := 0; err == nil && i < n; i++ {
		cmd := exec.Command(self, "-child", busyLoop)
		if err = cmd.Start(); err == nil {
			loops = append(loops, cmd)
		}
	}
	if err != nil {
		stop()
	}
	return stop, err
}

// busyLoop is what this program does with -child "busy loop".
const busyLoop = "busy loop"

// beside measures f while n loops run.
func beside(n int, f func() (float64, error)) (float64, error) {
	stop, err := busy(n)
	if err != nil {
		return 0, err
	}
	defer stop()
	return f()
}

// openBeside measures a training beside n loops.
func openBeside(n int, r recipe, prepare func(*fastlearn.Learner)) func() (func() (float64, error), func(), error) {
	return func() (func() (float64, error), func(), error) {
		measure, done, err := openTraining(r, prepare)()
		return func() (float64, error) { return beside(n, measure) }, done, err
	}
}

// alone measures the same training without loops; with fixed, by as many threads as there are cores throughout. It is made at
// its first call.
func alone(fixed bool, share float64, r recipe, prepare func(*fastlearn.Learner)) func() (float64, error) {
	var measure func() (float64, error)
	return func() (cost float64, err error) {
		if measure == nil {
			if measure, _, err = openTraining(r, prepare)(); err != nil {
				return 0, err
			}
		}
		if fixed {
			state := torch.RNGState(torch.CPU)
			defer state.Close()
			defer torch.SetRNGState(torch.CPU, state)
			torch.ManualSeed(1) // results that repeat keep the number of threads
		}
		cost, err = measure()
		return cost / share, err
	}
}

// fair is the part of the machine that is left beside n loops.
func fair(n int) float64 {
	c := float64(runtime.NumCPU())
	return c / (c + float64(n))
}

// openBack measures an epoch that begins ten seconds after n loops have ended, in a fit that began beside them.
func openBack(n int, r recipe, prepare func(*fastlearn.Learner)) func() (func() (float64, error), func(), error) {
	return func() (func() (float64, error), func(), error) {
		if err := makePictures(); err != nil {
			return nil, nil, err
		}
		learn, dls, err := r.learner(prepare)
		if err != nil {
			return nil, nil, err
		}
		measure := func() (float64, error) {
			stop, err := busy(n)
			if err != nil {
				return 0, err
			}
			w := &afterwards{stop: stop}
			defer w.end()
			err = learn.Fit(context.Background(), 100, fastlearn.LR(1e-4), fastlearn.Callbacks(w))
			return w.took.Seconds() / pictures(dls), err
		}
		return measure, func() { learn.Close(); dls.Close() }, nil
	}
}

// afterwards ends the loops after an epoch, waits for ten seconds, and times the next epoch.
type afterwards struct {
	stop         func()
	ended, start time.Time
	took         time.Duration
}

func (a *afterwards) end() {
	if a.stop != nil {
		a.stop()
		a.stop, a.ended = nil, time.Now()
	}
}

// BeforeEpoch begins to time.
func (a *afterwards) BeforeEpoch(l *fastlearn.Learner) error {
	if l.Epoch == 1 {
		a.end()
	}
	if a.start.IsZero() && l.Epoch > 1 && time.Since(a.ended) > 10*time.Second {
		a.start = time.Now()
	}
	return nil
}

// AfterEpoch ends the fit.
func (a *afterwards) AfterEpoch(*fastlearn.Learner) error {
	if a.start.IsZero() {
		return nil
	}
	a.took = time.Since(a.start)
	return fastlearn.ErrCancelFit
}
