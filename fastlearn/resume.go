package fastlearn

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// Resume goes on with a fit from its training checkpoint, see [Checkpoint], and begins anew where
// there is no such file: a program that was killed is started again as it was. On the CPU in
// float32, with the same number of threads, the weights at the end are those of a fit that
// was never interrupted, to the bit.
//
// The fit, its arguments, data and callbacks must be the same; what differs in the fit, the
// number of batches, the model's tensors or the callbacks is an error, and then nothing is
// changed. Of a fit that was finished, nothing is trained again.
func Resume(name string) FitOption { return fitOption(func(c *fitConfig) { c.resume = name }) }

// Resumed tells a callback that the fit in hand goes on from a checkpoint.
func (l *Learner) Resumed() bool { return l.run != nil && l.run.resumed }

// resumePoint is an open checkpoint.
type resumePoint struct {
	file            *checkpoint.File
	model, opt      *pth.Dict
	training        *pth.Dict
	callbacks       *pth.Dict
	at              position
	stage, nBatches int
	plan            string
}

// openResume opens a checkpoint; nil where there is no file.
func (l *Learner) openResume(name string) (*resumePoint, error) {
	if name == "" {
		return nil, nil
	}
	path := l.modelFile(name)
	f, err := checkpoint.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("fastlearn: resume: %w", err)
	}
	r := &resumePoint{file: f}
	if err := r.read(); err != nil {
		return nil, errors.Join(fmt.Errorf("fastlearn: resume %s: %w", path, err), f.Close())
	}
	return r, nil
}

func (r *resumePoint) read() error {
	found, err := r.file.StateDict()
	if err != nil {
		return err
	}
	r.model = found.Dict
	if r.opt = optOf(r.file, found); r.opt == nil {
		return errors.New("it is no training checkpoint, see fastlearn.Checkpoint")
	}
	var ok bool
	if r.training, ok = pth.Get[*pth.Dict](r.opt, "training"); !ok {
		return errors.New("it is no training checkpoint, see fastlearn.Checkpoint; Learner.Load reads it")
	}
	version := 0
	err = loadNumbers(r.training, map[string]any{"version": &version, "stage": &r.stage, "batches": &r.nBatches,
		"epoch": &r.at.epoch, "iter": &r.at.iter, "loaded": &r.at.loaded})
	if err != nil {
		return err
	}
	if version != checkpointVersion {
		return fmt.Errorf("it is of version %d of the format, this program knows %d", version, checkpointVersion)
	}
	var ok1, ok2 bool
	r.at.inEpoch, ok = pth.Get[bool](r.training, "in_epoch")
	r.plan, ok1 = pth.Get[string](r.training, "plan")
	r.callbacks, ok2 = pth.Get[*pth.Dict](r.training, "callbacks")
	if !ok || !ok1 || !ok2 || r.at.epoch < 0 || r.at.loaded < 0 || r.at.iter < 0 {
		return errors.New("it lacks a part of a training's state")
	}
	return nil
}

// checkpointStage is the part of FineTune that a checkpoint is of; 0 where there is none.
func (l *Learner) checkpointStage(name string) (int, error) {
	r, err := l.openResume(name)
	if r == nil || err != nil {
		return 0, err
	}
	return r.stage, r.file.Close()
}

// begin prepares a fit's checkpoints, and the one that it goes on from.
func (l *Learner) begin(epochs int, c fitConfig) error {
	plan := c.plan
	if plan == "" {
		plan = "Fit, rates"
		for _, g := range l.Opt.Groups {
			plan += fmt.Sprintf(" %v", g.Hypers["lr"])
		}
	}
	plan += fmt.Sprintf(", %d epochs", epochs)
	if c.startEpoch != 0 {
		plan += fmt.Sprintf(" from %d", c.startEpoch)
	}
	l.run = &fitRun{plan: plan, stage: c.stage}
	r, err := l.openResume(c.resume)
	if err == nil && r != nil {
		l.run.resume, l.run.resumed = r, true
		if err = l.checkResume(r); err != nil {
			err = fmt.Errorf("fastlearn: resume %s: %w", l.modelFile(c.resume), err)
		}
	}
	if err != nil {
		l.end()
	}
	return err
}

// end frees what begin and the fit made.
func (l *Learner) end() {
	if l.run.resume != nil {
		l.run.resume.file.Close() // it was only read
	}
	l.run.loaderRNG.Close()
	l.run = nil
}

// checkResume tells in what the fit in hand differs from the checkpoint's.
func (l *Learner) checkResume(r *resumePoint) error {
	if r.plan != l.run.plan {
		return fmt.Errorf("it is of another fit:\n\t%s\nand this one is\n\t%s", r.plan, l.run.plan)
	}
	if n := l.DLs.Train.Len(); n != r.nBatches {
		return fmt.Errorf("its training set has %d batches, this one %d", r.nBatches, n)
	}
	var have []string
	for key := range r.callbacks.All() {
		name, _ := key.(string)
		if _, ok := pth.Get[*pth.Dict](r.callbacks, name); !ok {
			return fmt.Errorf("the state of %s is no dict", name)
		}
		have = append(have, name)
	}
	want, _ := l.statefuls()
	slices.Sort(have)
	slices.Sort(want)
	if !slices.Equal(have, want) {
		return fmt.Errorf("it is of a fit with the callbacks %v, this one has %v", have, want)
	}
	s := torch.NewScope()
	defer s.Close()
	state, err := nn.FromPTH(s, r.file, r.model)
	if err != nil {
		return err
	}
	return nn.CheckStateDict(l.Model, state)
}

// goOn takes over a checkpoint after BeforeFit, if there is one; within an epoch its callbacks
// and generators follow after BeforeTrain.
func (l *Learner) goOn() error {
	l.Epoch = 0
	r := l.run.resume
	if r == nil {
		return nil
	}
	if err := r.restoreModel(l); err != nil {
		return fmt.Errorf("fastlearn: resume: %w", err)
	}
	if l.Epoch = r.at.epoch; r.at.inEpoch {
		return nil
	}
	return r.restoreLoop(l)
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
	if err := loadNumbers(r.training, map[string]any{"frozen": &frozen}); err != nil {
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
		if err := errors.Join(scaler.LoadPTH(d), loadNumbers(d, map[string]any{"skipped": &scaler.Skipped})); err != nil {
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
	}
	if saved, ok := v.(*pth.Tensor); ok {
		if err := copySaved(s, f, saved, grad); err != nil {
			return err
		}
	}
	return torch.Try(func() {
		p.SetGrad(grad)
		p.RequiresGrad_(trained)
	})
}

// restoreLoop puts back the counters, what the callbacks remember, and the generators.
func (r *resumePoint) restoreLoop(l *Learner) error {
	err := loadNumbers(r.training, map[string]any{"train_iter": &l.TrainIter, "pct_train": &l.PctTrain, "loss": &l.LossValue})
	names, cbs := l.statefuls()
	for i, cb := range cbs {
		if err == nil {
			state, _ := pth.Get[*pth.Dict](r.callbacks, names[i]) // checkResume saw it
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
		saved, ok := pth.Get[*pth.Tensor](r.training, key)
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
	if err == nil && key == "rng" && l.DLs.Device.IsCUDA() {
		err = set("cuda_rng", l.DLs.Device)
	}
	return err
}

// trainBatches runs an epoch's training: all of it, or from where a checkpoint was written.
func (l *Learner) trainBatches(ctx context.Context, dl Loader) error {
	at := position{epoch: l.Epoch, inEpoch: true}
	r := l.run.resume
	if l.run.resume = nil; r != nil {
		defer r.file.Close() // it was only read
		if r.at.inEpoch {
			at = r.at
			if err := errors.Join(r.restoreLoop(l), r.restoreRNG(l, "loader_rng")); err != nil {
				return err
			}
		} else {
			r = nil
		}
	}
	l.run.loaderRNG.Close()
	l.run.loaderRNG = nil
	if err := torch.Try(func() { l.run.loaderRNG = torch.RNGState(torch.CPU) }); err != nil {
		return err
	}
	l.Iter, l.NIter = at.iter, dl.Len()
	batches := batchesFrom(ctx, dl, at.loaded)
	if r != nil && at.loaded >= l.NIter { // all are trained: there is nothing to read
		batches = func(func(*Batch, error) bool) {}
	}
	began := func() (err error) { // the loader has made its draws: the training's go on
		if r != nil {
			err = r.restoreRNG(l, "rng")
			r = nil
		}
		return err
	}
	for b, err := range batches {
		err = errors.Join(err, began())
		if err != nil {
			if b != nil {
				b.Close()
			}
			return errors.Join(err, l.writeCheckpoints(at, ctx.Err() != nil))
		}
		upTo := b.upTo
		if err := l.oneBatch(b); err != nil {
			return err
		}
		l.Iter++
		at.iter, at.loaded = l.Iter, max(at.loaded+1, upTo)
		if err := errors.Join(ctx.Err(), l.writeCheckpoints(at, ctx.Err() != nil)); err != nil {
			return err
		}
	}
	return errors.Join(began(), ctx.Err())
}
