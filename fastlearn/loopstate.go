package fastlearn

import (
	"context"
	"iter"
	"math"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fitfacts"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/losses"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/trainfile"
	"github.com/fastlearn-go/fastlearn/torch"
)

// Loop is the state of a learner's training loop. Callbacks read it, and may replace what is in Xs and Ys, and LossGrad.
type Loop struct {
	Epoch, NEpoch int
	Iter, NIter   int     // the batch's place in its epoch, and the epoch's batches
	TrainIter     int     // training batches since the fit began
	PctTrain      float64 // how much of the fit is done, 0 … 1
	Training      bool
	Batch         *data.Batch
	Xs, Ys        []*torch.Tensor // the batch's inputs and targets (fastai's xb and yb)
	Pred          *torch.Tensor
	LossGrad      *torch.Tensor // the loss that is differentiated
	Resumed       bool          // the fit goes on from a checkpoint
	Tries         int           // how many batches LRFind tries at most; 0 in a fit
	Failed        bool          // the fit ended with an error, for its AfterFit

	losses   losses.Queue
	inEpoch  bool // between an epoch's BeforeEpoch and its AfterEpoch
	diverged bool // a loss of the fit was not finite, and that was logged
}

// X is the first input of the batch in hand, nil between batches.
func (l *Loop) X() *torch.Tensor {
	if l == nil {
		return nil
	}
	return (&data.Batch{Xs: l.Xs}).X()
}

// Y is the first target of the batch in hand, nil between batches and without labels.
func (l *Loop) Y() *torch.Tensor {
	if l == nil {
		return nil
	}
	return (&data.Batch{Ys: l.Ys}).Y()
}

// LossValue returns the loss of the batch in hand, or of the last one; NaN for a nil Loop. On a GPU losses stay there until somebody
// calls it or [Recorder.SmoothLoss], which makes the host wait for the device, or there are 16 of them: use WithLoss where a value may come late.
// Where the device fails it panics with a [*torch.Error].
func (l *Loop) LossValue() float64 {
	if l == nil {
		return math.NaN()
	}
	return l.losses.Last()
}

// WithLoss hands f the loss of the batch in hand: now, or on a GPU when it is read, before the part of the epoch ends.
func (l *Loop) WithLoss(f func(loss float64)) {
	if l != nil && f != nil {
		l.losses.Then(f)
	}
}

// readLosses reads the losses that are still on the device, at the end of something that ended with err.
func (l *Loop) readLosses(err error) error {
	if reading := torch.Try(l.losses.Read); err == nil {
		err = reading
	}
	return err
}

func (l *Loop) forgetBatch() { l.Batch, l.Xs, l.Ys, l.Pred, l.LossGrad = nil, nil, nil, nil, nil }

func (l *Loop) endBatch() { l.forgetBatch(); l.Training = false }

// coordinator keeps together the processes that train a learner: [peers.Alone] for one, [distributedTrainer] for several.
type coordinator interface {
	Rank() int
	Size() int
	// Begin and End enclose a fit; outside of fits nothing is exchanged.
	Begin(ctx context.Context)
	End()
	// Shard puts the loaders of this process's part in the place of dls until undo is called.
	Shard(dls **data.Loaders) (undo func(), err error)
	// Whole returns the loaders that were divided, dls where none were.
	Whole(dls *data.Loaders) *data.Loaders
	// Loading returns the context for loaders, and Interrupted the error with which a fit ends between batches.
	Loading(ctx context.Context) context.Context
	Interrupted(ctx context.Context) error
	// Backward computes the gradients, those of all processes.
	Backward(loss *torch.Tensor) error
	// Adopt replaces values by those of rank 0.
	Adopt(values []float64) error
	Barrier() error
	// Gather returns a tensor of every process, by rank.
	Gather(t *torch.Tensor) ([]*torch.Tensor, error)
}

// journal keeps where a fit is, so that it can go on from there.
type journal interface {
	// facts tell what the fit is, but for its data, and from where it goes on.
	facts() (all []fitfacts.Fact, from trainfile.Position, resumed bool)
	// resume puts the learner where the fit goes on, after BeforeFit; at its beginning where it is new.
	resume() error
	// request asks for a checkpoint at the next chance, or where the fit ends before its time.
	request(path string, early bool)
	// batches are those of an epoch's training that are still to come. It sets Iter and NIter.
	batches(ctx context.Context) iter.Seq2[*data.Batch, error]
	// afterBatch, afterEpoch and broken write what was asked for, once a batch is trained, an epoch has ended, or the loader
	// has failed; early is whether the fit ends here before its time.
	afterBatch(early bool) error
	afterEpoch(early bool) error
	broken(early bool) error
	end()
}
