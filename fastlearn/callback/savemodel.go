package callback

import (
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// SaveModel is a callback that saves the model whenever a value is better than before, and loads
// the best one when the fit ends (fastai's SaveModelCallback). A fit that fails or is
// cancelled leaves the model as it is. Pass a pointer.
type SaveModel struct {
	Tracker
	FName      string // the file's name for [fastlearn.Learner.Save]; empty is "model"
	EveryEpoch int    // save every so many epochs instead, as FName_0, FName_1 …; 1 is each epoch
	AtEnd      bool   // save when the fit ends, and load nothing
	WithOpt    bool   // with the optimizer's state
	Checkpoint bool   // beside each file, write a training checkpoint for [fastlearn.Resume], with ".checkpoint" after its name

	saved bool
}

// Order is fastai's.
func (*SaveModel) Order() int { return 61 }

// AfterCreate checks the settings.
func (s *SaveModel) AfterCreate(l *fastlearn.Learner) error {
	if _, err := l.ModelFile(s.name()); err != nil {
		return err
	}
	if s.EveryEpoch < 0 {
		return fmt.Errorf("callback: EveryEpoch %d: want 0 or more", s.EveryEpoch)
	}
	if s.EveryEpoch > 0 && s.AtEnd {
		return errors.New("callback: EveryEpoch and AtEnd can't both be set")
	}
	return s.Tracker.AfterCreate(l)
}

func (s *SaveModel) name() string {
	if s.FName == "" {
		return "model"
	}
	return s.FName
}

// ModelNames returns the name that the best model is saved under.
func (s *SaveModel) ModelNames() []string {
	if s == nil || s.EveryEpoch > 0 {
		return nil
	}
	return []string{s.name()}
}

// options are those of saving and loading.
func (s *SaveModel) options() (opts []fastlearn.SaveOption) {
	if !s.WithOpt {
		opts = append(opts, fastlearn.WithoutOpt())
	}
	return opts
}

// write saves the model. Weights that aren't finite are logged: the fit's table shows them as well, and [TerminateOnNaN] is
// what ends it.
func (s *SaveModel) write(l *fastlearn.Learner, name string) error {
	_, err := l.Save(name, s.options()...)
	if bad, ok := err.(*predictor.NotFiniteError); ok {
		l.Logf("%v", bad)
		err = nil
	}
	return err
}

func (s *SaveModel) save(l *fastlearn.Learner, name string) error {
	err := s.write(l, name)
	if err == nil && s.Checkpoint {
		err = l.RequestCheckpoint(name + ".checkpoint.pth")
	}
	return err
}

// BeforeFit begins anew, unless KeepBest is set, and tries the directory.
func (s *SaveModel) BeforeFit(l *fastlearn.Learner) error {
	s.saved = s.saved && s.KeepBest
	path, err := l.ModelFile(s.name())
	if err == nil && l.Rank() == 0 {
		err = diskfile.CheckWritable("SaveModel", path)
	}
	if err != nil {
		return err
	}
	if s.EveryEpoch > 0 || s.AtEnd { // it compares nothing
		return s.begin(l)
	}
	return s.Tracker.BeforeFit(l)
}

// AfterEpoch saves.
func (s *SaveModel) AfterEpoch(l *fastlearn.Learner) error {
	if s.EveryEpoch > 0 {
		if l.Epoch%s.EveryEpoch != 0 {
			return nil
		}
		return s.save(l, fmt.Sprintf("%s_%d", s.name(), l.Epoch))
	}
	if s.AtEnd {
		if s.Checkpoint && l.Epoch == l.NEpoch-1 {
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
func (s *SaveModel) AfterFit(l *fastlearn.Learner) error {
	switch {
	case l.Failed:
		return nil
	case s.AtEnd:
		return s.write(l, s.name())
	case s.EveryEpoch > 0 || !s.saved:
		return nil
	}
	return l.Load(s.name(), s.options()...)
}

// Identity is its name and the value that it watches.
func (s *SaveModel) Identity() string {
	if s == nil {
		return "SaveModel"
	}
	return s.identity("SaveModel")
}

// State is the best value, and whether there is a file of it.
func (s *SaveModel) State(l *fastlearn.Learner) (*pth.Dict, error) {
	d, err := s.Tracker.State(l)
	d.Set("saved", s.saved)
	return d, err
}

// LoadState takes them over.
func (s *SaveModel) LoadState(l *fastlearn.Learner, f torch.Holder, d *pth.Dict) error {
	saved, ok := pth.Get[bool](d, "saved")
	if !ok {
		return errors.New(`it has no "saved"`)
	}
	s.saved = saved
	return s.Tracker.LoadState(l, f, d)
}
