package fastlearn_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// classifier learns one of three classes of 64 rows, whose loaders have no vocabulary.
func classifier(t *testing.T, outputs int64, opts ...fastlearn.LearnerOption) *fastlearn.Learner {
	t.Helper()
	torch.ManualSeed(1)
	s := torch.NewScope()
	x := s.Randn(64, 2)
	classes := make([]int64, 64)
	for i := range classes {
		classes[i] = int64(i % 3)
	}
	y := torch.FromSlice(s, classes, 64)
	dls := data.NewLoaders(&data.TensorLoader{X: x, Y: y, BatchSize: 16}, &data.TensorLoader{X: x, Y: y, BatchSize: 16}, torch.DefaultDevice())
	learn, err := fastlearn.NewLearner(dls, nn.NewLinear(2, outputs), append([]fastlearn.LearnerOption{fastlearn.LossFunc(loss.CrossEntropy{}), fastlearn.Logger(nil)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { learn.Close(); s.Close() })
	return learn
}

// odd changes what a loss does.
type odd struct {
	loss.CrossEntropy
	loss   func(pred, target *torch.Tensor, r torch.Reduction) *torch.Tensor
	decode func(*torch.Tensor) *torch.Tensor
}

func (o odd) Loss(pred, target *torch.Tensor, r torch.Reduction) *torch.Tensor {
	if o.loss != nil {
		return o.loss(pred, target, r)
	}
	return o.CrossEntropy.Loss(pred, target, r)
}

func (o odd) Decode(activated *torch.Tensor) *torch.Tensor {
	if o.decode != nil {
		return o.decode(activated)
	}
	return o.CrossEntropy.Decode(activated)
}

// A batch that can't be gathered leaves those before it whole, and says what is wrong.
func TestGatherFailsInTheMiddle(t *testing.T) {
	gather := fastlearn.GatherPreds()
	learn := classifier(t, 3, fastlearn.Callbacks(gather))
	if _, err := gather.Preds(); err == nil || !strings.Contains(err.Error(), "no validation yet") {
		t.Errorf("before any validation: %v", err)
	}
	batches := 0
	learn.Loss = odd{loss: func(pred, target *torch.Tensor, r torch.Reduction) *torch.Tensor {
		if r == torch.ReductionNone {
			if batches++; batches == 2 {
				r = torch.ReductionMean
			}
		}
		return loss.CrossEntropy{}.Loss(pred, target, r)
	}}
	if _, err := learn.Validate(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "the unreduced loss is of shape [] in a batch of 16 items") {
		t.Fatalf("an averaged loss: %v", err)
	}
	p, err := gather.Preds()
	if err != nil || len(p.Items) != 16 || len(p.Losses) != 16 || len(p.Decoded) != 16 || len(p.Probs) != 16 {
		t.Errorf("%d items, %d losses, %v", len(p.Items), len(p.Losses), err)
	}
}

// What is decoded into something else than a number for each item is kept as it is, or refused.
func TestGatherOddShapes(t *testing.T) {
	learn := classifier(t, 3)
	learn.Loss = odd{decode: func(p *torch.Tensor) *torch.Tensor { _, two := p.TopK(2, -1); return two }}
	p, err := learn.GetPreds(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if p.Decoded != nil || p.Targets != nil || len(p.DecodedRows) != 64 || len(p.DecodedRows[0]) != 2 || len(p.TargetRows[0]) != 1 {
		t.Errorf("%v, %v, %v", p.Decoded, p.DecodedRows, p.TargetRows)
	}
	if i, err := p.Interpret(learn, nil); err != nil || i.Actual(1) != "1" || i.ConfusionMatrix() != nil {
		t.Errorf("%v", err)
	}
	learn.Loss = odd{decode: func(p *torch.Tensor) *torch.Tensor { return p.ArgMax(-1).Narrow(0, 0, 1) }}
	if _, err := learn.GetPreds(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "the loss's Decode is of shape [1] in a batch of 16 items") {
		t.Errorf("one class for all: %v", err)
	}

	// Targets that are probabilities of each class.
	soft := learn.DLs.Valid.(*data.TensorLoader)
	s := torch.NewScope()
	defer s.Close()
	rows := slices.Repeat([]float32{0, 0.5, 0.5, 1, 0, 0}, 32)
	learn.Loss = loss.CrossEntropy{}
	learn.DLs.Valid = &data.TensorLoader{X: soft.X, Y: torch.FromSlice(s, rows, 64, 3), BatchSize: 16}
	i, err := learn.Interpret(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if i.Targets != nil || len(i.Decoded) != 64 || !slices.Equal(i.TargetRows[3], []float64{1, 0, 0}) || i.Actual(0) != "0, 0.5, 0.5" || i.Predicted(0) == "" || i.Wrong(0) {
		t.Errorf("%v: %q is %q", i.TargetRows[3], i.Predicted(0), i.Actual(0))
	}
	i.Vocab = []string{"a", "b", "c"}
	if i.Actual(0) != "b;c" || i.Wrong(0) {
		t.Errorf("with names: %q", i.Actual(0))
	}
}

// Classes have numbers for names where loaders know none, with probabilities or without, and one output tells two apart.
func TestInterpretWithoutVocab(t *testing.T) {
	lean, full := fastlearn.GatherPreds(fastlearn.WithoutProbs()), fastlearn.GatherPreds()
	learn := classifier(t, 4, fastlearn.Callbacks(lean, full))
	if _, err := learn.Validate(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, g := range []*fastlearn.PredsGatherer{lean, full} {
		p, err := g.Preds()
		if err != nil {
			t.Fatal(err)
		}
		i, err := p.Interpret(learn, nil)
		if err != nil {
			t.Fatal(err)
		}
		told = append(told, fmt.Sprint(i.Vocab, i.ConfusionMatrix()))
		if prob, ok := i.Prob(0); ok != (g == full) || ok && prob != slices.Max(i.Probs[0]) {
			t.Errorf("taken for it with %v, %v", prob, ok)
		}
	}
	if told[0] != told[1] || !strings.HasPrefix(told[0], "[0 1 2 3] [[") {
		t.Errorf("without probabilities %s, with them %s", told[0], told[1])
	}

	learn = classifier(t, 1)
	bce := func(pred, target *torch.Tensor, r torch.Reduction) *torch.Tensor {
		return loss.BCEWithLogits{}.Loss(pred.Sigmoid().View(-1), target.To(torch.Float32), r)
	}
	for last, said := range parity.Sorted(map[int64]bool{1: true, 7: false, -1: false}) {
		learn.Loss = odd{loss: bce, decode: func(p *torch.Tensor) *torch.Tensor {
			return p.View(-1).To(torch.Int64).MulScalar(0).AddScalar(float64(last))
		}}
		i, err := learn.Interpret(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		m := i.ConfusionMatrix()
		if len(m) != 2 || (m[0][1] > 0) != said {
			t.Errorf("all are taken for %d: %v", last, m)
		}
		if prob, ok := i.Prob(0); ok || prob != 0 || i.Report().String() == "" {
			t.Errorf("all are taken for %d, with %v", last, prob)
		}
	}
}

// Predictions of another loader aren't named by this one's files.
func TestInterpretOfAnother(t *testing.T) {
	dls := fixture.ColourDLs(t, fixture.ColourFolders(t, 12, "blue", "red"), data.BatchSize(4))
	n := dls.Valid.(*data.ItemLoader).NumItems()
	learn := classifier(t, 3)
	p, err := learn.GetPreds(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Interpret(learn, dls.Valid); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("item 63, and the loader has %d", n)) {
		t.Errorf("predictions of 64 items for %d: %v", n, err)
	}
}

// The inputs are kept of the latest validation alone, and those who ask for them twice get copies that they close.
func TestGatherInputsMemory(t *testing.T) {
	gather := fastlearn.GatherPreds(fastlearn.WithInput())
	learn := classifier(t, 3, fastlearn.Callbacks(gather))
	var after []int64
	fit := func() {
		if err := learn.Fit(t.Context(), 3, fastlearn.LR(0.1)); err != nil {
			t.Fatal(err)
		}
	}
	fit()
	before := torch.LiveTensors()
	for range 3 {
		fit()
		for range 2 {
			p, err := gather.Preds()
			if err != nil || !slices.Equal(p.Inputs.Shape(), []int64{64, 2}) {
				t.Fatalf("%v: %v", p, err)
			}
			p.Inputs.Close()
		}
		after = append(after, torch.LiveTensors()-before)
	}
	if slices.Max(after) > 0 { // fewer, where the garbage of other tests was collected
		t.Errorf("%v more tensors live", after)
	}
	gather.Close()
	if p, err := gather.Preds(); err != nil || p.Inputs != nil || len(p.Items) != 64 {
		t.Errorf("after Close: %v, %v", p, err)
	}
	other := classifier(t, 3, fastlearn.Callbacks(gather)) // on another learner it is of that one
	if err := other.Fit(t.Context(), 1, fastlearn.LR(0.1)); err != nil {
		t.Fatal(err)
	}
	seen, err := gather.Preds()
	if err != nil {
		t.Fatal(err)
	}
	defer seen.Inputs.Close()
	other.RemoveCallbacks(gather)
	want, err := other.GetPreds(t.Context(), nil, fastlearn.WithInput())
	if err != nil {
		t.Fatal(err)
	}
	defer want.Inputs.Close()
	if !reflect.DeepEqual(seen.Probs, want.Probs) || !reflect.DeepEqual(torch.ToSlice[float32](seen.Inputs), torch.ToSlice[float32](want.Inputs)) {
		t.Error("on another learner something else is kept")
	}
	gather.Close()
}

// What is gathered in a fit is what GetPreds says after it, whatever else the fit has: the average of weights, half precision,
// blended pictures, and targets that the loss ignores.
func TestGatherBesideOthers(t *testing.T) {
	gather := fastlearn.GatherPreds()
	learn := classifier(t, 3, fastlearn.Callbacks(callback.EMA(0.5), callback.MixUp(0.4), gather))
	s := torch.NewScope()
	defer s.Close()
	valid := learn.DLs.Valid.(*data.TensorLoader)
	classes := torch.ToSlice[int64](valid.Y)
	for k := 0; k < 64; k += 5 {
		classes[k] = -100
	}
	learn.DLs.Valid = &data.TensorLoader{X: valid.X, Y: torch.FromSlice(s, classes, 64), BatchSize: 24}
	learn.ToBF16()
	if err := learn.Fit(t.Context(), 3, fastlearn.LR(0.1)); err != nil {
		t.Fatal(err)
	}
	seen, err := gather.Preds()
	if err != nil {
		t.Fatal(err)
	}
	want, err := learn.GetPreds(t.Context(), nil)
	if err != nil || !reflect.DeepEqual(seen, want) {
		t.Errorf("gathered %v, GetPreds %v, %v", seen, want, err)
	}
	i, err := seen.Interpret(learn, nil)
	if err != nil {
		t.Fatal(err)
	}
	counted := 0
	for _, row := range i.ConfusionMatrix() {
		for _, n := range row {
			counted += n
		}
	}
	if counted != 64-13 || i.Wrong(0) || i.Losses[0] != 0 || i.Actual(0) != "-100" || i.Wrong(1) != (i.Decoded[1] != 1) {
		t.Errorf("%d counted; the first, which is ignored: %v, loss %v, %q", counted, i.Wrong(0), i.Losses[0], i.Actual(0))
	}
}

// leaves leaves out a batch of each validation.
type leaves struct{ iter int }

func (v leaves) BeforeBatch(l *fastlearn.Learner) error {
	if !l.Training && l.Iter == v.iter {
		return fastlearn.ErrCancelBatch
	}
	return nil
}

// Batches that callbacks leave out aren't among what a fit's validation said, and GetPreds refuses.
func TestGatherLeavesOut(t *testing.T) {
	gather := fastlearn.GatherPreds(fastlearn.WithInput())
	defer gather.Close()
	learn := classifier(t, 3, fastlearn.Callbacks(gather, leaves{1}, callback.ShortEpoch(0.5)))
	if err := learn.Fit(t.Context(), 2, fastlearn.LR(0.1)); err != nil {
		t.Fatal(err)
	}
	p, err := gather.Preds()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Inputs.Close()
	if len(p.Items) != 32 || p.Items[16] != 32 || p.Inputs.Size(0) != 32 {
		t.Errorf("%d items and %d inputs: %v", len(p.Items), p.Inputs.Size(0), p.Items)
	}
	if _, err := learn.GetPreds(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "left 1 of 4 batches out") {
		t.Errorf("GetPreds: %v", err)
	}
}

// A batch without items adds nothing.
func TestGatherEmptyBatch(t *testing.T) {
	learn := classifier(t, 3)
	batches := 0
	learn.DLs.Valid = badBatches{learn.DLs.Valid, func(b *data.Batch) {
		if batches++; batches == 2 {
			b.Xs[0], b.Ys[0], b.Items = b.X().Narrow(0, 0, 0), b.Y().Narrow(0, 0, 0), []int{}
		}
	}}
	p, err := learn.GetPreds(t.Context(), nil)
	if err != nil || len(p.Items) != 48 || len(p.Losses) != 48 {
		t.Errorf("%v, %v", p, err)
	}
}
