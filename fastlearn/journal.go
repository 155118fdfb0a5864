package fastlearn

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fitfacts"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/scale"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/trainfile"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
)

// checkpoints is the journal of a fit: the training checkpoints that it writes, and the one that it goes on from.
type checkpoints struct {
	l         *Learner
	what      []fitfacts.Fact // the fit is, but for its data; a checkpoint is resumed by the same
	train     data.Loader
	valid     data.Loader
	stage     int             // of FineTune
	from      *trainfile.File // nil where the fit begins anew, or once it has gone on
	resumed   bool
	at        trainfile.Position // in the epoch's training
	requested []string           // files to be written at the next chance
	// files to be written when the context is cancelled, or a callback ends the fit after an epoch
	onEarlyEnd []string

	loaderRNG *torch.Tensor // the CPU generator's state when the epoch's loader began
}

// newCheckpoints prepares a fit's checkpoints, and the one that it goes on from.
func (l *Learner) newCheckpoints(epochs int, c fitConfig) (*checkpoints, error) {
	plan := c.plan
	if plan == nil {
		plan = []fitfacts.Fact{fitfacts.One("fit", "Fit"), fitfacts.One("rates", groupRates(l.Opt))}
	}
	facts, err := l.facts(append(plan, fitfacts.One("epochs", epochs), fitfacts.One("first epoch", c.startEpoch)))
	if err != nil {
		return nil, err
	}
	whole := l.peers.Whole(l.DLs)
	j := &checkpoints{l: l, what: facts, train: whole.Train, valid: whole.Valid, stage: c.stage}
	if j.from, err = trainfile.Open(l.modelDir(), c.resume); err != nil || j.from == nil {
		return j, err
	}
	j.resumed = true
	id, err := j.identity()
	if err == nil {
		err = l.checkResume(j.from, id)
	}
	if err != nil {
		defer j.end()
		return nil, fmt.Errorf("fastlearn: resume %s: %w", j.from.Path, err)
	}
	return j, nil
}

func (j *checkpoints) facts() (all []fitfacts.Fact, from trainfile.Position, resumed bool) {
	if j.from != nil {
		from = j.from.At
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

// resume takes over a checkpoint after BeforeFit, if there is one; within an epoch its callbacks
// and generators follow after BeforeTrain.
func (j *checkpoints) resume() error {
	l := j.l
	l.Epoch = 0
	r := j.from
	if r == nil {
		return nil
	}
	if err := l.restoreModel(r); err != nil {
		return fmt.Errorf("fastlearn: resume: %w", err)
	}
	if now := int64(torch.NumThreads()); r.Threads != 0 && r.Threads != now {
		l.Logf("resume: the checkpoint was written with %s, and this program uses %d: the last digits of its numbers may differ",
			scale.Plural(int(r.Threads), "thread"), now)
	}
	if l.Epoch = r.At.Epoch; r.At.InEpoch {
		return nil
	}
	if err := l.restoreLoop(r); err != nil {
		return err
	}
	if r.At.Stopped && !l.morePatience() {
		l.Epoch--
		return ErrCancelFit
	}
	return nil
}

// batches runs an epoch's training from where its checkpoint was written; else from its first batch.
func (j *checkpoints) batches(ctx context.Context) iter.Seq2[*data.Batch, error] {
	l := j.l
	return func(yield func(*data.Batch, error) bool) {
		r, err := j.beginEpoch()
		defer j.goneOn()
		if err != nil {
			j.requested, j.onEarlyEnd = nil, nil // the learner is as no training left it
			yield(nil, err)
			return
		}
		dl := l.DLs.Train
		l.Iter, l.NIter = j.at.Iter, guard.Value("Len", dl, dl.Len)
		rest := data.Batches(l.peers.Loading(ctx), dl, j.at.Loaded, l.DLs.Device)
		if r != nil && j.at.Loaded >= l.NIter { // all are trained: there is nothing to read
			rest = func(func(*data.Batch, error) bool) {}
		}
		began := func() (err error) { // the loader has made its draws: the training's go on
			if r != nil {
				err = l.restoreRNG(r, "rng")
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
func (j *checkpoints) beginEpoch() (r *trainfile.File, err error) {
	l := j.l
	j.at = trainfile.Position{Epoch: l.Epoch, InEpoch: true}
	if j.from != nil && j.from.At.InEpoch {
		r, j.at = j.from, j.from.At
		if err := errors.Join(l.restoreLoop(r), l.restoreRNG(r, "loader_rng")); err != nil {
			return nil, err
		}
	}
	j.loaderRNG.Close()
	j.loaderRNG = nil
	return r, torch.Try(func() { j.loaderRNG = torch.RNGState(torch.CPU) })
}

func (j *checkpoints) afterBatch(early bool) error {
	j.at.Iter, j.at.Loaded = j.l.Iter, j.at.Loaded+1
	return j.write(j.at, early)
}

func (j *checkpoints) broken(early bool) error { return j.write(j.at, early) }

func (j *checkpoints) afterEpoch(early bool) error {
	return j.write(trainfile.Position{Epoch: j.l.Epoch + 1, Stopped: early}, early)
}

// goneOn lets go of the checkpoint that the fit goes on from.
func (j *checkpoints) goneOn() {
	if j.from != nil {
		j.from.Close() // it was only read
		j.from = nil
	}
}

func (j *checkpoints) end() {
	j.goneOn()
	j.loaderRNG.Close()
}

// write writes the files that were asked for, and those for a fit that ends too early.
func (j *checkpoints) write(at trainfile.Position, early bool) error {
	files := j.requested
	if j.requested = nil; early {
		files = append(files, j.onEarlyEnd...)
	}
	slices.Sort(files)
	for _, path := range slices.Compact(files) {
		if err := j.writeFile(path, at); err != nil {
			return fmt.Errorf("fastlearn: checkpoint %s: %w", path, err)
		}
	}
	return nil
}

func (j *checkpoints) writeFile(path string, at trainfile.Position) error {
	s := torch.NewScope() // of gradients and generators, until they are written
	defer s.Close()
	loaderRNG := j.loaderRNG
	if !at.InEpoch {
		loaderRNG = nil
	}
	others, err := j.l.gatherRNG(s, loaderRNG)
	if err != nil {
		return err
	}
	if j.l.peers.Rank() == 0 {
		id, err := j.identity()
		if err != nil {
			return err
		}
		if err := j.l.writeCheckpoint(s, path, trainfile.New(id, j.stage, at), loaderRNG, others); err != nil {
			return err
		}
	}
	return j.l.peers.Barrier()
}

// identity is the fit's. Its data are only looked at where there is a checkpoint.
func (j *checkpoints) identity() (fitfacts.Identity, error) {
	return fitfacts.New(j.what, j.train, j.valid)
}
