package fastlearn

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/files"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
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

// resumePoint is an open checkpoint.
type resumePoint struct {
	path       string
	file       *checkpoint.File
	model, opt *pth.Dict
	training   *pth.Dict
	callbacks  *pth.Dict
	identity   *pth.Dict
	items      itemIdentity
	at         position
	stage      int
	threads    int64 // with which it was written; 0 where it doesn't tell
}

// openResume opens a checkpoint; nil where there is no file.
func (l *Learner) openResume(name string) (*resumePoint, error) {
	if name == "" {
		return nil, nil
	}
	path, err := files.ToRead(l.modelDir(), name, files.PTH)
	if err != nil {
		return nil, fmt.Errorf("fastlearn: resume: %w", err)
	}
	f, err := checkpoint.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, files.Identify(fmt.Errorf("fastlearn: resume: %w", err), "Resume", path)
	}
	r := &resumePoint{path: path, file: f}
	if err := r.read(); err != nil {
		return nil, errors.Join(files.Identify(fmt.Errorf("fastlearn: resume %s: %w", path, err), "Resume", path), f.Close())
	}
	return r, nil
}

func (r *resumePoint) read() error {
	found, err := r.file.StateDict()
	if err != nil {
		return err
	}
	r.model = found.Dict
	if r.opt = files.OptimizerOf(r.file, found); r.opt == nil {
		return errors.New("it isn't a training checkpoint, see fastlearn.Checkpoint")
	}
	var ok bool
	if r.training, ok = pth.Get[*pth.Dict](r.opt, "training"); !ok {
		return errors.New("it isn't a training checkpoint, see fastlearn.Checkpoint; Learner.Load reads it")
	}
	version := 0
	err = pth.LoadNumbers(r.training, map[string]any{"version": &version, "stage": &r.stage,
		"epoch": &r.at.epoch, "iter": &r.at.iter, "loaded": &r.at.loaded})
	if err != nil {
		return err
	}
	if version != checkpointVersion {
		return fmt.Errorf("it is of version %d of the format, this program knows %d", version, checkpointVersion)
	}
	var ok1, ok2 bool
	r.at.inEpoch, ok = pth.Get[bool](r.training, "in_epoch")
	r.at.stopped, _ = pth.Get[bool](r.training, "stopped") // older checkpoints don't say
	r.threads, _ = pth.Get[int64](r.training, "threads")
	r.identity, ok1 = pth.Get[*pth.Dict](r.training, "identity")
	r.callbacks, ok2 = pth.Get[*pth.Dict](r.training, "callbacks")
	items, ok3 := pth.Get[*pth.Dict](r.training, "items")
	if !ok || !ok1 || !ok2 || !ok3 || r.at.epoch < 0 || r.at.loaded < 0 || r.at.iter < 0 {
		return errors.New("it lacks a part of a training's state")
	}
	r.items, err = loadItems(r.file, items)
	return err
}

// checkpointStage is the part of FineTune that a checkpoint is of; 0 where there is none.
func (l *Learner) checkpointStage(name string) (int, error) {
	r, err := l.openResume(name)
	if r == nil || err != nil {
		return 0, err
	}
	return r.stage, r.file.Close()
}

// groupRates are the rates of the parameter groups.
func groupRates(opt *optim.Optimizer) (rates []float64) {
	for _, g := range opt.Groups {
		rates = append(rates, g.Hypers["lr"])
	}
	return rates
}

// mayDiffer ends the message about what doesn't.
const mayDiffer = "; give the fit as it was, or the checkpoint another name to begin anew: only workers, prefetching, caching, the device, " +
	"the directory of the files, the size of validation's batches and callbacks that only write may differ"

// checkResume tells in what the fit in hand differs from the checkpoint's.
func (l *Learner) checkResume(j *checkpoints) error {
	r := j.from
	id, err := j.identity()
	if err != nil {
		return err
	}
	differs, err := id.differs(r.identity, r.items)
	if err != nil {
		return err
	}
	if n := r.worldSize(); n != l.peers.size() {
		differs = append(differs, fmt.Sprintf("processes: %d → %d", n, l.peers.size()))
	}
	if len(differs) == 0 {
		if err := l.checkStates(r); err != nil {
			return err
		}
	}
	s := torch.NewScope()
	defer s.Close()
	state, err := nn.FromPTH(s, r.file, r.model)
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
func (l *Learner) checkStates(r *resumePoint) error {
	names, cbs := l.statefuls()
	for i, name := range names {
		_, writes := cbs[i].(RankZero)
		if _, there := r.callbacks.Get(name); writes && !there {
			continue
		}
		if _, ok := pth.Get[*pth.Dict](r.callbacks, name); !ok {
			return fmt.Errorf("it lacks the state of %s", name)
		}
	}
	return nil
}
