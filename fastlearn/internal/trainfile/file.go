// Package trainfile is the format of training checkpoints: where in its training one was written, and what tells the fit.
package trainfile

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/files"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fitfacts"
	"github.com/fastlearn-go/fastlearn/internal/version"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// Version changes when an older reader would go wrong.
const Version = 2

// Position is where a training is: before the batch that comes after these.
type Position struct {
	Epoch   int
	InEpoch bool // after the epoch's BeforeTrain
	Iter    int  // batches trained in the epoch
	Loaded  int  // the loader's batches, those it left out included
	Stopped bool // a callback ended the fit after the epoch before
}

// New begins a checkpoint's state of training, which goes beside the optimizer's: what the fit is, and where.
func New(id fitfacts.Identity, stage int, at Position) *pth.Dict {
	d := pth.NewDict()
	d.Set("version", int64(Version))
	d.Set("fastlearn", version.Fastlearn)
	d.Set("threads", int64(torch.NumThreads()))
	facts, items := id.ToPTH()
	d.Set("identity", facts)
	d.Set("items", items)
	d.Set("stage", int64(stage))
	d.Set("epoch", int64(at.Epoch))
	d.Set("in_epoch", at.InEpoch)
	d.Set("stopped", at.Stopped)
	d.Set("iter", int64(at.Iter))
	d.Set("loaded", int64(at.Loaded))
	return d
}

// File is an open training checkpoint.
type File struct {
	Path       string
	Tensors    *checkpoint.File
	Model, Opt *pth.Dict
	Training   *pth.Dict
	Callbacks  *pth.Dict
	Identity   *pth.Dict
	Items      fitfacts.Items
	At         Position
	Stage      int
	Threads    int64 // with which it was written; 0 where it doesn't tell
}

// Open opens the training checkpoint of a name in a directory; nil where there is no name or no file.
func Open(dir, name string) (*File, error) {
	if name == "" {
		return nil, nil
	}
	path, err := files.ToRead(dir, name, files.PTH)
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
	r := &File{Path: path, Tensors: f}
	if err := r.read(); err != nil {
		return nil, errors.Join(files.Identify(fmt.Errorf("fastlearn: resume %s: %w", path, err), "Resume", path), f.Close())
	}
	return r, nil
}

// Close closes the file.
func (r *File) Close() error { return r.Tensors.Close() }

func (r *File) read() error {
	found, err := r.Tensors.StateDict()
	if err != nil {
		return err
	}
	r.Model = found.Dict
	if r.Opt = files.OptimizerOf(r.Tensors, found); r.Opt == nil {
		return errors.New("it isn't a training checkpoint, see fastlearn.Checkpoint")
	}
	var ok bool
	if r.Training, ok = pth.Get[*pth.Dict](r.Opt, "training"); !ok {
		return errors.New("it isn't a training checkpoint, see fastlearn.Checkpoint; Learner.Load reads it")
	}
	version := 0
	err = pth.LoadNumbers(r.Training, map[string]any{"version": &version, "stage": &r.Stage,
		"epoch": &r.At.Epoch, "iter": &r.At.Iter, "loaded": &r.At.Loaded})
	if err != nil {
		return err
	}
	if version != Version {
		return fmt.Errorf("it is of version %d of the format, this program knows %d", version, Version)
	}
	var ok1, ok2 bool
	r.At.InEpoch, ok = pth.Get[bool](r.Training, "in_epoch")
	r.At.Stopped, _ = pth.Get[bool](r.Training, "stopped") // older checkpoints don't say
	r.Threads, _ = pth.Get[int64](r.Training, "threads")
	r.Identity, ok1 = pth.Get[*pth.Dict](r.Training, "identity")
	r.Callbacks, ok2 = pth.Get[*pth.Dict](r.Training, "callbacks")
	items, ok3 := pth.Get[*pth.Dict](r.Training, "items")
	if !ok || !ok1 || !ok2 || !ok3 || r.At.Epoch < 0 || r.At.Loaded < 0 || r.At.Iter < 0 {
		return errors.New("it lacks a part of a training's state")
	}
	r.Items, err = fitfacts.LoadItems(r.Tensors, items)
	return err
}

// others are the states of the processes of rank 1 and above; nil where there are none.
func (r *File) others() []any {
	list, ok := pth.Get[*pth.List](r.Training, "other_ranks")
	if !ok {
		return nil
	}
	return list.Items
}

// WorldSize is the number of processes of the fit that was checkpointed.
func (r *File) WorldSize() int { return 1 + len(r.others()) }

// OfRank is what holds the generators' states of a process.
func (r *File) OfRank(rank int) *pth.Dict {
	if rank == 0 {
		return r.Training
	}
	state, ok := r.others()[rank-1].(*pth.Dict) // where the fit has as many processes as the checkpoint's
	if !ok {
		return pth.NewDict()
	}
	return state
}
