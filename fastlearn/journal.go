package fastlearn

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// checkpoints is the journal of a fit: the training checkpoints that it writes, and the one that it goes on from.
type checkpoints struct {
	what      []fact // the fit is, but for its data; a checkpoint is resumed by the same
	train     data.Loader
	valid     data.Loader
	stage     int          // of FineTune
	from      *resumePoint // nil where the fit begins anew, or once it has gone on
	resumed   bool
	at        position // in the epoch's training
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

// newCheckpoints prepares a fit's checkpoints, and the one that it goes on from.
func (l *Learner) newCheckpoints(epochs int, c fitConfig) (*checkpoints, error) {
	plan := c.plan
	if plan == nil {
		plan = []fact{oneFact("fit", "Fit"), oneFact("rates", groupRates(l.Opt))}
	}
	facts, err := l.facts(append(plan, oneFact("epochs", epochs), oneFact("first epoch", c.startEpoch)))
	if err != nil {
		return nil, err
	}
	whole := l.peers.whole(l)
	j := &checkpoints{what: facts, train: whole.Train, valid: whole.Valid, stage: c.stage}
	if j.from, err = l.openResume(c.resume); err != nil || j.from == nil {
		return j, err
	}
	j.resumed = true
	if err := l.checkResume(j); err != nil {
		defer j.end()
		return nil, fmt.Errorf("fastlearn: resume %s: %w", j.from.path, err)
	}
	return j, nil
}

func (j *checkpoints) facts() (all []fact, from position, resumed bool) {
	if j.from != nil {
		from = j.from.at
	}
	return j.what, from, j.resumed
}

func (j *checkpoints) request(path string, early bool) {
	if early {
		j.onEarlyEnd = append(j.onEarlyEnd, path)
	} else {
		j.requested = append(j.requested, path)
	}
}

// batches runs an epoch's training from where its checkpoint was written; else from its first batch.
func (j *checkpoints) batches(ctx context.Context, l *Learner) iter.Seq2[*data.Batch, error] {
	return func(yield func(*data.Batch, error) bool) {
		r, err := j.beginEpoch(l)
		defer j.goneOn()
		if err != nil {
			j.requested, j.onEarlyEnd = nil, nil // the learner is as no training left it
			yield(nil, err)
			return
		}
		dl := l.DLs.Train
		l.Iter, l.NIter = j.at.iter, guard.Value("Len", dl, dl.Len)
		rest := data.Batches(l.peers.loading(ctx), dl, j.at.loaded, l.DLs.Device)
		if r != nil && j.at.loaded >= l.NIter { // all are trained: there is nothing to read
			rest = func(func(*data.Batch, error) bool) {}
		}
		began := func() (err error) { // the loader has made its draws: the training's go on
			if r != nil {
				err = r.restoreRNG(l, "rng")
				r = nil
				j.goneOn()
			}
			return err
		}
		for b, err := range rest {
			if err = errors.Join(err, began()); err != nil {
				b.Close()
				b = nil
			}
			if !yield(b, err) || err != nil {
				return
			}
		}
		if err := began(); err != nil {
			yield(nil, err)
		}
	}
}

// beginEpoch notes the generator's state for the epoch's loader, within an epoch that is resumed after putting back the rest
// of what its checkpoint holds. It returns that checkpoint, of other epochs nil.
func (j *checkpoints) beginEpoch(l *Learner) (r *resumePoint, err error) {
	j.at = position{epoch: l.Epoch, inEpoch: true}
	if j.from != nil && j.from.at.inEpoch {
		r, j.at = j.from, j.from.at
		if err := errors.Join(r.restoreLoop(l), r.restoreRNG(l, "loader_rng")); err != nil {
			return nil, err
		}
	}
	j.loaderRNG.Close()
	j.loaderRNG = nil
	return r, torch.Try(func() { j.loaderRNG = torch.RNGState(torch.CPU) })
}

func (j *checkpoints) afterBatch(l *Learner, early bool) error {
	j.at.iter, j.at.loaded = l.Iter, j.at.loaded+1
	return j.write(l, j.at, early)
}

func (j *checkpoints) broken(l *Learner, early bool) error { return j.write(l, j.at, early) }

func (j *checkpoints) afterEpoch(l *Learner, early bool) error {
	return j.write(l, position{epoch: l.Epoch + 1, stopped: early}, early)
}

// goneOn lets go of the checkpoint that the fit goes on from.
func (j *checkpoints) goneOn() {
	if j.from != nil {
		j.from.file.Close() // it was only read
		j.from = nil
	}
}

func (j *checkpoints) end() {
	j.goneOn()
	j.loaderRNG.Close()
}

// write writes the files that were asked for, and those for a fit that ends too early.
func (j *checkpoints) write(l *Learner, at position, early bool) error {
	files := j.requested
	if j.requested = nil; early {
		files = append(files, j.onEarlyEnd...)
	}
	slices.Sort(files)
	for _, path := range slices.Compact(files) {
		if err := j.writeFile(l, path, at); err != nil {
			return fmt.Errorf("fastlearn: checkpoint %s: %w", path, err)
		}
	}
	return nil
}

func (j *checkpoints) writeFile(l *Learner, path string, at position) error {
	s := torch.NewScope() // of gradients and generators, until they are written
	defer s.Close()
	others, err := j.gatherRNG(l, s, at)
	if err != nil {
		return err
	}
	if l.peers.rank() == 0 {
		if err := j.writeState(l, s, path, at, others); err != nil {
			return err
		}
	}
	return l.peers.barrier()
}

// writeState writes the file.
func (j *checkpoints) writeState(l *Learner, s *torch.Scope, path string, at position, others []*pth.Dict) error {
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
	training, err := j.trainingState(l, s, at)
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
