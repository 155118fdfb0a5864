package fastlearn

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/files"
	"github.com/fastlearn-go/fastlearn/internal/diskfile"
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

// WritesModels is a callback that writes models under names that it knows before the fit, as [Learner.Save] takes them.
type WritesModels interface{ ModelNames() []string }

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
		w, ok := cb.(WritesModels)
		if !ok {
			continue
		}
		for _, name := range w.ModelNames() {
			if other, err := l.ModelFile(name); err == nil && other == path {
				return fmt.Errorf("%s would write over its file %s: give one of them another name", typeName(cb), path)
			}
		}
	}
	l.run.onEarlyEnd = append(l.run.onEarlyEnd, path)
	if l.Rank() != 0 {
		return nil
	}
	return diskfile.CheckWritable("Checkpoint", path)
}

func (c checkpointer) AfterBatch(l *Learner) error {
	if c.every > 0 && l.TrainIter%c.every == 0 || l.Iter == l.NIter-1 {
		return l.WriteCheckpoint(c.name)
	}
	return nil
}

func (c checkpointer) AfterEpoch(l *Learner) error {
	if l.Epoch == l.NEpoch-1 {
		return l.WriteCheckpoint(c.name)
	}
	return nil
}

// WriteCheckpoint has a training checkpoint written to Path/ModelDir/name.pth as soon as the
// batch in hand, or the epoch, is done; it is for callbacks. See [Checkpoint].
func (l *Learner) WriteCheckpoint(name string) error {
	return l.do("WriteCheckpoint", func() error { return l.requestCheckpoint(name) })
}

func (l *Learner) requestCheckpoint(name string) error {
	if l.run == nil {
		return errors.New("fastlearn: WriteCheckpoint: no fit is running")
	}
	path, err := l.ModelFile(name)
	if err != nil {
		return fmt.Errorf("fastlearn: WriteCheckpoint: %w", err)
	}
	l.run.requested = append(l.run.requested, path)
	return nil
}

// fitRun is what a fit knows of its checkpoints.
type fitRun struct {
	facts     []fact      // what the fit is, but for its data; a checkpoint is resumed by the same
	train     data.Loader // those of when it began
	valid     data.Loader
	stage     int
	ctx       context.Context
	cancelled bool         // of several processes one was
	notFinite bool         // it had a loss that wasn't, which was reported
	inEpoch   bool         // between an epoch's BeforeEpoch and its AfterEpoch
	resume    *resumePoint // nil where the fit begins anew, or once it has gone on
	resumed   bool
	requested []string // files to be written at the next chance
	// files to be written when the context is cancelled, or a callback ends the fit after an epoch
	onEarlyEnd []string

	loaderRNG *torch.Tensor // the CPU generator's state when the epoch's loader began
}

// position is where a training is: before the batch that comes after these.
type position struct {
	epoch   int
	inEpoch bool // after the epoch's BeforeTrain
	iter    int  // batches trained in the epoch
	loaded  int  // the loader's batches, those it left out included
	stopped bool // a callback ended the fit after the epoch before
}

// writeCheckpoints writes the files that were asked for, and those for a fit that ends too early.
func (l *Learner) writeCheckpoints(at position, early bool) error {
	files := l.run.requested
	if l.run.requested = nil; early {
		files = append(files, l.run.onEarlyEnd...)
	}
	slices.Sort(files)
	for _, path := range slices.Compact(files) {
		if err := l.writeCheckpoint(path, at); err != nil {
			return fmt.Errorf("fastlearn: checkpoint %s: %w", path, err)
		}
	}
	return nil
}

func (l *Learner) writeCheckpoint(path string, at position) error {
	s := torch.NewScope() // of gradients and generators, until they are written
	defer s.Close()
	others, err := l.gatherRNG(s, at)
	if err != nil {
		return err
	}
	if l.Rank() == 0 {
		if err := l.writeState(s, path, at, others); err != nil {
			return err
		}
	}
	return l.barrier()
}

// writeState writes the file.
func (l *Learner) writeState(s *torch.Scope, path string, at position, others []*pth.Dict) error {
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
		state.Set("skipped", int64(scaler.Skipped))
		opt.Set("scaler", state)
	}
	training, err := l.trainingState(s, at)
	if err != nil {
		return err
	}
	if len(others) > 0 {
		ranks := pth.NewList()
		for _, state := range others {
			ranks.Items = append(ranks.Items, state)
		}
		training.Set("other_ranks", ranks)
	}
	opt.Set("training", training) // where fastai's load passes over it
	state := pth.NewDict()
	state.Set("model", model)
	state.Set("opt", opt)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return pth.WriteFile(path, state)
}

// checkpointVersion changes when an older reader would go wrong.
const checkpointVersion = 2

// trainingState is what a checkpoint holds besides what Save writes.
func (l *Learner) trainingState(s *torch.Scope, at position) (*pth.Dict, error) {
	d := pth.NewDict()
	d.Set("version", int64(checkpointVersion))
	id, err := l.run.identity()
	if err != nil {
		return nil, err
	}
	d.Set("identity", id.toPTH())
	items := pth.NewDict()
	id.items.set(items)
	d.Set("items", items)
	d.Set("stage", int64(l.run.stage))
	d.Set("epoch", int64(at.epoch))
	d.Set("in_epoch", at.inEpoch)
	d.Set("stopped", at.stopped)
	d.Set("iter", int64(at.iter))
	d.Set("loaded", int64(at.loaded))
	d.Set("train_iter", int64(l.TrainIter))
	d.Set("pct_train", l.PctTrain)
	d.Set("loss", l.LossValue)
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
			set("loader_rng", l.run.loaderRNG)
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
