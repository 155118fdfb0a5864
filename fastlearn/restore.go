package fastlearn

import (
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/trainfile"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// restoreModel puts back the model, the optimizer, gradients and the loss's scale.
func (l *Learner) restoreModel(r *trainfile.File) error {
	s := torch.NewScope()
	defer s.Close()
	state, err := nn.FromPTH(s, r.Tensors, r.Model)
	if err != nil {
		return err
	}
	params := nn.Parameters(l.Model)
	trained, ok1 := pth.Get[*pth.List](r.Training, "requires_grad")
	grads, ok2 := pth.Get[*pth.List](r.Training, "grads")
	frozen := 0
	if err := pth.LoadNumbers(r.Training, map[string]any{"frozen": &frozen}); err != nil {
		return err
	}
	if !ok1 || !ok2 || trained.Len() != len(params) || grads.Len() != len(params) {
		return fmt.Errorf("it lacks the gradients of %d parameters", len(params))
	}
	if err := l.Opt.LoadPTH(r.Tensors, r.Opt); err != nil {
		return err
	}
	if err := nn.LoadStateDict(l.Model, state); err != nil {
		return err
	}
	if scaler := l.Scaler(); scaler != nil {
		d, ok := pth.Get[*pth.Dict](r.Opt, "scaler")
		if !ok {
			return errors.New("it lacks the loss's scale: it is of a fit in another precision")
		}
		if err := scaler.LoadPTH(d); err != nil {
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
		if err := trainfile.LoadGrad(s, r.Tensors, grads.Items[i], p, on); err != nil {
			return fmt.Errorf("gradient %d: %w", i, err)
		}
	}
	return nil
}

// restoreLoop puts back the counters, what the callbacks remember, and the generators.
func (l *Learner) restoreLoop(r *trainfile.File) error {
	var loss float64
	err := pth.LoadNumbers(r.Training, map[string]any{"train_iter": &l.TrainIter, "pct_train": &l.PctTrain, "loss": &loss})
	l.losses.Set(loss)
	names, cbs := l.statefuls()
	for i, cb := range cbs {
		if err == nil && l.runs(cb) {
			state, ok := pth.Get[*pth.Dict](r.Callbacks, names[i])
			if !ok { // of one that only writes, else checkStates would have missed it
				continue
			}
			if err = cb.LoadState(l, r.Tensors, state); err != nil {
				err = fmt.Errorf("state of %s: %w", names[i], err)
			}
		}
	}
	if err == nil {
		err = l.restoreRNG(r, "rng")
	}
	if err != nil {
		return fmt.Errorf("fastlearn: resume: %w", err)
	}
	return nil
}

// restoreRNG sets the CPU's generator to a saved state, and with it, if it is the training's
// own, a GPU's.
func (l *Learner) restoreRNG(r *trainfile.File, key string) error {
	set := func(key string, device torch.Device) error {
		s := torch.NewScope()
		defer s.Close()
		saved, ok := pth.Get[*pth.Tensor](r.OfRank(l.peers.Rank()), key)
		if !ok {
			return fmt.Errorf("it lacks the generator's state %s", key)
		}
		state, err := torch.FromPTH(s, r.Tensors, saved)
		if err != nil {
			return err
		}
		return torch.Try(func() { torch.SetRNGState(device, state.Clone()) })
	}
	err := set(key, torch.CPU)
	_, there := r.OfRank(l.peers.Rank()).Get("cuda_rng") // not of a fit on the CPU
	if err == nil && there && key == "rng" && l.DLs.Device.IsCUDA() {
		err = set("cuda_rng", l.DLs.Device)
	}
	return err
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
