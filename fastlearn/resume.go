package fastlearn

import (
	"errors"
	"fmt"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fitfacts"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/trainfile"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// Resume goes on with a fit from its training checkpoint, see [Checkpoint], and begins anew where
// there is no such file: a program that was killed is started again as it was. On the CPU in
// float32, with the same number of threads, the weights at the end are those of a fit that
// was never interrupted, to the bit.
//
// The fit must be the same: an error names all that differs in its arguments, the items, their split, order, labels and
// classes, the transforms, the batches, the model, the loss, the optimizer's rule, the metrics, the precision and the
// callbacks, before it begins. Workers, prefetching, caching, the device, the directory that the files lie in, the size of
// validation's batches and callbacks that only write ([RankZero]) may differ. Files are known by their names and not read
// for it, functions by their results, and custom types as [Identified] says. Weight decay and other hyperparameters are
// the checkpoint's. Resuming a finished fit trains nothing.
func Resume(name string) FitOption { return fitOption(func(c *fitConfig) { c.resume = name }) }

// checkpointStage is the part of FineTune that a checkpoint is of; 0 where there is none.
func (l *Learner) checkpointStage(name string) (int, error) {
	r, err := trainfile.Open(l.modelDir(), name)
	if r == nil || err != nil {
		return 0, err
	}
	return r.Stage, r.Close()
}

// mayDiffer ends the message about what doesn't.
const mayDiffer = "; give the fit as it was, or the checkpoint another name to begin anew: only workers, prefetching, caching, the device, " +
	"the directory of the files, the size of validation's batches and callbacks that only write may differ"

// checkResume tells in what the fit in hand differs from the checkpoint's.
func (l *Learner) checkResume(r *trainfile.File, id fitfacts.Identity) error {
	differs, err := id.Differs(r.Identity, r.Items)
	if err != nil {
		return err
	}
	if n := r.WorldSize(); n != l.peers.Size() {
		differs = append(differs, fmt.Sprintf("processes: %d → %d", n, l.peers.Size()))
	}
	if len(differs) == 0 {
		if err := l.checkStates(r); err != nil {
			return err
		}
	}
	s := torch.NewScope()
	defer s.Close()
	state, err := nn.FromPTH(s, r.Tensors, r.Model)
	if err != nil {
		return err
	}
	err = nn.CheckStateDict(l.Model, state)
	if len(differs) > 0 {
		return errors.Join(errors.New("it is of another fit: "+strings.Join(differs, "; ")+mayDiffer), err)
	}
	return err
}

// checkStates looks for the states of the callbacks that remember something; of those that only write they may lack.
func (l *Learner) checkStates(r *trainfile.File) error {
	names, cbs := l.statefuls()
	for i, name := range names {
		_, writes := cbs[i].(RankZero)
		if _, there := r.Callbacks.Get(name); writes && !there {
			continue
		}
		if _, ok := pth.Get[*pth.Dict](r.Callbacks, name); !ok {
			return fmt.Errorf("it lacks the state of %s", name)
		}
	}
	return nil
}
