package fastlearn

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/saved"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/sharing"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/internal/identity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// trainEval counts and sets training mode (fastai's TrainEvalCallback).
type trainEval struct{}

func (trainEval) Order() int { return -10 }

func (trainEval) BeforeFit(l *Learner) error {
	l.losses.Set(0)
	l.Epoch, l.TrainIter, l.PctTrain = 0, 0, 0
	return nil
}

func (trainEval) BeforeTrain(l *Learner) error {
	l.PctTrain = float64(l.Epoch) / float64(l.NEpoch)
	nn.Train(l.Model)
	l.Training = true
	return nil
}

func (trainEval) AfterBatch(l *Learner) error {
	if l.Training {
		l.PctTrain += 1 / float64(l.NIter*l.NEpoch)
		l.TrainIter++
	}
	return nil
}

func (trainEval) BeforeValidate(l *Learner) error {
	nn.Eval(l.Model)
	l.Training = false
	return nil
}

// skipToEpoch cancels the epochs before it (fastai's SkipToEpoch).
type skipToEpoch int

func (skipToEpoch) Order() int { return 70 }

func (s skipToEpoch) BeforeEpoch(l *Learner) error {
	if l.Epoch < int(s) {
		return ErrCancelEpoch
	}
	return nil
}

// sharesCores has a fit use fewer threads while others use the machine's cores, but not with [Resume]: its numbers are to repeat.
type sharesCores struct{ threads *sharing.Threads }

// BeforeFit begins to measure what the process gets.
func (s *sharesCores) BeforeFit(l *Learner) error {
	s.threads = sharing.Begin(l.DLs.Device)
	return nil
}

// BeforeBatch adjusts the number of threads.
func (s *sharesCores) BeforeBatch(*Learner) error {
	s.threads.Adjust()
	return nil
}

// AfterFit puts the number of threads back.
func (s *sharesCores) AfterFit(*Learner) error {
	s.threads.End()
	return nil
}

// ParamScheduler sets hyperparameters before each training batch (fastai's
// ParamScheduler): for each name a schedule for all groups, or one for each.
type ParamScheduler struct {
	Scheds map[string][]Schedule
	Values map[string][]float64 // what each batch got, of the last group

	ofFit bool // a fit made it, of what its arguments say
}

// AfterCreate refuses schedules that are nil.
func (p *ParamScheduler) AfterCreate(*Learner) error {
	for _, name := range slices.Sorted(maps.Keys(p.Scheds)) {
		if len(p.Scheds[name]) == 0 {
			return fmt.Errorf("ParamScheduler: there is no schedule of %s", name)
		}
		if err := guard.All("ParamScheduler: "+name, "schedule", p.Scheds[name], func(Schedule) {}); err != nil {
			return err
		}
	}
	return nil
}

// Identity tells what is scheduled, and of schedules that no fit made a hash of their values at 33 places: they must be
// functions of the place alone.
func (p *ParamScheduler) Identity() string {
	if p == nil {
		return "ParamScheduler"
	}
	var values []float64
	names := slices.Sorted(maps.Keys(p.Scheds))
	for _, name := range names {
		for _, s := range p.Scheds[name] {
			for i := range 33 {
				values = append(values, float64(float32(s(float64(i)/32))))
			}
		}
	}
	id := "ParamScheduler(" + strings.Join(names, ", ")
	if !p.ofFit {
		id += fmt.Sprintf(" #%016x", uint64(identity.HashFloats(values)))
	}
	return id + ")"
}

// Order is fastai's.
func (*ParamScheduler) Order() int { return 60 }

// TrainOnly leaves validation alone.
func (*ParamScheduler) TrainOnly() {}

// BeforeFit forgets the values of an earlier fit.
func (p *ParamScheduler) BeforeFit(*Learner) error {
	p.Values = map[string][]float64{}
	return nil
}

// BeforeBatch sets the values for the batch.
func (p *ParamScheduler) BeforeBatch(l *Learner) error {
	for name, scheds := range p.Scheds {
		values := make([]float64, len(scheds))
		for i, s := range scheds {
			values[i] = s(l.PctTrain)
		}
		if err := l.Opt.Set(name, values...); err != nil {
			return err
		}
	}
	return nil
}

// AfterBatch records them.
func (p *ParamScheduler) AfterBatch(l *Learner) error {
	last := l.Opt.Groups[len(l.Opt.Groups)-1].Hypers
	for name := range p.Scheds {
		p.Values[name] = append(p.Values[name], last[name])
	}
	return nil
}

// State are the values so far.
func (p *ParamScheduler) State(*Learner) (*pth.Dict, error) {
	d := pth.NewDict()
	for _, name := range slices.Sorted(maps.Keys(p.Values)) {
		d.Set(name, saved.Numbers(p.Values[name]))
	}
	return d, nil
}

// LoadState takes them over.
func (p *ParamScheduler) LoadState(_ *Learner, f torch.Holder, d *pth.Dict) error {
	for name := range p.Scheds {
		if v, ok := d.Get(name); ok { // it is absent before the first batch
			values, err := saved.Load[float64](f, v)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			p.Values[name] = values
		}
	}
	return nil
}

// AfterFit hands the values to the recorder, for its plots.
func (p *ParamScheduler) AfterFit(l *Learner) error {
	l.Recorder.Hypers = p.Values
	return nil
}
