package peers

import (
	"errors"
	"fmt"
	"hash"
	"hash/fnv"
	"path/filepath"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fitfacts"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// checked are the things that must be the same in all processes.
var checked = []string{"model", "number of epochs", "number of training batches", "number of validation batches",
	"training set", "validation set", "checkpoint to go on from", "checkpoint to go on from", "checkpoint to go on from",
	"way to train (optimizer, rates, loss, metrics, callbacks, frozen layers)"}

// Fit is a fit as this process has it, which must be the same in all.
type Fit struct {
	Model   nn.Module
	Epochs  int
	DLs     *data.Loaders // of this process's part
	Resumed bool          // from a checkpoint, from that epoch and batch on
	Epoch   int
	Iter    int
	Facts   []fitfacts.Fact
	Opt     *optim.Optimizer
}

// CheckSame refuses a fit that isn't the same in all processes.
func (g *Group) CheckSame(f Fit) error {
	resumed, whole := 0, g.Whole(f.DLs)
	if f.Resumed {
		resumed = 1
	}
	all, err := g.exchange(shapesOf(f.Model), float64(f.Epochs), float64(f.DLs.Train.Len()), float64(f.DLs.Valid.Len()),
		fingerprint(whole.Train), fingerprint(whole.Valid), float64(resumed), float64(f.Epoch), float64(f.Iter), settingsOf(f.Opt, f.Facts))
	if err != nil {
		return err
	}
	for rank, values := range all {
		for i, v := range values {
			if v != all[0][i] {
				return fmt.Errorf("the %s differs between the processes of rank 0 and %d: all must be given the same data, with the same seed for what splits them, and see the same files", checked[i], rank)
			}
		}
	}
	if f.DLs.Train.Len() == 0 {
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
func settingsOf(opt *optim.Optimizer, facts []fitfacts.Fact) float64 {
	h := fnv.New64a()
	fmt.Fprintln(h, facts)
	for _, g := range opt.Groups {
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
