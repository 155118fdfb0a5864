package fastlearn

import (
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/files"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/scale"
	"github.com/fastlearn-go/fastlearn/internal/diskfile"
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
	if l.peers.Rank() != 0 {
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
