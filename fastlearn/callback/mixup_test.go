package callback_test

import (
	"errors"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// noteMixed keeps what a model is given, and the losses.
type noteMixed struct {
	xs     [][]float64
	losses []float64
	fail   bool
}

func (*noteMixed) Order() int { return 100 }
func (*noteMixed) TrainOnly() {}

func (n *noteMixed) AfterPred(l *fastlearn.Learner) error {
	n.xs = append(n.xs, torch.ToSlice[float64](l.X().To(torch.Float64)))
	if n.fail {
		return errors.New("enough")
	}
	return nil
}

func (n *noteMixed) AfterLoss(l *fastlearn.Learner) error {
	n.losses = append(n.losses, l.LossValue())
	return nil
}

// From the same seed MixUp draws, blends and learns as fastai's, and leaves validation alone.
func TestMixUpEqualsFastai(t *testing.T) {
	var xs []float32
	var ys []int64
	for i := range 24 {
		xs = append(xs, float32(i)/10)
	}
	for i := range int64(12) {
		ys = append(ys, i%3)
	}
	x, y := torch.FromSlice(nil, xs, 12, 2), torch.FromSlice(nil, ys)
	firstX, firstY := torch.FromSlice(nil, xs[:8], 4, 2), torch.FromSlice(nil, ys[:4])
	for _, owned := range []*torch.Tensor{x, y, firstX, firstY} {
		defer owned.Close()
	}
	model := nn.NewLinear(2, 3)
	s := torch.NewScope()
	defer s.Close()
	torch.NoGrad(func() {
		model.Weight.Copy_(torch.FromSlice(s, []float32{0, 1. / 7, 2. / 7, 3. / 7, 4. / 7, 5. / 7}, 3, 2))
		model.Bias.Copy_(torch.FromSlice(s, []float32{0, 0.2, 0.4}))
	})
	note := &noteMixed{}
	dls := data.NewLoaders(&data.TensorLoader{X: x, Y: y, BatchSize: 4}, &data.TensorLoader{X: firstX, Y: firstY, BatchSize: 4}, torch.CPU)
	learn, err := fastlearn.NewLearner(dls, model, fastlearn.LossFunc(loss.CrossEntropy{}), fastlearn.OptFunc(optim.SGD{}), fastlearn.Callbacks(callback.MixUp(0.4), note), fastlearn.Logger(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	torch.ManualSeed(11)
	if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.1)); err != nil {
		t.Fatal(err)
	}
	var want struct {
		Xs      [][]float64
		Losses  []float64
		Weights []float64
		Valid   float64
	}
	parity.Python(t, "mixup.py", nil, &want)
	for i := range want.Xs {
		parity.Close(t, "blended inputs", note.xs[i], want.Xs[i], parity.Rounding(parity.Float32, 2, parity.Largest(want.Xs[i])))
	}
	parity.Close(t, "losses", note.losses, want.Losses, parity.Rounding(parity.Float32, 12, parity.Largest(want.Losses)))
	parity.Close(t, "weights", append(torch.ToSlice[float64](model.Weight.Detach().To(torch.Float64)), torch.ToSlice[float64](model.Bias.Detach().To(torch.Float64))...), want.Weights, parity.Rounding(parity.Float32, 12, parity.Largest(want.Weights)))
	parity.Close(t, "validation", learn.Recorder.Values[0][1:], []float64{want.Valid}, parity.Rounding(parity.Float32, 12, want.Valid))

	note.fail = true
	if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.1)); err == nil {
		t.Error("the callback's error is lost")
	}
	if _, plain := learn.Loss.(loss.CrossEntropy); !plain {
		t.Errorf("the loss is left as %T", learn.Loss)
	}
	if err := learn.AddCallbacks(callback.MixUp(0)); err == nil {
		t.Error("MixUp(0) must be refused")
	}
}

// skipTraining cancels the first epoch's training.
type skipTraining struct{}

func (skipTraining) Order() int { return 90 }

func (skipTraining) BeforeTrain(l *fastlearn.Learner) error {
	if l.Epoch == 0 {
		return fastlearn.ErrCancelEpoch
	}
	return nil
}

// MixUp restores the loss of an epoch that is cancelled, and is refused twice.
func TestMixUpRestoresTheLoss(t *testing.T) {
	learn := fixture.Line(t)
	if err := learn.Fit(t.Context(), 2, fastlearn.LR(0.01), fastlearn.Callbacks(callback.MixUp(0.4), skipTraining{})); err != nil {
		t.Errorf("a cancelled epoch: %v", err)
	}
	if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.01), fastlearn.Callbacks(callback.MixUp(0.4), callback.MixUp(0.4))); err == nil {
		t.Error("MixUp twice must be refused")
	}
	if _, plain := learn.Loss.(fixture.Squared); !plain {
		t.Errorf("the loss is left as %T", learn.Loss)
	}
	if _, err := learn.Validate(t.Context(), nil); err != nil {
		t.Error(err)
	}
}
