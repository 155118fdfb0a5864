package data

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

// ItemLoader decodes and transforms the pictures of a data set in goroutines and
// gives them in batches: N×C×H×W float32. In training it shuffles and drops the last,
// smaller batch, as fastai's does.
type ItemLoader struct {
	ds     *dataset
	split  vision.Split
	config dataConfig
	closed atomic.Bool

	ownsCache bool                               // and empties it when it is closed
	shard     *shard                             // of a process among several; nil for all items
	seen      func(name string, t *torch.Tensor) // of a [Block.Summary]

	mu      sync.Mutex
	skipped map[string]bool
	idle    [][]*vision.Reader // of the parts, with memory that the next epoch uses again
}

// newDataLoader makes a loader with a cache of its own, where one is asked for.
func newDataLoader(ds *dataset, split vision.Split, c dataConfig) (*ItemLoader, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if n := len(ds.files()); c.dropsLast() && n < c.batchSize {
		return nil, fmt.Errorf("data: a batch of %d is larger than the training set of %d pictures: pass a smaller BatchSize", c.batchSize, n)
	}
	if err := c.batchTfms.CheckChannels(ds.parts[0].Decoder.Channels()); err != nil {
		return nil, err
	}
	if err := checkWeights(c.weights, len(ds.files())); err != nil {
		return nil, err
	}
	own := *ds
	ownsCache := own.cache == nil && c.cacheBytes > 0
	if ownsCache {
		own.cache = vision.NewCache(c.cacheBytes)
	}
	return &ItemLoader{ds: &own, split: split, config: c, ownsCache: ownsCache, skipped: map[string]bool{}}, nil
}

// NewDL makes a loader of the same data with other transforms or settings, which its
// caller closes (fastai's TfmdDL.new). What opts don't say stays.
func (d *ItemLoader) NewDL(opts ...LoaderOption) (*ItemLoader, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	c := d.with(opts)
	if err := c.notOfTests(); err != nil {
		return nil, err
	}
	return newDataLoader(d.ds, d.split, c)
}

// check refuses a loader that is nil, closed or not made by a [Block].
func (d *ItemLoader) check() error {
	switch {
	case d == nil || d.ds == nil:
		return errors.New("data: the loader is nil or empty: make it by a Block or a From… function")
	case d.closed.Load():
		return errors.New("data: the loader is closed")
	}
	return nil
}

// with are the loader's settings, changed by opts.
func (d *ItemLoader) with(opts []LoaderOption) dataConfig {
	c, dropLast := d.config, d.config.dropsLast()
	c.dropLast = &dropLast
	c.set(opts)
	if d.split == vision.Valid {
		c.useValidBatchSize()
	}
	return c
}

// Len is the number of batches of an epoch; 0 for nil.
func (d *ItemLoader) Len() int {
	if d == nil || d.ds == nil {
		return 0
	}
	n, bs := d.n(), d.config.batchSize
	if d.config.dropsLast() {
		return n / bs
	}
	return (n + bs - 1) / bs
}

// NumItems returns the number of images; 0 for nil.
func (d *ItemLoader) NumItems() int { return len(d.Files()) }

// Files lists the pictures; [Batch.Items] are places in it. The caller must not change it. There are none
// for nil.
func (d *ItemLoader) Files() []string {
	if d == nil || d.ds == nil {
		return nil
	}
	return d.ds.files()
}

// Close lets go of what the loader keeps in memory; an epoch's goroutines end with the
// epoch. It may be called again, on nil too.
func (d *ItemLoader) Close() error {
	if d == nil {
		return nil
	}
	d.closed.Store(true)
	d.mu.Lock()
	d.idle = nil
	d.mu.Unlock()
	if d.ownsCache {
		d.ds.cache.Clear()
	}
	return nil
}

// readers takes idle readers of all parts or makes them.
func (d *ItemLoader) readers() []*vision.Reader {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := len(d.idle); n > 0 {
		r := d.idle[n-1]
		d.idle = d.idle[:n-1]
		return r
	}
	return d.ds.readers(d.config.itemTfms)
}

func (d *ItemLoader) putBack(r []*vision.Reader) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed.Load() {
		d.idle = append(d.idle, r)
	}
}

// OneBatch is a first batch, which its caller closes (fastai's one_batch).
func (d *ItemLoader) OneBatch(ctx context.Context) (*Batch, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	return oneBatch(ctx, d, d.config.device)
}

func oneBatch(ctx context.Context, l Loader, device torch.Device) (*Batch, error) {
	if err := guard.Context("data: OneBatch", ctx); err != nil {
		return nil, err
	}
	for b, err := range Batches(ctx, l, 0, device) {
		return b, err
	}
	return nil, errors.New("data: the loader has no batch")
}

// Batches runs one epoch; see [Loader]. Pictures are decoded ahead of the batch in
// hand, at most the configured number of batches.
func (d *ItemLoader) Batches(ctx context.Context) iter.Seq2[*Batch, error] {
	return d.BatchesFrom(ctx, 0)
}

// BatchesFrom runs one epoch from its batch first on; what comes before is not read.
func (d *ItemLoader) BatchesFrom(ctx context.Context, first int) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		if err := errors.Join(d.check(), guard.Context("data: Batches", ctx)); err != nil {
			yield(nil, err)
			return
		}
		seed, err := d.seed()
		if err != nil {
			yield(nil, err)
			return
		}
		order, err := d.order(seed)
		if err != nil {
			yield(nil, err)
			return
		}
		p := d.start(ctx, seed, order, first)
		defer p.stop()
		for k := first; k < d.Len(); k++ {
			s, err := p.next()
			if err == nil && d.closed.Load() {
				err = errors.New("data: the loader is closed")
			}
			if err != nil {
				yield(nil, err)
				return
			}
			b, err := d.batch(s, rand.New(rand.NewPCG(seed, d.position(k, d.Len())<<32|1)))
			p.done(s)
			if b != nil {
				b.Padded = d.padded(k)
			}
			if !yield(b, err) || err != nil {
				return
			}
		}
	}
}

// Sizes is the number of an epoch's items and of those in a batch.
func (d *ItemLoader) Sizes() (items, batchSize int) {
	if d.check() != nil {
		return 0, 0
	}
	return d.n(), d.config.batchSize
}
