package peers

import (
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/torch"
)

// exchange returns the numbers of every process, by rank.
func (g *Group) exchange(values ...float64) (all [][]float64, err error) {
	s := torch.NewScope()
	defer s.Close()
	tensors, err := g.group.AllGather(torch.FromSlice(s, values, int64(len(values))))
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
func (g *Group) sameSeed(seed uint64) (uint64, error) {
	all, err := g.exchange(float64(seed>>32), float64(seed&(1<<32-1)))
	if err != nil {
		return 0, err
	}
	return uint64(all[0][0])<<32 | uint64(all[0][1]), nil
}

// Batch hears of all processes' batches and of a cancellation: it returns the mean of their losses, and how many items of each aren't padding.
func (g *Group) Batch(own float64, items, padded int) (loss float64, real []int, err error) {
	cancelled := 0.0
	if g.fit.Err() != nil {
		cancelled = 1
	}
	all, err := g.exchange(own, float64(items), float64(padded), cancelled)
	if err != nil {
		return 0, nil, err
	}
	for rank, v := range all {
		if int(v[1]) != items {
			return 0, nil, fmt.Errorf("the batch has %d items in the process of rank %d and %d in that of rank %d: the parts of a LoaderForRank must be equal", int(v[1]), rank, items, g.Rank())
		}
		loss += v[0] / float64(len(all))
		real = append(real, items-int(v[2]))
		g.cancelled = g.cancelled || v[3] != 0
	}
	return loss, real, nil
}

// GatherRows puts all processes' t together, without their padding.
func (g *Group) GatherRows(t *torch.Tensor, real []int) (out *torch.Tensor, err error) {
	all, err := g.group.AllGather(t)
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

// part is the loader of this process's part.
func (g *Group) part(dl data.Loader) (data.Loader, error) {
	whole, ok := dl.(data.LoaderForRank)
	if !ok {
		return nil, fmt.Errorf("%T can't be divided among processes: it isn't a LoaderForRank", dl)
	}
	return whole.ForRank(g.group.Rank(), g.group.WorldSize(), g.sameSeed)
}
