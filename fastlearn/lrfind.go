package fastlearn

import (
	"context"
	"fmt"
	"math"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/suggest"
	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// LRFindOption changes a default of [Learner.LRFind].
type LRFindOption func(*lrFinder)

// StartLR sets the first rate (default 1e-7).
func StartLR(lr float64) LRFindOption { return func(f *lrFinder) { f.start = lr } }

// EndLR sets the last rate (default 10).
func EndLR(lr float64) LRFindOption { return func(f *lrFinder) { f.end = lr } }

// NumIt sets how many batches are tried (default 100, at least 7: the first tenth and the last 5 of the curve don't count).
func NumIt(n int) LRFindOption { return func(f *lrFinder) { f.numIt = n } }

// NoStopDiv goes on to the end; the default is to stop when the loss is four times its best (fastai's stop_div=False).
func NoStopDiv() LRFindOption { return func(f *lrFinder) { f.stop = false } }

// LRFound is what [Learner.LRFind] saw, and the rates it suggests; NaN where the curve is
// too short to say.
type LRFound struct {
	Valley  float64 // a third into the longest valley: fastai's own suggestion
	Slide   float64 // where the slope begins to change
	Minimum float64 // a tenth of the rate with the least loss
	Steep   float64 // where the loss falls fastest

	LRs, Losses []float64 // of each batch: the rate and the smoothed loss
}

// LRFind trains on up to 100 batches with a rate that grows exponentially, and suggests
// rates (Smith 2015; fastai's lr_find). Everything is then as it was, to the bit: the
// model, the optimizer, the random numbers, the recorder. Nothing is written to disk.
func (l *Learner) LRFind(ctx context.Context, opts ...LRFindOption) (*LRFound, error) {
	f := &lrFinder{start: 1e-7, end: 10, numIt: 100, stop: true}
	return get(l, "LRFind", func() (*LRFound, error) {
		if err := guard.Options("fastlearn: LRFind", opts, func(o LRFindOption) { o(f) }); err != nil {
			return nil, err
		}
		return l.findLR(ctx, f)
	})
}

func (l *Learner) findLR(ctx context.Context, f *lrFinder) (found *LRFound, err error) {
	if !(f.start > 0 && f.end > f.start) || math.IsInf(f.end, 1) {
		return nil, fmt.Errorf("fastlearn: LRFind from %v to %v: want two rates above 0, the smaller first", f.start, f.end)
	}
	if least := 7; f.numIt < least {
		return nil, fmt.Errorf("fastlearn: LRFind: NumIt(%d) is too few to suggest a rate from: want %d or more", f.numIt, least)
	}
	undo, err := l.peers.Shard(&l.DLs)
	if err != nil {
		return nil, err
	}
	defer undo()
	batches := guard.Value("Len", l.DLs.Train, l.DLs.Train.Len)
	if batches == 0 {
		return nil, fmt.Errorf("fastlearn: LRFind: the training set has no batch")
	}
	before, err := l.snapshot()
	if err != nil {
		return nil, err
	}
	defer func() { // after a panic too
		if restoring := before.restore(); err == nil {
			err = restoring
		}
		before.close()
		if err == nil {
			err = found.suggest(f.numIt)
		}
		if err != nil {
			found = nil
		}
	}()
	l.Logger, l.Tries = nil, f.numIt
	err = l.Fit(ctx, f.numIt/batches+1, nil, Callbacks(f))
	return &LRFound{LRs: l.Recorder.LRs, Losses: l.Recorder.Losses}, err
}

// suggest fills in the rates that the curve suggests.
func (f *LRFound) suggest(numIt int) error {
	r, err := suggest.From(f.LRs, f.Losses, numIt)
	f.Valley, f.Slide, f.Minimum, f.Steep = r.Valley, r.Slide, r.Minimum, r.Steep
	return err
}

// lrFinder raises the rate from batch to batch (fastai's LRFinder).
type lrFinder struct {
	start, end, best float64
	numIt            int
	stop             bool
}

func (*lrFinder) Order() int { return 60 }
func (*lrFinder) TrainOnly() {}

func (f *lrFinder) BeforeFit(*Learner) error {
	f.best = math.Inf(1)
	return nil
}

func (f *lrFinder) BeforeBatch(l *Learner) error {
	return l.Opt.Set("lr", SchedExp(f.start, f.end)(float64(l.TrainIter)/float64(f.numIt)))
}

func (f *lrFinder) AfterBatch(l *Learner) error {
	loss := l.Recorder.SmoothLoss()
	if loss < f.best {
		f.best = loss
	}
	if f.stop && loss > 4*f.best || l.TrainIter >= f.numIt {
		return ErrCancelFit
	}
	return nil
}

// trains is how many of n batches are tried.
func (f *lrFinder) Trains(n int) int { return min(n, f.numIt) }

func (*lrFinder) BeforeValidate(*Learner) error { return ErrCancelValidate }
