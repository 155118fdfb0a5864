package fastlearn

import (
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/scale"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// resume takes over a checkpoint after BeforeFit, if there is one; within an epoch its callbacks
// and generators follow after BeforeTrain.
func (j *checkpoints) resume(l *Learner) error {
	l.Epoch = 0
	r := j.from
	if r == nil {
		return nil
	}
	if err := r.restoreModel(l); err != nil {
		return fmt.Errorf("fastlearn: resume: %w", err)
	}
	if now := int64(torch.NumThreads()); r.threads != 0 && r.threads != now {
		l.Logf("resume: the checkpoint was written with %s, and this program uses %d: the last digits of its numbers may differ",
			scale.Plural(int(r.threads), "thread"), now)
	}
	if l.Epoch = r.at.epoch; r.at.inEpoch {
		return nil
	}
	if err := r.restoreLoop(l); err != nil {
		return err
	}
	if r.at.stopped && !l.morePatience() {
		l.Epoch--
		return ErrCancelFit
	}
	return nil
}

// morePatience tells whether an [callback.EarlyStopping] that ended the fit would not end it now.
func (l *Learner) morePatience() (more bool) {
	for _, cb := range l.callbacks {
		if e, ok := cb.(endsFit); ok {
			more = e.GoesOn() || more
		}
	}
	return more
}

// restoreModel puts back the model, the optimizer, gradients and the loss's scale.
func (r *resumePoint) restoreModel(l *Learner) error {
	s := torch.NewScope()
	defer s.Close()
	state, err := nn.FromPTH(s, r.file, r.model)
	if err != nil {
		return err
	}
	params := nn.Parameters(l.Model)
	trained, ok1 := pth.Get[*pth.List](r.training, "requires_grad")
	grads, ok2 := pth.Get[*pth.List](r.training, "grads")
	frozen := 0
	if err := pth.LoadNumbers(r.training, map[string]any{"frozen": &frozen}); err != nil {
		return err
	}
	if !ok1 || !ok2 || trained.Len() != len(params) || grads.Len() != len(params) {
		return fmt.Errorf("it lacks the gradients of %d parameters", len(params))
	}
	if err := l.Opt.LoadPTH(r.file, r.opt); err != nil {
		return err
	}
	if err := nn.LoadStateDict(l.Model, state); err != nil {
		return err
	}
	if scaler := l.Scaler(); scaler != nil {
		d, ok := pth.Get[*pth.Dict](r.opt, "scaler")
		if !ok {
			return errors.New("it lacks the loss's scale: it is of a fit in another precision")
		}
		if err := errors.Join(scaler.LoadPTH(d), pth.LoadNumbers(d, map[string]any{"skipped": &scaler.Skipped})); err != nil {
			return err
		}
	}
	if err := torch.Try(func() { l.Opt.FreezeTo(frozen) }); err != nil {
		return err
	}
	for i, p := range params {
		on, ok := trained.Items[i].(bool)
		if !ok {
			return fmt.Errorf("requires_grad %d: want a bool, got %T", i, trained.Items[i])
		}
		if err := loadGrad(s, r.file, grads.Items[i], p, on); err != nil {
			return fmt.Errorf("gradient %d: %w", i, err)
		}
	}
	return nil
}

// loadGrad puts back what [savedGrad] wrote, and whether the parameter is trained.
func loadGrad(s *torch.Scope, f torch.Holder, v any, p *torch.Tensor, trained bool) error {
	var grad *torch.Tensor
	if v != nil {
		if err := torch.Try(func() { torch.NoGrad(func() { grad = torch.ZerosLike(p).MoveTo(s) }) }); err != nil {
			return err
		}
		if v != int64(0) {
			if err := torch.CopyPTH(grad, f, v); err != nil {
				return err
			}
		}
	}
	return torch.Try(func() {
		p.SetGrad(grad)
		p.RequiresGrad_(trained)
	})
}

// restoreLoop puts back the counters, what the callbacks remember, and the generators.
func (r *resumePoint) restoreLoop(l *Learner) error {
	var loss float64
	err := pth.LoadNumbers(r.training, map[string]any{"train_iter": &l.TrainIter, "pct_train": &l.PctTrain, "loss": &loss})
	l.losses.Set(loss)
	names, cbs := l.statefuls()
	for i, cb := range cbs {
		if err == nil && l.runs(cb) {
			state, ok := pth.Get[*pth.Dict](r.callbacks, names[i])
			if !ok { // of one that only writes, else checkStates would have missed it
				continue
			}
			if err = cb.LoadState(l, r.file, state); err != nil {
				err = fmt.Errorf("state of %s: %w", names[i], err)
			}
		}
	}
	if err == nil {
		err = r.restoreRNG(l, "rng")
	}
	if err != nil {
		return fmt.Errorf("fastlearn: resume: %w", err)
	}
	return nil
}

// restoreRNG sets the CPU's generator to a saved state, and with it, if it is the training's
// own, a GPU's.
func (r *resumePoint) restoreRNG(l *Learner, key string) error {
	set := func(key string, device torch.Device) error {
		s := torch.NewScope()
		defer s.Close()
		saved, ok := pth.Get[*pth.Tensor](r.ofRank(l), key)
		if !ok {
			return fmt.Errorf("it lacks the generator's state %s", key)
		}
		state, err := torch.FromPTH(s, r.file, saved)
		if err != nil {
			return err
		}
		return torch.Try(func() { torch.SetRNGState(device, state.Clone()) })
	}
	err := set(key, torch.CPU)
	_, there := r.ofRank(l).Get("cuda_rng") // not of a fit on the CPU
	if err == nil && there && key == "rng" && l.DLs.Device.IsCUDA() {
		err = set("cuda_rng", l.DLs.Device)
	}
	return err
}
