package fastlearn

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/scale"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// BeforeFit begins anew and reports the table's heads.
func (r *Recorder) BeforeFit(l *Learner) error {
	*r = Recorder{losses: &l.losses, MetricNames: []string{"epoch", "train_loss", "valid_loss"}}
	for _, m := range l.metrics {
		r.MetricNames = append(r.MetricNames, distinct(guard.Value("Name", m, m.Name), append(r.MetricNames, "time")))
	}
	r.MetricNames = append(r.MetricNames, "time")
	l.log(r.MetricNames)
	return nil
}

// distinct is a name, or that with _2, _3 … where others have it: F1Score(AverageMacro) and F1Score(AverageMicro) share
// theirs, and what is monitored, or read from a file, goes by it.
func distinct(name string, others []string) string {
	out := name
	for n := 2; slices.Contains(others, out); n++ {
		out = fmt.Sprintf("%s_%d", name, n)
	}
	return out
}

// BeforeEpoch starts the epoch's clock.
func (r *Recorder) BeforeEpoch(*Learner) error {
	r.skipTrain, r.skipValid, r.row, r.start = false, false, nil, time.Now()
	return nil
}

// BeforeValidate begins the epoch's validation loss and metrics.
func (r *Recorder) BeforeValidate(l *Learner) error {
	r.validLoss, r.validCount = 0, 0
	for _, m := range l.metrics {
		guard.Do("Reset", m, m.Reset)
	}
	return nil
}

// AfterBatch takes in a batch's loss and, in validation, its metrics.
func (r *Recorder) AfterBatch(l *Learner) error {
	if l.Y() == nil {
		return nil
	}
	if l.Training {
		r.LRs = append(r.LRs, l.Opt.Groups[len(l.Opt.Groups)-1].Hypers["lr"])
		l.WithLoss(func(loss float64) {
			r.smooth.add(loss)
			r.Losses = append(r.Losses, r.smooth.value())
		})
		return nil
	}
	if l.Pred == nil { // a callback left the batch out before it was predicted
		return nil
	}
	n := len(l.Batch.Items)
	l.WithLoss(func(loss float64) { r.validLoss += loss * float64(n) })
	r.validCount += n
	for _, m := range l.metrics {
		if err := guard.Call("Accumulate", m, func() error {
			return m.Accumulate(metric.Batch{Pred: l.Pred, Target: l.Y(), Targets: l.Ys, Loss: l.LossValue})
		}); err != nil {
			return fmt.Errorf("metric %s: %w", guard.Value("Name", m, m.Name), err)
		}
	}
	return nil
}

// AfterCancelTrain leaves the training loss out of the row.
func (r *Recorder) AfterCancelTrain(*Learner) error { r.skipTrain = true; return nil }

// AfterCancelValidate leaves validation out of the row.
func (r *Recorder) AfterCancelValidate(*Learner) error { r.skipValid = true; return nil }

// AfterTrain enters the training loss.
func (r *Recorder) AfterTrain(*Learner) error {
	loss := r.smooth.value()
	if r.skipTrain {
		loss = math.NaN()
	}
	r.row = append(r.row, loss)
	return nil
}

// AfterValidate enters validation's loss and metrics.
func (r *Recorder) AfterValidate(l *Learner) error {
	r.final = []float64{r.validLoss / float64(r.validCount)}
	for _, m := range l.metrics {
		v, err := l.metricValue(m)
		if err != nil && !r.skipValid {
			return err
		}
		r.final = append(r.final, v)
	}
	if r.skipValid {
		for i := range r.final {
			r.final[i] = math.NaN()
		}
	}
	if err := l.peers.Adopt(r.final); err != nil {
		return err
	}
	r.row = append(r.row, r.final...)
	return nil
}

// AfterEpoch keeps and reports the row.
func (r *Recorder) AfterEpoch(l *Learner) error {
	r.Values = append(r.Values, r.row)
	r.Iters = append(r.Iters, r.smooth.count)
	row := []string{fmt.Sprint(l.Epoch)}
	for _, v := range r.row {
		row = append(row, fmt.Sprintf("%.6f", v))
	}
	r.Times = append(r.Times, time.Since(r.start))
	l.log(append(row, scale.Clock(r.Times[len(r.Times)-1])))
	return nil
}

// metricValue returns a metric's value, or NaN with the reason why it has none.
func (l *Learner) metricValue(m metric.Metric) (v float64, err error) {
	err = guard.Call("Value", m, func() (err error) { v, err = m.Value(); return err })
	if err != nil {
		return math.NaN(), fmt.Errorf("metric %s: %w", guard.Value("Name", m, m.Name), err)
	}
	return v, nil
}
