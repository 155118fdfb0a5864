package tensorboard

import (
	"errors"
	"fmt"
	"slices"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// Log is a callback that writes each fit to an event file of its own in dir: after each training
// batch the smoothed loss, train_loss, and each group's hyperparameters, lr_0, mom_0 …; after
// each epoch valid_loss and the metrics (the scalars of fastai's TensorBoardCallback, which
// also writes the model's graph and pictures). The steps are the fit's training batches.
func Log(dir string) fastlearn.Callback { return &log{dir: dir} }

type log struct {
	dir  string
	w    *Writer
	goOn bool // the fit is resumed, and nothing was written yet
}

// Identity is its name.
func (*log) Identity() string { return "tensorboard.Log" }

// Order is fastai's, after the recorder's.
func (*log) Order() int { return 51 }

// TrainOnly leaves validation's batches alone, which have no step of their own.
func (*log) TrainOnly() {}

// NotInLRFind leaves the learning rate finder alone.
func (*log) NotInLRFind() {}

// RankZero has one process write.
func (*log) RankZero() {}

func (c *log) BeforeFit(*fastlearn.Learner) (err error) {
	c.goOn = false
	if c.w, err = NewWriter(c.dir); err != nil {
		return fmt.Errorf("tensorboard.Log can't write to %s: %w", c.dir, err)
	}
	return nil
}

func (c *log) AfterBatch(l *fastlearn.Learner) error {
	if err := c.restart(l); err != nil {
		return err
	}
	return c.batch(l)
}

// restart has TensorBoard forget, where the fit is resumed, what was written after the checkpoint. It waits until there is
// something to write, since later fits may have written into the directory where nothing is left to train.
func (c *log) restart(l *fastlearn.Learner) error {
	if !c.goOn {
		return nil
	}
	c.goOn = false
	return c.w.Restart(l.TrainIter)
}

// batch writes the numbers of a batch.
func (c *log) batch(l *fastlearn.Learner) error {
	if err := c.w.Scalar("train_loss", l.Recorder.SmoothLoss(), l.TrainIter); err != nil {
		return err
	}
	for i, g := range l.Opt.Groups {
		names := make([]string, 0, len(g.Hypers))
		for name := range g.Hypers {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			if err := c.w.Scalar(fmt.Sprintf("%s_%d", name, i), g.Hypers[name], l.TrainIter); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *log) AfterEpoch(l *fastlearn.Learner) error {
	if c.goOn { // after an epoch's last batch, of whose step its values are, too
		if err := errors.Join(c.restart(l), c.batch(l)); err != nil {
			return err
		}
	}
	r := l.Recorder
	for i, v := range r.Values[len(r.Values)-1] {
		if i == 0 { // the training loss is there
			continue
		}
		if err := c.w.Scalar(r.MetricNames[1+i], v, l.TrainIter); err != nil {
			return err
		}
	}
	return c.w.Flush()
}

func (c *log) AfterFit(*fastlearn.Learner) error {
	if c.w == nil {
		return nil
	}
	err := c.w.Close()
	c.w = nil
	return err
}

// State is nothing: the step is the learner's.
func (c *log) State(*fastlearn.Learner) (*pth.Dict, error) { return pth.NewDict(), nil }

// LoadState goes on from a checkpoint.
func (c *log) LoadState(*fastlearn.Learner, torch.Holder, *pth.Dict) error {
	c.goOn = true
	return nil
}
