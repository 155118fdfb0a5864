package fastlearn

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/trainfile"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// gatherRNG returns the generators' states of the processes of rank 1 and above, all that a
// training checkpoint must know of them: the rest is as in the process of rank 0. loaderRNG is
// the state with which the epoch's loader began, nil between epochs.
func (l *Learner) gatherRNG(s *torch.Scope, loaderRNG *torch.Tensor) ([]*pth.Dict, error) {
	if l.peers.Size() == 1 {
		return nil, nil
	}
	states := make([]*pth.Dict, l.peers.Size()-1)
	for i := range states {
		states[i] = pth.NewDict()
	}
	gather := func(key string, state *torch.Tensor) error {
		all, err := l.peers.Gather(state)
		for rank, t := range all {
			if t.MoveTo(s); rank == 0 {
				continue
			}
			saved, failed := torch.ToPTH(t)
			err = errors.Join(err, failed)
			states[rank-1].Set(key, saved)
		}
		return err
	}
	var err error
	failed := torch.Try(func() {
		err = gather("rng", torch.RNGState(torch.CPU).MoveTo(s))
		if err == nil && l.DLs.Device.IsCUDA() {
			err = gather("cuda_rng", torch.RNGState(l.DLs.Device).MoveTo(s))
		}
		if err == nil && loaderRNG != nil {
			err = gather("loader_rng", loaderRNG)
		}
	})
	return states, errors.Join(failed, err)
}

// addTraining adds to d what a checkpoint holds besides what Save writes.
func (l *Learner) addTraining(d *pth.Dict, s *torch.Scope, loaderRNG *torch.Tensor) (err error) {
	d.Set("train_iter", int64(l.TrainIter))
	d.Set("pct_train", l.PctTrain)
	d.Set("loss", l.LossValue())
	d.Set("frozen", int64(l.Opt.Frozen()))
	callbacks := pth.NewDict()
	names, cbs := l.statefuls()
	for i, cb := range cbs {
		state, err := cb.State(l)
		if err != nil {
			return fmt.Errorf("state of %s: %w", names[i], err)
		}
		callbacks.Set(names[i], state)
	}
	d.Set("callbacks", callbacks)
	trained, grads := pth.NewList(), pth.NewList()
	d.Set("requires_grad", trained)
	d.Set("grads", grads)
	set := func(key string, t *torch.Tensor) {
		saved, failed := torch.ToPTH(t)
		err = errors.Join(err, failed)
		d.Set(key, saved)
	}
	failed := torch.Try(func() {
		for _, p := range nn.Parameters(l.Model) {
			trained.Items = append(trained.Items, p.RequiresGrad())
			g, failed := trainfile.SaveGrad(s, p)
			err = errors.Join(err, failed)
			grads.Items = append(grads.Items, g)
		}
		set("rng", torch.RNGState(torch.CPU).MoveTo(s))
		if l.DLs.Device.IsCUDA() {
			set("cuda_rng", torch.RNGState(l.DLs.Device).MoveTo(s))
		}
		if loaderRNG != nil {
			set("loader_rng", loaderRNG)
		}
	})
	return errors.Join(failed, err)
}

// writeCheckpoint writes a checkpoint: the model, the optimizer, the state of training that d begins, and the generators of the
// other processes.
func (l *Learner) writeCheckpoint(s *torch.Scope, path string, d *pth.Dict, loaderRNG *torch.Tensor, others []*pth.Dict) error {
	model, err := nn.ToPTH(l.Model)
	if err != nil {
		return err
	}
	defer model.Release()
	opt, err := l.Opt.ToPTH()
	if err != nil {
		return err
	}
	defer opt.Release() // and of all that is put into it
	if scaler := l.Scaler(); scaler != nil {
		state := scaler.ToPTH()
		state.Set("skipped", int64(scaler.Skipped()))
		opt.Set("scaler", state)
	}
	if err := l.addTraining(d, s, loaderRNG); err != nil {
		return err
	}
	if len(others) > 0 {
		ranks := pth.NewList()
		for _, state := range others {
			ranks.Items = append(ranks.Items, state)
		}
		d.Set("other_ranks", ranks)
	}
	opt.Set("training", d) // where fastai's load passes over it
	state := pth.NewDict()
	state.Set("model", model)
	state.Set("opt", opt)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return pth.WriteFile(path, state)
}
