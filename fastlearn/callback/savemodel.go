package callback

import (
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// SaveModel makes a callback that saves the model whenever a value is better than before, and loads
// the best one when the fit ends (fastai's SaveModelCallback). A fit that fails or is
// cancelled leaves the model as it is.
func SaveModel(opts ...SaveModelOption) Tracking {
	s := &saveModel{file: "model"}
	s.bad = guard.Options("callback: SaveModel", opts, func(o SaveModelOption) { o.save(s) })
	return s
}

// SaveModelOption changes a default of [SaveModel]; every [TrackerOption] is one.
type SaveModelOption interface{ save(*saveModel) }

type saveModelOption func(*saveModel)

func (o saveModelOption) save(s *saveModel) { o(s) }

// FName sets the file's name for [fastlearn.Learner.Save] (default "model").
func FName(name string) SaveModelOption { return saveModelOption(func(s *saveModel) { s.file = name }) }

// EveryEpoch saves every n epochs instead, as FName_0, FName_1 …; 1 is each epoch.
func EveryEpoch(n int) SaveModelOption {
	return saveModelOption(func(s *saveModel) { s.everyEpoch, s.every = n, true })
}

// AtEnd saves when the fit ends, and loads nothing.
func AtEnd() SaveModelOption { return saveModelOption(func(s *saveModel) { s.atEnd = true }) }

// WithOpt saves the optimizer's state as well.
func WithOpt() SaveModelOption { return saveModelOption(func(s *saveModel) { s.withOpt = true }) }

// WithCheckpoint writes, beside each file, a training checkpoint for [fastlearn.Resume], with ".checkpoint" after its name.
func WithCheckpoint() SaveModelOption {
	return saveModelOption(func(s *saveModel) { s.checkpoint = true })
}

type saveModel struct {
	tracker
	file                       string
	everyEpoch                 int
	every                      bool // EveryEpoch was given
	atEnd, withOpt, checkpoint bool

	saved bool
}

// Order is fastai's.
func (*saveModel) Order() int { return 61 }

// AfterCreate checks the settings.
func (s *saveModel) AfterCreate(l *fastlearn.Learner) error {
	if _, err := l.ModelFile(s.name()); err != nil {
		return err
	}
	if s.every && s.everyEpoch < 1 {
		return fmt.Errorf("callback: EveryEpoch(%d): want 1 or more", s.everyEpoch)
	}
	if s.everyEpoch > 0 && s.atEnd {
		return errors.New("callback: EveryEpoch and AtEnd can't both be set")
	}
	return s.tracker.AfterCreate(l)
}

func (s *saveModel) name() string { return s.file }

// ModelNames returns the name that the best model is saved under.
func (s *saveModel) ModelNames() []string {
	if s == nil || s.everyEpoch > 0 {
		return nil
	}
	return []string{s.name()}
}

// options are those of saving and loading.
func (s *saveModel) options() (opts []fastlearn.SaveOption) {
	if !s.withOpt {
		opts = append(opts, fastlearn.WithoutOpt())
	}
	return opts
}

// write saves the model. Weights that aren't finite are logged: the fit's table shows them as well, and [TerminateOnNaN] is
// what ends it.
func (s *saveModel) write(l *fastlearn.Learner, name string) error {
	_, err := l.Save(name, s.options()...)
	if bad, ok := err.(*predictor.NotFiniteError); ok {
		l.Logf("%v", bad)
		err = nil
	}
	return err
}

func (s *saveModel) save(l *fastlearn.Learner, name string) error {
	err := s.write(l, name)
	if err == nil && s.checkpoint {
		err = l.RequestCheckpoint(name + ".checkpoint.pth")
	}
	return err
}

// BeforeFit begins anew, unless KeepBest is set, and tries the directory.
func (s *saveModel) BeforeFit(l *fastlearn.Learner) error {
	s.saved = s.saved && s.keepBest
	path, err := l.ModelFile(s.name())
	if err == nil && l.Rank() == 0 {
		err = diskfile.CheckWritable("SaveModel", path)
	}
	if err != nil {
		return err
	}
	if s.everyEpoch > 0 || s.atEnd { // it compares nothing
		return s.begin(l)
	}
	return s.tracker.BeforeFit(l)
}

// AfterEpoch saves.
func (s *saveModel) AfterEpoch(l *fastlearn.Learner) error {
	if s.everyEpoch > 0 {
		if l.Epoch%s.everyEpoch != 0 {
			return nil
		}
		return s.save(l, fmt.Sprintf("%s_%d", s.name(), l.Epoch))
	}
	if s.atEnd {
		if s.checkpoint && l.Epoch == l.NEpoch-1 {
			return l.RequestCheckpoint(s.name() + ".checkpoint.pth")
		}
		return nil
	}
	if _, best := s.look(l); !best {
		return nil
	}
	l.Logf("Better model found at epoch %d with %s value: %v.", l.Epoch, s.monitor(), s.best)
	s.saved = true
	return s.save(l, s.name())
}

// AfterFit saves the last model, or loads the best one.
func (s *saveModel) AfterFit(l *fastlearn.Learner) error {
	switch {
	case l.Failed:
		return nil
	case s.atEnd:
		return s.write(l, s.name())
	case s.everyEpoch > 0 || !s.saved:
		return nil
	}
	return l.Load(s.name(), s.options()...)
}

// Identity is its name and the value that it watches.
func (s *saveModel) Identity() string {
	if s == nil {
		return "SaveModel"
	}
	return s.identity("SaveModel")
}

// State is the best value, and whether there is a file of it.
func (s *saveModel) State(l *fastlearn.Learner) (*pth.Dict, error) {
	d, err := s.tracker.State(l)
	d.Set("saved", s.saved)
	return d, err
}

// LoadState takes them over.
func (s *saveModel) LoadState(l *fastlearn.Learner, f torch.Holder, d *pth.Dict) error {
	saved, ok := pth.Get[bool](d, "saved")
	if !ok {
		return errors.New(`it has no "saved"`)
	}
	s.saved = saved
	return s.tracker.LoadState(l, f, d)
}
