package data

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

// pipeline decodes an epoch's pictures ahead of the one who takes the batches. There
// are as many slots as batches may be on their way; each is free, or full in order.
type pipeline struct {
	ctx        context.Context
	cancel     context.CancelFunc
	slots      []*slot
	free, full chan *slot
	unreadable sync.Map // of items: errors; see [SkipUnreadable]
	workers    sync.WaitGroup
}

// slot is a batch in the making. Its items are decoded one by one, by any worker.
type slot struct {
	items   []int
	parts   []slotPart
	errs    []error
	skipped [][]unreadable // for each item, what it stands in for
	left    sync.WaitGroup // items that are not decoded yet
}

// slotPart is a part of the items in a slot.
type slotPart struct {
	images []vision.Image // of files
	pixels *torch.Tensor  // N×H×W×C uint8, where the images lie if all are of one known size
	points [][]float32
}

// task is a picture to be decoded.
type task struct {
	slot     *slot
	i        int
	position uint64 // in the epoch, which its random draws depend on
}

// draws are a worker's random numbers.
type draws struct {
	seed   uint64
	source *rand.PCG
	rng    *rand.Rand
}

func newDraws(seed uint64) *draws {
	source := rand.NewPCG(0, 0)
	return &draws{seed, source, rand.New(source)}
}

// at begins the random numbers of a place in the epoch.
func (d *draws) at(position uint64) *rand.Rand {
	d.source.Seed(d.seed, position<<1|1<<63)
	return d.rng
}

// start begins the workers and the goroutine that hands them their pictures, from the batch
// first on, in the order of all processes.
func (d *ItemLoader) start(ctx context.Context, seed uint64, order []int, first int) *pipeline {
	ctx, cancel := context.WithCancel(ctx)
	depth := d.config.prefetch + 1
	p := &pipeline{ctx: ctx, cancel: cancel, free: make(chan *slot, depth), full: make(chan *slot, depth)}
	for range depth {
		s := &slot{}
		p.slots = append(p.slots, s)
		p.free <- s
	}
	tasks := make(chan task)
	p.workers.Go(func() {
		defer close(tasks)
		d.hand(p, tasks, d.ofShard(order), first)
	})
	for range max(d.config.workers, 1) {
		p.workers.Go(func() {
			readers := d.readers()
			defer d.putBack(readers)
			draws := newDraws(seed)
			for t := range tasks {
				t.slot.errs[t.i] = d.read(p, t, readers, draws, order)
				t.slot.left.Done()
			}
		})
	}
	return p
}

// hand prepares free slots and hands their pictures to the workers, from the batch from on.
func (d *ItemLoader) hand(p *pipeline, tasks chan<- task, order []int, from int) {
	for k := from; k < d.Len(); k++ {
		var s *slot
		select {
		case s = <-p.free:
		case <-p.ctx.Done():
			return
		}
		first := k * d.config.batchSize
		d.prepare(s, order[first:min(first+d.config.batchSize, len(order))])
		p.full <- s
		for i := range s.errs {
			tasks <- task{s, i, d.position(first+i, d.n())}
		}
	}
}

// prepare makes room for the pictures of items. Where their size is known they are
// decoded straight into the batch.
func (d *ItemLoader) prepare(s *slot, items []int) {
	n := len(items)
	s.items = append(s.items[:0], items...)
	s.errs = slices.Grow(s.errs[:0], n)[:n]
	clear(s.errs)
	s.skipped = slices.Grow(s.skipped[:0], n)[:n]
	clear(s.skipped)
	s.left.Add(n)
	s.parts = slices.Grow(s.parts[:0], len(d.ds.parts))[:len(d.ds.parts)]
	w, h, fixed := d.config.itemTfms.Size()
	for k, p := range d.ds.parts {
		switch {
		case p.sources == nil:
		case p.isFile():
			s.parts[k].images = slices.Grow(s.parts[k].images[:0], n)[:n]
			if fixed {
				s.parts[k].makeRoom(n, w, h, p.Decoder.Channels(), d.config.device.IsCUDA())
			}
		case p.Kind == vision.Points:
			s.parts[k].points = slices.Grow(s.parts[k].points[:0], n)[:n]
		}
	}
}

// makeRoom takes the memory of n pictures of one size, page-locked for a GPU.
func (s *slotPart) makeRoom(n, w, h, channels int, pinned bool) {
	shape := []int64{int64(n), int64(h), int64(w), int64(channels)}
	_ = torch.Try(func() { // without memory [slot.tensor] fails as well, and says so
		if pinned {
			s.pixels = (*torch.Scope)(nil).EmptyPinned(torch.Uint8, shape...)
		} else {
			s.pixels = (*torch.Scope)(nil).With(torch.Uint8).Empty(shape...)
		}
	})
	if s.pixels == nil {
		clear(s.images) // which may lie in memory that is gone
		return
	}
	size := h * w * channels
	s.pixels.WithBytes(func(memory []byte) { // which s holds as long as the images
		for i := range s.images {
			s.images[i] = vision.Image{Pix: memory[i*size : i*size : (i+1)*size]}
		}
	})
}

// next waits for the next batch's pictures.
func (p *pipeline) next() (*slot, error) {
	select {
	case s := <-p.full:
		s.left.Wait()
		return s, nil
	case <-p.ctx.Done():
		return nil, p.ctx.Err()
	}
}

// done gives a slot back.
func (p *pipeline) done(s *slot) {
	s.drop()
	p.free <- s
}

// drop frees what no batch took.
func (s *slot) drop() {
	for k := range s.parts {
		s.parts[k].pixels.Close()
		s.parts[k].pixels = nil
	}
}

// stop ends the workers and frees what is left in the slots.
func (p *pipeline) stop() {
	p.cancel()
	p.workers.Wait()
	for _, s := range p.slots {
		s.drop()
	}
}
