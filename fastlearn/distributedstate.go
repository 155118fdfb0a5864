package fastlearn

import (
	"errors"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// gatherRNG returns the generators' states of the processes of rank 1 and above, all that a
// training checkpoint must know of them: the rest is as in the process of rank 0.
func (j *checkpoints) gatherRNG(l *Learner, s *torch.Scope, at position) ([]*pth.Dict, error) {
	if l.peers.size() == 1 {
		return nil, nil
	}
	states := make([]*pth.Dict, l.peers.size()-1)
	for i := range states {
		states[i] = pth.NewDict()
	}
	gather := func(key string, state *torch.Tensor) error {
		all, err := l.peers.gather(state)
		for rank, t := range all {
			if t.MoveTo(s); rank == 0 {
				continue
			}
			saved, failed := torch.ToPTH(t)
			err = errors.Join(err, failed)
			states[rank-1].Set(key, saved)
		}
		return err
	}
	var err error
	failed := torch.Try(func() {
		err = gather("rng", torch.RNGState(torch.CPU).MoveTo(s))
		if err == nil && l.DLs.Device.IsCUDA() {
			err = gather("cuda_rng", torch.RNGState(l.DLs.Device).MoveTo(s))
		}
		if err == nil && at.inEpoch {
			err = gather("loader_rng", j.loaderRNG)
		}
	})
	return states, errors.Join(failed, err)
}

// others are the states of the processes of rank 1 and above; nil where there are none.
func (r *resumePoint) others() []any {
	list, ok := pth.Get[*pth.List](r.training, "other_ranks")
	if !ok {
		return nil
	}
	return list.Items
}

// worldSize is the number of processes of the fit that was checkpointed.
func (r *resumePoint) worldSize() int { return 1 + len(r.others()) }

// ofRank is what holds the generators' states of this process.
func (r *resumePoint) ofRank(l *Learner) *pth.Dict {
	if l.peers.rank() == 0 {
		return r.training
	}
	state, ok := r.others()[l.peers.rank()-1].(*pth.Dict) // checkResume counted them
	if !ok {
		return pth.NewDict()
	}
	return state
}
