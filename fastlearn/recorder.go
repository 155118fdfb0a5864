package fastlearn

import (
	"math"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/losses"
)

// Recorder keeps a fit's rates, losses and metrics, and reports each epoch
// (fastai's Recorder). Every learner has one.
type Recorder struct {
	MetricNames []string             // heads of the table: epoch, train_loss, valid_loss, metrics, time; no two the same
	LRs         []float64            // of each training batch, the last group's
	Losses      []float64            // smoothed, after each training batch; on a GPU the last ones come at the end of the epoch's training, or by SmoothLoss
	Iters       []int                // training batches done at each epoch's end
	Values      [][]float64          // each epoch's train_loss, valid_loss and metrics; NaN for what a callback cancelled
	Hypers      map[string][]float64 // each batch's scheduled hyperparameters, the last group's
	Times       []time.Duration      // how long each epoch took

	losses     *losses.Queue // the loop's
	smooth     smoothLoss
	validLoss  float64
	validCount int
	start      time.Time
	skipTrain  bool
	skipValid  bool
	row        []float64
	final      []float64 // of the last validation: its loss and metrics
}

// Order is fastai's.
func (*Recorder) Order() int { return 50 }

// SmoothLoss returns the exponentially smoothed training loss (beta 0.98, debiased), or NaN before the first batch. It reads what
// losses are still on the device, as [Loop.LossValue] does.
func (r *Recorder) SmoothLoss() float64 {
	if r == nil {
		return math.NaN()
	}
	r.read()
	return r.smooth.value()
}

func (r *Recorder) read() {
	if r.losses != nil {
		r.losses.Read()
	}
}

// smoothLoss is fastai's AvgSmoothLoss.
type smoothLoss struct {
	sum   float64
	count int
}

const smoothBeta = 0.98

func (s *smoothLoss) add(loss float64) {
	s.count++
	s.sum = loss + smoothBeta*(s.sum-loss)
}

func (s *smoothLoss) value() float64 {
	return s.sum / (1 - math.Pow(smoothBeta, float64(s.count)))
}

// ValueNames returns the heads of each of Values; nil before the first fit.
func (r *Recorder) ValueNames() []string {
	if r == nil || len(r.MetricNames) < 2 {
		return nil
	}
	return r.MetricNames[1 : len(r.MetricNames)-1]
}
