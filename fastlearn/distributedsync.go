package fastlearn

import (
	"errors"
	"fmt"
	"hash"
	"hash/fnv"
	"path/filepath"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/conv"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// exchange returns the numbers of every process, by rank.
func (d *distributedTrainer) exchange(values ...float64) (all [][]float64, err error) {
	s := torch.NewScope()
	defer s.Close()
	tensors, err := d.group.AllGather(torch.FromSlice(s, values, int64(len(values))))
	if err != nil {
		return nil, err
	}
	err = torch.Try(func() {
		for _, t := range tensors {
			all = append(all, torch.ToSlice[float64](t))
		}
	})
	return all, err
}

// sameSeed is the number that rank 0 has.
func (d *distributedTrainer) sameSeed(seed uint64) (uint64, error) {
	all, err := d.exchange(float64(seed>>32), float64(seed&(1<<32-1)))
	if err != nil {
		return 0, err
	}
	return uint64(all[0][0])<<32 | uint64(all[0][1]), nil
}

// AfterBatch makes the batch's loss that of all processes, and in validation its predictions and
// targets too. It hears whether a process was cancelled.
func (d *distributedTrainer) AfterBatch(l *Learner) error {
	if d.fit == nil {
		return nil
	}
	cancelled := 0.0
	if d.fit.Err() != nil {
		cancelled = 1
	}
	items := len(l.Batch.Items)
	var own float64
	if err := torch.Try(func() { own = l.LossValue() }); err != nil {
		return err
	}
	all, err := d.exchange(own, float64(items), float64(l.Batch.Padded), cancelled)
	if err != nil {
		return err
	}
	loss := 0.0
	var real []int // items of each process that aren't padding
	for rank, v := range all {
		if int(v[1]) != items {
			return fmt.Errorf("the batch has %d items in the process of rank %d and %d in that of rank %d: the parts of a LoaderForRank must be equal", int(v[1]), rank, items, d.rank())
		}
		loss += v[0] / float64(len(all))
		real = append(real, items-int(v[2]))
		d.cancelled = d.cancelled || v[3] != 0
	}
	switch {
	case l.Training:
		l.losses.Set(loss)
		return nil
	case len(all) == 1 || l.Pred == nil || l.Y() == nil:
		return nil
	}
	return d.wholeBatch(l, real)
}

// wholeBatch puts all processes' predictions, targets and items in the place of the batch's.
func (d *distributedTrainer) wholeBatch(l *Learner, real []int) error {
	var items *torch.Tensor
	err := torch.Try(func() { items = conv.Indices(l.Batch.Scope, l.Batch.Items) })
	all := []**torch.Tensor{&l.Pred, &items}
	for i := range l.Ys {
		all = append(all, &l.Ys[i])
	}
	for _, t := range all {
		if err == nil {
			*t, err = d.gatherRows(*t, real)
		}
	}
	if err != nil {
		return err
	}
	return torch.Try(func() {
		l.Batch = &data.Batch{Scope: l.Batch.Scope, Xs: l.Batch.Xs, Ys: l.Ys, Items: conv.Ints(items)}
		l.autocast(func() { l.losses.Set(l.lossOf(torch.ReductionMean).Item()) })
	})
}

// gatherRows puts all processes' t together, without their padding.
func (d *distributedTrainer) gatherRows(t *torch.Tensor, real []int) (out *torch.Tensor, err error) {
	all, err := d.group.AllGather(t)
	if err != nil {
		return nil, err
	}
	err = torch.Try(func() {
		var parts []*torch.Tensor
		for rank, part := range all {
			if real[rank] > 0 {
				parts = append(parts, part.Narrow(0, 0, int64(real[rank])))
			}
		}
		out = torch.Cat(0, parts...)
	})
	return out, err
}

// checkSame refuses a fit that isn't the same in all processes.
func (d *distributedTrainer) checkSame(l *Learner) error {
	facts, at, resumes := l.journal.facts()
	resumed, whole := 0, d.whole(l)
	if resumes {
		resumed = 1
	}
	what := []string{"model", "number of epochs", "number of training batches", "number of validation batches",
		"training set", "validation set", "checkpoint to go on from", "checkpoint to go on from", "checkpoint to go on from",
		"way to train (optimizer, rates, loss, metrics, callbacks, frozen layers)"}
	all, err := d.exchange(shapesOf(l.Model), float64(l.NEpoch), float64(l.DLs.Train.Len()), float64(l.DLs.Valid.Len()),
		fingerprint(whole.Train), fingerprint(whole.Valid), float64(resumed), float64(at.epoch), float64(at.iter), settingsOf(l, facts))
	if err != nil {
		return err
	}
	for rank, values := range all {
		for i, v := range values {
			if v != all[0][i] {
				return fmt.Errorf("the %s differs between the processes of rank 0 and %d: all must be given the same data, with the same seed for what splits them, and see the same files", what[i], rank)
			}
		}
	}
	if l.DLs.Train.Len() == 0 {
		return errors.New("the training set has no batch for each process: pass a smaller BatchSize")
	}
	return nil
}

// hashNumber is a hash as a number that all processes can compare: a float64 holds its first 52 bits.
func hashNumber(h hash.Hash64) float64 { return float64(h.Sum64() >> 12) }

// shapesOf is a number that tells a model's names and shapes from others.
func shapesOf(m nn.Module) float64 {
	h := fnv.New64a()
	for _, n := range nn.StateDict(m) {
		fmt.Fprintln(h, n.Name, n.Shape(), n.DType(), n.Strides())
	}
	return hashNumber(h)
}

// settingsOf is a number that tells how a fit trains from other ways.
func settingsOf(l *Learner, facts []fact) float64 {
	h := fnv.New64a()
	fmt.Fprintln(h, facts)
	for _, g := range l.Opt.Groups {
		fmt.Fprintln(h, g.Hypers) // which fmt sorts
		for _, p := range g.Params {
			fmt.Fprintln(h, p.RequiresGrad(), p.NoDecay)
		}
	}
	return hashNumber(h)
}

// fingerprint is a number that tells pictures and their targets from others, and of rows of tensors how many
// there are; 0 of other loaders.
func fingerprint(dl data.Loader) float64 {
	d, ok := dl.(*data.ItemLoader)
	if sized, rows := dl.(data.SizedLoader); !ok && rows {
		items, _ := sized.Sizes()
		return float64(items)
	}
	if !ok {
		return 0
	}
	targets := d.Targets()
	h := fnv.New64a()
	for i, path := range d.Files() {
		fmt.Fprintln(h, filepath.Base(path)) // their directory may be another on another machine
		if targets != nil {
			fmt.Fprintln(h, targets[i])
		}
	}
	return hashNumber(h)
}

// part is the loader of this process's part.
func (d *distributedTrainer) part(dl data.Loader) (data.Loader, error) {
	whole, ok := dl.(data.LoaderForRank)
	if !ok {
		return nil, fmt.Errorf("%T can't be divided among processes: it isn't a LoaderForRank", dl)
	}
	return whole.ForRank(d.group.Rank(), d.group.WorldSize(), d.sameSeed)
}
