package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/fastlearn/plot"
	"github.com/fastlearn-go/fastlearn/fastlearn/progress"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// flow is what all steps need.
type flow struct {
	scale
	flags  settings
	device torch.Device
	dir    string     // of the pictures
	rows   []data.Row // the table of their names and classes
}

func newFlow(ctx context.Context, s settings) (*flow, error) {
	c, err := s.resolve()
	if err != nil {
		return nil, err
	}
	f := &flow{flags: s, scale: c}
	if f.device, err = torch.ParseDevice(s.device); err != nil {
		return nil, err
	}
	if err := f.device.Check(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(s.out, 0o777); err != nil {
		return nil, err
	}
	dir, table, err := f.pictures(ctx)
	if err != nil {
		return nil, err
	}
	f.dir = dir
	f.rows, err = data.ReadCSV(table)
	fastlearn.SetSeed(s.seed)
	return f, err
}

// learner makes a learner with the flow's options and others.
func (f *flow) learner(dls *data.Loaders, arch vision.Arch, more ...fastlearn.LearnerOption) (*fastlearn.Learner, error) {
	options := []fastlearn.LearnerOption{
		fastlearn.Metrics(metric.Accuracy()), fastlearn.Path(f.flags.out),
		fastlearn.Callbacks(progress.Bar(os.Stdout)),
	}
	if !f.flags.pretrained {
		options = append(options, fastlearn.FromScratch())
	}
	if f.flags.weights != "" && arch.Name == f.arch.Name {
		var how []nn.LoadOptions
		if f.flags.inOrder != "" {
			how = append(how, nn.LoadOptions{InOrder: true, Ignore: []string{f.flags.inOrder}})
		}
		options = append(options, fastlearn.Weights(f.flags.weights, how...))
	}
	learn, err := fastlearn.VisionLearner(dls, arch, append(options, more...)...)
	if err != nil {
		return nil, err
	}
	return learn, learn.CheckModelDir()
}

// presizedLearner makes a learner of presized pictures; done closes both.
func (f *flow) presizedLearner(arch vision.Arch) (learn *fastlearn.Learner, done func(), err error) {
	dls, err := f.presized()
	if err != nil {
		return nil, nil, err
	}
	learn, err = f.learner(dls, arch)
	if err != nil {
		dls.Close()
		return nil, nil, err
	}
	return learn, func() { learn.Close(); dls.Close() }, nil
}

// headFirst are FineTune's options: a body that has learnt nothing yet learns as fast as its
// head, where a pretrained one learns a hundred times slower.
func (f *flow) headFirst(opts ...fastlearn.FineTuneOption) []fastlearn.FineTuneOption {
	if !f.flags.pretrained && f.flags.weights == "" {
		opts = append(opts, fastlearn.LRMult(1))
	}
	return opts
}

// saved writes a figure into the flow's folder, and says so.
func (f *flow) saved(name string, fig *plot.Figure, err error) error {
	if err != nil {
		return err
	}
	file := filepath.Join(f.flags.out, name)
	if err := fig.Save(file); err != nil {
		return err
	}
	fmt.Println("drawn:", file)
	return nil
}

// orSave passes err on; an interrupted training is saved first.
func orSave(learn *fastlearn.Learner, name string, err error) error {
	if !errors.Is(err, context.Canceled) {
		return err
	}
	path, saveErr := learn.Save(name)
	if saveErr != nil {
		return fmt.Errorf("interrupted, and not saved: %w", saveErr)
	}
	return fmt.Errorf("interrupted; what was trained is in %s", path)
}
