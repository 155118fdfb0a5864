package fastlearn

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

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
// The program must be the same: what differs in the fit and its arguments, the optimizer's rule, the
// kind of loss, the metrics, the precision, the callbacks that train otherwise or remember something,
// the number of pictures and batches or the model's tensors is an error before the fit begins.
// Weight decay and other hyperparameters are the checkpoint's. Of a fit that was finished, nothing
// is trained again.
func Resume(name string) FitOption { return fitOption(func(c *fitConfig) { c.resume = name }) }

// Resumed tells a callback that the fit in hand goes on from a checkpoint.
func (l *Learner) Resumed() bool { return l.run != nil && l.run.resumed }

// resumePoint is an open checkpoint.
type resumePoint struct {
	path            string
	file            *checkpoint.File
	model, opt      *pth.Dict
	training        *pth.Dict
	callbacks       *pth.Dict
	at              position
	stage, nBatches int
	plan            string
}

// openResume opens a checkpoint; nil where there is no file.
func (l *Learner) openResume(name string) (*resumePoint, error) {
	if name == "" {
		return nil, nil
	}
	path, err := l.modelFile(name)
	if err != nil {
		return nil, fmt.Errorf("fastlearn: resume: %w", err)
	}
	f, err := checkpoint.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("fastlearn: resume: %w", err)
	}
	r := &resumePoint{path: path, file: f}
	if err := r.read(); err != nil {
		return nil, errors.Join(fmt.Errorf("fastlearn: resume %s: %w", path, err), f.Close())
	}
	return r, nil
}

func (r *resumePoint) read() error {
	found, err := r.file.StateDict()
	if err != nil {
		return err
	}
	r.model = found.Dict
	if r.opt = optOf(r.file, found); r.opt == nil {
		return errors.New("it is no training checkpoint, see fastlearn.Checkpoint")
	}
	var ok bool
	if r.training, ok = pth.Get[*pth.Dict](r.opt, "training"); !ok {
		return errors.New("it is no training checkpoint, see fastlearn.Checkpoint; Learner.Load reads it")
	}
	version := 0
	err = loadNumbers(r.training, map[string]any{"version": &version, "stage": &r.stage, "batches": &r.nBatches,
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
	r.plan, ok1 = pth.Get[string](r.training, "plan")
	r.callbacks, ok2 = pth.Get[*pth.Dict](r.training, "callbacks")
	if !ok || !ok1 || !ok2 || r.at.epoch < 0 || r.at.loaded < 0 || r.at.iter < 0 {
		return errors.New("it lacks a part of a training's state")
	}
	return nil
}

// checkpointStage is the part of FineTune that a checkpoint is of; 0 where there is none.
func (l *Learner) checkpointStage(name string) (int, error) {
	r, err := l.openResume(name)
	if r == nil || err != nil {
		return 0, err
	}
	return r.stage, r.file.Close()
}

// begin prepares a fit's checkpoints, and the one that it goes on from.
func (l *Learner) begin(epochs int, c fitConfig) error {
	plan := c.plan
	if plan == "" {
		plan = "Fit, rates"
		for _, g := range l.Opt.Groups {
			plan += fmt.Sprintf(" %v", g.Hypers["lr"])
		}
	}
	plan += fmt.Sprintf(", %d epochs", epochs)
	if c.startEpoch != 0 {
		plan += fmt.Sprintf(" from %d", c.startEpoch)
	}
	l.run = &fitRun{plan: plan + l.setting(), stage: c.stage}
	r, err := l.openResume(c.resume)
	if err == nil && r != nil {
		l.run.resume, l.run.resumed = r, true
		if err = l.checkResume(r); err != nil {
			err = fmt.Errorf("fastlearn: resume %s: %w", r.path, err)
		}
	}
	if err != nil {
		l.end()
	}
	return err
}

// planned is a callback that changes a training by settings which it doesn't keep in its state; they
// are a part of the fit's plan.
type planned interface{ plan() string }

// setting says, for the plan, by what the learner trains.
func (l *Learner) setting() string {
	var b strings.Builder
	fmt.Fprintf(&b, ", by %s with %T", optim.Describe(l.config.rule), l.Loss)
	if dl, ok := l.DLs.Train.(*DataLoader); ok {
		fmt.Fprintf(&b, ", %d pictures in batches of %d", len(dl.Files()), dl.config.batchSize)
	}
	if len(l.metrics) > 0 {
		b.WriteString(", metrics")
		for _, m := range l.metrics {
			b.WriteString(" " + m.Name())
		}
	}
	for _, cb := range l.callbacks {
		if p, ok := cb.(planned); ok {
			b.WriteString(", " + p.plan())
		}
	}
	return b.String()
}

// end frees what begin and the fit made.
func (l *Learner) end() {
	if l.run.resume != nil {
		l.run.resume.file.Close() // it was only read
	}
	l.run.loaderRNG.Close()
	l.run = nil
}

// checkResume tells in what the fit in hand differs from the checkpoint's.
func (l *Learner) checkResume(r *resumePoint) error {
	if r.plan != l.run.plan {
		return fmt.Errorf("it is of another fit:\n\t%s\nand this one is\n\t%s", r.plan, l.run.plan)
	}
	if n := r.worldSize(); n != l.WorldSize() {
		return fmt.Errorf("it is of a fit of %d processes, this one has %d", n, l.WorldSize())
	}
	if n := l.DLs.Train.Len(); n != r.nBatches {
		return fmt.Errorf("its training set has %d batches, this one %d", r.nBatches, n)
	}
	var have []string
	for key := range r.callbacks.All() {
		name, _ := key.(string)
		if _, ok := pth.Get[*pth.Dict](r.callbacks, name); !ok {
			return fmt.Errorf("the state of %s is no dict", name)
		}
		have = append(have, name)
	}
	want, _ := l.statefuls()
	slices.Sort(have)
	slices.Sort(want)
	if !slices.Equal(have, want) {
		return fmt.Errorf("it is of a fit with the callbacks %v, this one has %v", have, want)
	}
	s := torch.NewScope()
	defer s.Close()
	state, err := nn.FromPTH(s, r.file, r.model)
	if err != nil {
		return err
	}
	return nn.CheckStateDict(l.Model, state)
}
