package fastlearn

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"sync"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

// DataLoader decodes and transforms the pictures of a data set in goroutines and
// gives them in batches: N×3×H×W float32. In training it shuffles and drops the last,
// smaller batch, as fastai's does.
type DataLoader struct {
	ds        *dataset
	itemTfms  vision.ItemTransforms
	batchTfms vision.BatchTransforms
	split     vision.Split
	config    dataConfig
}

func newDataLoader(ds *dataset, items vision.ItemTransforms, batch vision.BatchTransforms, split vision.Split, c dataConfig) *DataLoader {
	return &DataLoader{ds: ds, itemTfms: items, batchTfms: batch, split: split, config: c}
}

// Len is the number of batches of an epoch.
func (d *DataLoader) Len() int {
	n, bs := len(d.ds.paths), d.config.batchSize
	if d.split == vision.Train {
		return n / bs
	}
	return (n + bs - 1) / bs
}

// Close is for [Loader]: an epoch's goroutines end with it.
func (d *DataLoader) Close() error { return nil }

// slot is a batch in the making. Its pictures are decoded one by one, by any worker.
type slot struct {
	items  []int
	images []vision.Image
	errs   []error
	left   sync.WaitGroup
}

// Batches runs one epoch; see [Loader]. Pictures are decoded ahead of the batch in
// hand, at most the configured number of batches.
func (d *DataLoader) Batches(ctx context.Context) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		seed := torch.RandomSeed()
		order := d.order(seed)
		ctx, cancel := context.WithCancel(ctx)
		var workers sync.WaitGroup
		defer workers.Wait()
		defer cancel()
		ready := d.start(ctx, seed, order, &workers)
		for k := range d.Len() {
			var s *slot
			select {
			case s = <-ready.full:
			case <-ctx.Done():
				yield(nil, ctx.Err())
				return
			}
			s.left.Wait()
			b, err := d.batch(s, rand.New(rand.NewPCG(seed, uint64(k)<<32|1)))
			if !yield(b, err) || err != nil {
				return
			}
			ready.free <- s
		}
	}
}

// order is the epoch's order of items.
func (d *DataLoader) order(seed uint64) []int {
	n := len(d.ds.paths)
	if d.split == vision.Train {
		return rand.New(rand.NewPCG(seed, 0)).Perm(n)
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

type pipeline struct{ free, full chan *slot }

type task struct {
	slot     *slot
	i        int
	position uint64
}

// start begins the workers and the goroutine that hands them their pictures.
func (d *DataLoader) start(ctx context.Context, seed uint64, order []int, workers *sync.WaitGroup) pipeline {
	depth := d.config.prefetch + 1
	p := pipeline{make(chan *slot, depth), make(chan *slot, depth)}
	for range depth {
		p.free <- &slot{}
	}
	tasks := make(chan task)
	workers.Go(func() {
		defer close(tasks)
		for k := range d.Len() {
			var s *slot
			select {
			case s = <-p.free:
			case <-ctx.Done():
				return
			}
			first := k * d.config.batchSize
			s.items = order[first:min(first+d.config.batchSize, len(order))]
			s.errs = make([]error, len(s.items))
			for len(s.images) < len(s.items) {
				s.images = append(s.images, vision.Image{})
			}
			s.left.Add(len(s.items))
			p.full <- s
			for i := range s.items {
				tasks <- task{s, i, uint64(first + i)}
			}
		}
	})
	for range max(d.config.workers, 1) {
		workers.Go(func() {
			for t := range tasks {
				if err := ctx.Err(); err != nil {
					t.slot.errs[t.i] = err
				} else {
					rng := rand.New(rand.NewPCG(seed, t.position<<1|1<<63))
					t.slot.errs[t.i] = d.itemTfms.LoadFile(d.ds.paths[t.slot.items[t.i]], rng, d.split, &t.slot.images[t.i])
				}
				t.slot.left.Done()
			}
		})
	}
	return p
}

// batch turns a slot's pictures into a batch on the device.
func (d *DataLoader) batch(s *slot, rng *rand.Rand) (b *Batch, err error) {
	for i, err := range s.errs {
		if err != nil {
			return nil, err
		}
		if a, z := s.images[0], s.images[i]; a.W != z.W || a.H != z.H {
			return nil, fmt.Errorf("fastlearn: pictures of different sizes in one batch, %d×%d (%s) and %d×%d (%s): add vision.Resize to ItemTfms",
				a.W, a.H, d.ds.paths[s.items[0]], z.W, z.H, d.ds.paths[s.items[i]])
		}
	}
	b = &Batch{Scope: torch.NewScope(), Items: append([]int(nil), s.items...)}
	err = torch.Try(func() {
		n, w, h := int64(len(s.items)), int64(s.images[0].W), int64(s.images[0].H)
		bytes := b.Scope.Empty([]int64{n, h, w, 3}, torch.Uint8)
		to := bytes.UnsafeBytes()
		for i := range s.items {
			copy(to[i*len(s.images[i].Pix):], s.images[i].Pix)
		}
		pixels := bytes.Permute(0, 3, 1, 2).To(d.config.device)
		bytes.Close()
		b.X = d.batchTfms.Apply(pixels, rng, d.split)
		if d.ds.targets != nil {
			targets := make([]int64, len(s.items))
			for i, item := range s.items {
				targets[i] = d.ds.targets[item]
			}
			b.Y = torch.FromSlice(b.Scope, targets).To(d.config.device)
		}
	})
	if err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}
