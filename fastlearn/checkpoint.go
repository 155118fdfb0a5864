package fastlearn

import (
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/files"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/scale"
	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/internal/version"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// Checkpoint is a callback that writes all of a training's state to Path/ModelDir/name.pth, from
// where [Resume] goes on: after every so many training batches of the fit (0 for none of
// these), when an epoch's batches are trained, when the fit ends, and when its context is
// cancelled, as by Ctrl-C, while it trains. The file is replaced whole or not at all;
// torch.load(weights_only=True), fastai's learn.load and [Learner.Load] read model and
// optimizer from it. Each fit needs a name of its own; FineTune is one fit.
func Checkpoint(name string, every int) Callback { return checkpointer{name, every} }

type checkpointer struct {
	name  string
	every int
}

// writesModels is a callback that writes models under names that it knows before the fit, as [Learner.Save] takes them.
type writesModels interface{ ModelNames() []string }

// NotInLRFind leaves the learning rate finder alone.
func (checkpointer) NotInLRFind() {}

// TrainOnly leaves validation's batches alone.
func (checkpointer) TrainOnly() {}

func (c checkpointer) AfterCreate(l *Learner) error {
	if c.every < 0 {
		return fmt.Errorf("Checkpoint every %d batches: want 0 or more", c.every)
	}
	path, err := l.ModelFile(c.name)
	if err != nil {
		return fmt.Errorf("Checkpoint: %w", err)
	}
	if !files.HasExt(path, files.PTH) {
		return fmt.Errorf("Checkpoint(%q): a safetensors file can't hold a training's state", c.name)
	}
	return nil
}

func (c checkpointer) BeforeFit(l *Learner) error {
	path, err := l.ModelFile(c.name)
	if err != nil {
		return err
	}
	for _, cb := range l.callbacks {
		w, ok := cb.(writesModels)
		if !ok {
			continue
		}
		for _, name := range w.ModelNames() {
			if other, err := l.ModelFile(name); err == nil && other == path {
				return fmt.Errorf("%s would write over its file %s: give one of them another name", scale.TypeName(cb), path)
			}
		}
	}
	l.journal.request(path, true)
	if l.peers.rank() != 0 {
		return nil
	}
	return diskfile.CheckWritable("Checkpoint", path)
}

func (c checkpointer) AfterBatch(l *Learner) error {
	if c.every > 0 && l.TrainIter%c.every == 0 || l.Iter == l.NIter-1 {
		return l.RequestCheckpoint(c.name)
	}
	return nil
}

func (c checkpointer) AfterEpoch(l *Learner) error {
	if l.Epoch == l.NEpoch-1 {
		return l.RequestCheckpoint(c.name)
	}
	return nil
}

// RequestCheckpoint has a training checkpoint written to Path/ModelDir/name.pth as soon as the
// batch in hand, or the epoch, is done; it is for callbacks. See [Checkpoint].
func (l *Learner) RequestCheckpoint(name string) error {
	return l.do("RequestCheckpoint", func() error { return l.requestCheckpoint(name) })
}

func (l *Learner) requestCheckpoint(name string) error {
	if l.journal == nil {
		return errors.New("fastlearn: RequestCheckpoint: no fit is running")
	}
	path, err := l.ModelFile(name)
	if err != nil {
		return fmt.Errorf("fastlearn: RequestCheckpoint: %w", err)
	}
	l.journal.request(path, false)
	return nil
}

// checkpointVersion changes when an older reader would go wrong.
const checkpointVersion = 2

// trainingState is what a checkpoint holds besides what Save writes.
func (j *checkpoints) trainingState(l *Learner, s *torch.Scope, at position) (*pth.Dict, error) {
	d := pth.NewDict()
	d.Set("version", int64(checkpointVersion))
	d.Set("fastlearn", version.Fastlearn)
	d.Set("threads", int64(torch.NumThreads()))
	id, err := j.identity()
	if err != nil {
		return nil, err
	}
	d.Set("identity", id.toPTH())
	items := pth.NewDict()
	id.items.set(items)
	d.Set("items", items)
	d.Set("stage", int64(j.stage))
	d.Set("epoch", int64(at.epoch))
	d.Set("in_epoch", at.inEpoch)
	d.Set("stopped", at.stopped)
	d.Set("iter", int64(at.iter))
	d.Set("loaded", int64(at.loaded))
	d.Set("train_iter", int64(l.TrainIter))
	d.Set("pct_train", l.PctTrain)
	d.Set("loss", l.LossValue())
	d.Set("frozen", int64(l.Opt.Frozen()))
	callbacks := pth.NewDict()
	names, cbs := l.statefuls()
	for i, cb := range cbs {
		state, err := cb.State(l)
		if err != nil {
			return nil, fmt.Errorf("state of %s: %w", names[i], err)
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
			g, failed := savedGrad(s, p)
			err = errors.Join(err, failed)
			grads.Items = append(grads.Items, g)
		}
		set("rng", torch.RNGState(torch.CPU).MoveTo(s))
		if l.DLs.Device.IsCUDA() {
			set("cuda_rng", torch.RNGState(l.DLs.Device).MoveTo(s))
		}
		if at.inEpoch {
			set("loader_rng", j.loaderRNG)
		}
	})
	return d, errors.Join(failed, err)
}

// savedGrad is a parameter's gradient for a file: nil where there is none, 0 for zeros, which
// they are after each step; only accumulated gradients are more.
func savedGrad(s *torch.Scope, p *torch.Tensor) (any, error) {
	g := p.Grad()
	if g == nil {
		return nil, nil
	}
	g.MoveTo(s)
	if largest := g.Abs().Max(); largest.Item() == 0 {
		return int64(0), nil
	}
	return torch.ToPTH(g)
}
