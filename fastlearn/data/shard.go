package data

import (
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/torch"
)

// LoaderForRank is a [Loader] that can be divided among processes, for [fastlearn.Distributed]. The loaders of
// pictures and [TensorLoader] are.
type LoaderForRank interface {
	Loader
	// ForRank makes the loader of the part of the process of that rank, which is closed before
	// this one is. All parts must have as many batches, and each batch as many items: see
	// [Batch].Padded. sameSeed gives all processes the number of the one of rank 0; they
	// must call it alike.
	ForRank(rank, worldSize int, sameSeed func(uint64) (uint64, error)) (Loader, error)
}

// shard is a process's part of a number of items, as fastai's DistributedDL has it: they are padded
// with the first ones to a multiple of the processes, and each gets as many that follow each other.
type shard struct {
	rank, size int
	n          int // of all items
	sameSeed   func(uint64) (uint64, error)
}

// len is how many items a process gets.
func (s *shard) len() int { return (s.n + s.size - 1) / s.size }

// of is the process's part of an order of all items.
func (s *shard) of(order []int) []int {
	part := make([]int, s.len())
	for i := range part {
		part[i] = order[(s.rank*len(part)+i)%s.n]
	}
	return part
}

// padding is how many of the items before a place in the part are there to fill it.
func (s *shard) padding(place int) int {
	return min(max(s.rank*s.len()+place-s.n, 0), place)
}

// ForRank makes the loader of a process's part of the pictures; see [LoaderForRank].
func (d *ItemLoader) ForRank(rank, worldSize int, sameSeed func(uint64) (uint64, error)) (Loader, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	if err := checkRank(rank, worldSize); err != nil {
		return nil, err
	}
	if sameSeed == nil {
		return nil, errors.New("ForRank: sameSeed is nil")
	}
	part := &ItemLoader{ds: d.ds, split: d.split, config: d.config, skipped: map[string]bool{},
		shard: &shard{rank, worldSize, len(d.ds.files()), sameSeed}}
	if n := part.n(); d.config.dropsLast() && n < d.config.batchSize {
		return nil, fmt.Errorf("a batch of %d is larger than a process's part of %d pictures: pass a smaller BatchSize", d.config.batchSize, n)
	}
	return part, nil
}

func checkRank(rank, worldSize int) error {
	if rank < 0 || rank >= worldSize {
		return fmt.Errorf("ForRank(%d, %d): want a rank from 0 on, less than the number of processes", rank, worldSize)
	}
	return nil
}

// ofShard is the part of an order that is this loader's.
func (d *ItemLoader) ofShard(order []int) []int {
	if d.shard != nil {
		return d.shard.of(order)
	}
	return order
}

// n is the number of an epoch's items.
func (d *ItemLoader) n() int {
	if d.shard != nil {
		return d.shard.len()
	}
	return len(d.ds.files())
}

// seed is the seed of an epoch's draws.
func (d *ItemLoader) seed() (uint64, error) {
	seed := torch.RandomSeed()
	if d.shard != nil {
		return d.shard.sameSeed(seed)
	}
	return seed, nil
}

// position is the place of an item, or of a batch, among those of all processes, of which each has n.
func (d *ItemLoader) position(i, n int) uint64 {
	if d.shard != nil {
		i += d.shard.rank * n
	}
	return uint64(i)
}

// padded is how many of the last items of batch k fill the part.
func (d *ItemLoader) padded(k int) int {
	if d.shard == nil {
		return 0
	}
	from, to := k*d.config.batchSize, min((k+1)*d.config.batchSize, d.n())
	return d.shard.padding(to) - d.shard.padding(from)
}
