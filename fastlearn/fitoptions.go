package fastlearn

import (
	"errors"
	"fmt"
	"math"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fitfacts"
	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// What a fit takes: each option is of the fits whose behaviour it changes, so that one that would be ignored doesn't compile.
type (
	// FitOption is for any fit.
	FitOption interface {
		fit(*fitConfig)
		OneCycleOption
		FlatCosOption
		SGDROption
		FineTuneOption
	}
	OneCycleOption interface{ oneCycle(*fitConfig) } // for [Learner.FitOneCycle]
	FlatCosOption  interface{ flatCos(*fitConfig) }  // for [Learner.FitFlatCos]
	SGDROption     interface{ sgdr(*fitConfig) }     // for [Learner.FitSGDR]
	FineTuneOption interface{ fineTune(*fitConfig) } // for [Learner.FineTune]

	// CycleOption is for the fits of one cycle.
	CycleOption interface {
		OneCycleOption
		FineTuneOption
	}
	// CosineOption is for the fits whose rate falls along one cosine.
	CosineOption interface {
		CycleOption
		FlatCosOption
	}
)

type (
	fitOption      func(*fitConfig)
	cycleOption    func(*fitConfig)
	cosineOption   struct{ cycleOption }
	sgdrOption     func(*fitConfig)
	fineTuneOption func(*fitConfig)
)

func (f fitOption) fit(c *fitConfig)      { f(c) }
func (f fitOption) oneCycle(c *fitConfig) { f(c) }
func (f fitOption) flatCos(c *fitConfig)  { f(c) }
func (f fitOption) sgdr(c *fitConfig)     { f(c) }
func (f fitOption) fineTune(c *fitConfig) { f(c) }

func (f cycleOption) oneCycle(c *fitConfig) { f(c) }
func (f cycleOption) fineTune(c *fitConfig) { f(c) }

func (f cosineOption) flatCos(c *fitConfig) { f.cycleOption(c) }

func (f sgdrOption) sgdr(c *fitConfig)         { f(c) }
func (f fineTuneOption) fineTune(c *fitConfig) { f(c) }

// fitConfig is what a fit's options set; nil is the method's default.
type fitConfig struct {
	wd            *float64
	moms          *[3]float64
	div, pctStart *float64
	callbacks     []Callback
	resetOpt      bool
	startEpoch    int
	divFinal      float64
	baseLR        float64
	freezeEpochs  int
	lrMult        float64
	cycleMult     int
	noBar         bool
	noLogging     bool
	resume        string          // the name of a checkpoint
	plan          []fitfacts.Fact // what the fit is and its arguments, for its checkpoints
	stage         int             // of FineTune: 1 or 2
}

func newFitConfig[O any](of string, opts []O, set func(O, *fitConfig)) (fitConfig, error) {
	c := fitConfig{divFinal: 1e5, baseLR: 2e-3, freezeEpochs: 1, lrMult: 100, cycleMult: 2}
	err := guard.Options(of, opts, func(o O) { set(o, &c) })
	return c, errors.Join(err, c.check())
}

// finite refuses numbers that are NaN or infinite, and names whose they are.
func finite(name string, values ...float64) error {
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("fastlearn: %s(%v): want a finite number", name, v)
		}
	}
	return nil
}

// check refuses the numbers that make rates NaN, infinite or negative, by their options' names.
func (c fitConfig) check() error {
	for _, v := range []struct {
		option string
		value  *float64
		zero   bool // is allowed
	}{{"WD", c.wd, true}, {"Div", c.div, false}, {"DivFinal", &c.divFinal, false}, {"BaseLR", &c.baseLR, true}, {"LRMult", &c.lrMult, false}} {
		switch {
		case v.value == nil || *v.value > 0 && !math.IsInf(*v.value, 1) || v.zero && *v.value == 0:
		case v.zero:
			return fmt.Errorf("fastlearn: %s(%v): want a number of 0 or more", v.option, *v.value)
		default:
			return fmt.Errorf("fastlearn: %s(%v): want a number above 0", v.option, *v.value)
		}
	}
	return nil
}

// BaseLR is FineTune's rate (default 2e-3).
func BaseLR(rate float64) FineTuneOption {
	return fineTuneOption(func(c *fitConfig) { c.baseLR = rate })
}

// FreezeEpochs sets how long FineTune trains the head alone (default 1).
func FreezeEpochs(n int) FineTuneOption {
	return fineTuneOption(func(c *fitConfig) { c.freezeEpochs = n })
}

// LRMult sets how much less than the head FineTune trains the first layers (default 100).
func LRMult(m float64) FineTuneOption { return fineTuneOption(func(c *fitConfig) { c.lrMult = m }) }

// Div sets the peak rate over the first one: 25 for a cycle, 5 for FineTune.
func Div(d float64) CycleOption { return cycleOption(func(c *fitConfig) { c.div = &d }) }

// DivFinal sets the peak rate over the last one (default 1e5).
func DivFinal(d float64) CosineOption { return cosineOption{func(c *fitConfig) { c.divFinal = d }} }

// CycleMult sets how much longer each of FitSGDR's cycles is than the last (default 2).
func CycleMult(m int) SGDROption { return sgdrOption(func(c *fitConfig) { c.cycleMult = m }) }

// PctStart sets the part of a cycle in which the rate rises: 0.25, for FineTune 0.3; for
// FitFlatCos that in which it stays, 0.75.
func PctStart(p float64) CosineOption { return cosineOption{func(c *fitConfig) { c.pctStart = &p }} }

// ResetOpt makes the optimizer anew before the fit.
func ResetOpt() FitOption { return fitOption(func(c *fitConfig) { c.resetOpt = true }) }

// StartEpoch skips the epochs before n, the schedule's included.
func StartEpoch(n int) FitOption { return fitOption(func(c *fitConfig) { c.startEpoch = n }) }
