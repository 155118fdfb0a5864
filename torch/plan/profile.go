package plan

import (
	"slices"
	"time"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// Timing is how long one of a plan's operations takes by itself.
type Timing struct {
	Op     string // as in [graph.Node]
	Module string
	Took   time.Duration
}

// aloneFor is how long an operation is run again and again.
const aloneFor = 2 * time.Millisecond

// Profile runs the plan on inputs as [Plan.Run] does, and returns what each operation takes, in the order of execution: the median of runs on
// the same tensors, for two milliseconds or once, after one that isn't counted. The outputs are of no use, since what is
// written in place is written several times.
func (p *Plan) Profile(inputs ...*torch.Tensor) (timings []Timing, err error) {
	if p == nil || p.run == nil {
		return nil, errClosed
	}
	fitting, err := p.fitting(inputs)
	if err != nil {
		return nil, err
	}
	run := *fitting
	run.Again = func(n graph.Node, again func() error) error {
		var all []time.Duration
		for begun := time.Now(); len(all) == 0 || time.Since(begun) < aloneFor; {
			start := time.Now()
			if err := again(); err != nil {
				return err
			}
			all = append(all, time.Since(start))
		}
		slices.Sort(all)
		timings = append(timings, Timing{n.Op, n.Module, all[len(all)/2]})
		return nil
	}
	var outputs []*torch.Tensor
	torch.NoGrad(func() { outputs, err = run.Run(inputs...) })
	closeAll(outputs)
	return timings, err
}
