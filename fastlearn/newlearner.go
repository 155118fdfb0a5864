package fastlearn

import (
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/peers"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// NewLearner makes a learner of a custom model. The learner takes the model
// over and moves it to the loaders' device; Close frees it. The loaders stay the caller's.
func NewLearner(dls *data.Loaders, model nn.Module, opts ...LearnerOption) (*Learner, error) {
	c, err := newLearnerConfig("fastlearn: NewLearner", opts)
	if err != nil {
		return nil, err
	}
	if guard.IsNil(model) {
		return nil, errors.New("fastlearn: NewLearner: the model is nil")
	}
	return newLearner(dls, model, c)
}

func newLearner(dls *data.Loaders, model nn.Module, c learnerConfig) (*Learner, error) {
	if err := dls.Check(); err != nil {
		return nil, fmt.Errorf("fastlearn: NewLearner: %w", err)
	}
	if err := nn.Check(model); err != nil {
		return nil, fmt.Errorf("fastlearn: %w", err)
	}
	l := &Learner{DLs: dls, Model: model, Loss: c.loss, Path: c.path, ModelDir: c.modelDir, config: c.tuning, nOut: int(c.vision.NOut), Logger: c.logger, NoBar: c.noBar, Loop: Loop{NEpoch: 1}, peers: peers.Alone{}}
	if l.Loss == nil {
		l.Loss = dls.Loss()
	}
	if l.Loss == nil {
		return nil, errors.New("fastlearn: the loaders imply no loss: pass one with LossFunc")
	}
	if err := loss.Check(l.Loss); err != nil {
		return nil, fmt.Errorf("fastlearn: NewLearner: %w", err)
	}
	if err := dls.Device.Check(); err != nil {
		return nil, err
	}
	if err := torch.Try(func() { nn.To(model, dls.Device) }); err != nil {
		return nil, err
	}
	l.metrics = c.metrics
	l.Recorder = &Recorder{}
	if err := l.AddCallbacks(trainEval{}, l.Recorder); err != nil {
		return nil, err
	}
	if c.peers != nil {
		if err := l.AddCallbacks(c.peers); err != nil {
			return nil, err
		}
		l.peers = c.peers
	}
	return l, l.AddCallbacks(c.callbacks...)
}
