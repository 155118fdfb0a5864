package fastlearn

import (
	"errors"
	"maps"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/preserve"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// snapshot is everything of a learner that training changes, in memory.
type snapshot struct {
	l        *Learner
	scope    *torch.Scope
	learner  Learner // the plain fields
	recorder Recorder
	model    []*torch.Tensor // copies of what nn.StateDict lists
	grads    []*torch.Tensor // of the parameters, nil where there is none
	trained  []bool          // whether each parameter has gradients at all
	frozen   int             // the optimizer's frozen groups
	modes    func()          // puts the modules' back
	opt      []optim.Param   // copies of the optimizer's states; nil without an optimizer
	hypers   []optim.Hypers
	scaler   *optim.GradScaler // a copy; nil without one
	rng      preserve.States
}

func (l *Learner) snapshot() (*snapshot, error) {
	s := &snapshot{l: l, scope: torch.NewScope(), learner: *l, recorder: *l.Recorder, modes: preserve.Modes(l.Model)}
	err := torch.Try(func() {
		torch.NoGrad(func() {
			for _, n := range nn.StateDict(l.Model) {
				s.model = append(s.model, s.copy(n.Tensor))
			}
			for _, p := range nn.Parameters(l.Model) {
				g := p.Grad()
				s.grads = append(s.grads, s.copy(g))
				s.trained = append(s.trained, p.RequiresGrad())
				g.Close()
			}
			s.copyOpt()
		})
		if scaler := l.Scaler(); scaler != nil {
			scaler.Close() // its numbers are here then
			kept := *scaler
			s.scaler = &kept
		}
	})
	if err == nil {
		s.rng, err = preserve.RNG(l.DLs.Device)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *snapshot) copyOpt() {
	if s.l.Opt == nil {
		return
	}
	for _, p := range s.l.Opt.Params() {
		kept := optim.Param{NoDecay: p.NoDecay, ForceTrain: p.ForceTrain, State: map[string]*torch.Tensor{}}
		for name, t := range p.State {
			kept.State[name] = s.copy(t)
		}
		s.opt = append(s.opt, kept)
	}
	s.frozen = s.l.Opt.Frozen()
	for _, g := range s.l.Opt.Groups {
		s.hypers = append(s.hypers, maps.Clone(g.Hypers))
	}
}

// copy is a copy of t in the snapshot's scope; gradients must be off.
func (s *snapshot) copy(t *torch.Tensor) *torch.Tensor {
	if t == nil {
		return nil
	}
	return t.Clone().MoveTo(s.scope)
}

// restore puts everything back.
func (s *snapshot) restore() error {
	l := s.l
	callbacks, ids, next, opt := l.callbacks, l.callbackIDs, l.callbackID, l.Opt
	*l = s.learner
	l.callbacks, l.callbackIDs, l.callbackID, l.Opt = callbacks, ids, next, opt
	*l.Recorder = s.recorder
	if s.scaler != nil {
		*l.Scaler() = *s.scaler
	}
	s.modes()
	err := torch.Try(func() {
		torch.NoGrad(func() {
			for i, n := range nn.StateDict(l.Model) {
				n.Copy_(s.model[i])
			}
			for i, p := range nn.Parameters(l.Model) {
				p.SetGrad(nil)
				if s.grads[i] != nil {
					p.SetGrad(s.grads[i])
				}
			}
			s.restoreOpt()
			for i, p := range nn.Parameters(l.Model) {
				p.RequiresGrad_(s.trained[i])
			}
		})
	})
	return errors.Join(err, s.rng.Restore())
}

func (s *snapshot) restoreOpt() {
	l := s.l
	if l.Opt != s.learner.Opt { // it was made meanwhile
		l.Opt.Close()
	}
	if l.Opt = s.learner.Opt; l.Opt == nil {
		return
	}
	l.Opt.ClearState()
	l.Opt.FreezeTo(s.frozen)
	for i, p := range l.Opt.Params() {
		p.NoDecay, p.ForceTrain = s.opt[i].NoDecay, s.opt[i].ForceTrain
		for name, t := range s.opt[i].State {
			p.State[name] = t.Keep()
		}
	}
	for i, g := range l.Opt.Groups {
		g.Hypers = s.hypers[i]
	}
}

func (s *snapshot) close() {
	s.rng.Close()
	s.scope.Close()
}
