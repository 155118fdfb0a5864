package fastlearn

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"runtime"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Prediction is what a model says of one picture.
type Prediction struct {
	Label  string    // the most likely class, by its name; of several labels, those that are there, joined by ";"
	Index  int       // the class's place in the vocabulary; -1 where targets are no classes
	Labels []string  // of several labels, those that are there
	Probs  []float64 // of each class, in the vocabulary's order; for numbers, the numbers
}

// Predict says what one picture of any supported format shows (fastai's predict). On a CPU, in
// float32, convolutions get weights as the processor wants them, with their batch norms folded in,
// from the third picture on that the same weights predict: [nn.Packed] says what that takes. The
// next fit and Close free them.
func (l *Learner) Predict(ctx context.Context, path string) (Prediction, error) {
	dl, err := l.DLs.TestDL([]string{path})
	if err != nil {
		return Prediction{}, err
	}
	return l.predictOne(ctx, dl)
}

// PredictBytes is [Learner.Predict] for a file in memory.
func (l *Learner) PredictBytes(ctx context.Context, file []byte) (Prediction, error) {
	dl, err := l.DLs.TestDL([]string{"in memory"})
	if err != nil {
		return Prediction{}, err
	}
	dl.ds.memory = [][]byte{file}
	return l.predictOne(ctx, dl)
}

// PredictImage is [Learner.Predict] for a picture of Go's.
func (l *Learner) PredictImage(ctx context.Context, m image.Image) (Prediction, error) {
	var file bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&file, m); err != nil {
		return Prediction{}, fmt.Errorf("fastlearn: picture in memory: %w", err)
	}
	return l.PredictBytes(ctx, file.Bytes())
}

func (l *Learner) predictOne(ctx context.Context, dl *DataLoader) (Prediction, error) {
	defer dl.Close()
	var p *Preds
	var err error
	predict := func() { p, err = l.GetPreds(ctx, dl) }
	if l.precision == nil {
		nn.Packed(l.Model, predict)
	} else {
		predict()
	}
	if err != nil {
		return Prediction{}, err
	}
	if len(p.Probs) == 0 {
		return Prediction{}, fmt.Errorf("fastlearn: picture %s: it could not be read", dl.Files()[0])
	}
	return prediction(p, l.DLs.Vocab), nil
}

// prediction names what is predicted of the first item.
func prediction(p *Preds, vocab []string) Prediction {
	out := Prediction{Index: -1, Probs: p.Probs[0]}
	switch {
	case p.Decoded != nil:
		out.Index, out.Label = p.Decoded[0], fmt.Sprint(p.Decoded[0])
		if out.Index < len(vocab) {
			out.Label = vocab[out.Index]
		}
	case len(vocab) == len(p.DecodedRows[0]):
		for i, there := range p.DecodedRows[0] {
			if there != 0 {
				out.Labels = append(out.Labels, vocab[i])
			}
		}
		out.Label = strings.Join(out.Labels, ";")
	default:
		out.Label = strings.Trim(fmt.Sprint(p.DecodedRows[0]), "[]")
	}
	return out
}

// Preds are a model's predictions on a data set, in its order.
type Preds struct {
	Probs   [][]float64 // activated: for each item the probability of each class, or the numbers
	Decoded []int       // each item's most likely class; nil where targets are no classes
	Targets []int       // each item's class; nil without labels, or where targets are no classes
	Losses  []float64   // each item's loss; nil without labels
	Items   []int       // each one's place in the loader's data set, in order; those it skipped are left out

	DecodedRows [][]float64 // where targets are no classes: what is predicted of each item
	TargetRows  [][]float64 // and what is true of it

	Inputs *torch.Tensor // with WithInput: what the model saw, N×C×H×W on the CPU, which the caller closes
}

// Accuracy is the part of the items whose most likely class is their own; NaN where there
// are no classes to compare (fastai's accuracy(*learn.get_preds())).
func (p *Preds) Accuracy() float64 {
	right, n := 0, min(len(p.Decoded), len(p.Targets))
	for i := range n {
		if p.Decoded[i] == p.Targets[i] {
			right++
		}
	}
	return float64(right) / float64(n)
}

// PredsOption changes a default of [Learner.GetPreds].
type PredsOption func(*gatherPreds)

// WithInput keeps what the model saw of each item, all of it in memory (fastai's with_input).
func WithInput() PredsOption { return func(g *gatherPreds) { g.withInput = true } }

// GetPreds runs the model over a loader without training; a nil loader is the
// validation set (fastai's get_preds).
func (l *Learner) GetPreds(ctx context.Context, dl Loader, opts ...PredsOption) (*Preds, error) {
	if dl == nil {
		dl = l.DLs.Valid
	}
	gather := &gatherPreds{}
	for _, opt := range opts {
		opt(gather)
	}
	inputs := torch.NewScope()
	defer inputs.Close()
	gather.scope = inputs
	err := l.evaluate(ctx, dl, gather)
	if err != nil {
		return nil, err
	}
	return gather.inOrder()
}

// Validate measures a loader without training and returns its loss and metrics, in
// the order of the table; a nil loader is the validation set (fastai's validate).
func (l *Learner) Validate(ctx context.Context, dl Loader) ([]float64, error) {
	if dl == nil {
		dl = l.DLs.Valid
	}
	if err := l.evaluate(ctx, dl); err != nil {
		return nil, err
	}
	if l.Recorder.skipValid {
		return nil, errors.New("fastlearn: Validate: a callback cancelled the validation")
	}
	return l.Recorder.final, nil
}

// evaluate runs a loader in evaluation mode with callbacks added. The recorder keeps
// what it recorded of the last fit.
func (l *Learner) evaluate(ctx context.Context, dl Loader, cbs ...Callback) error {
	if err := l.AddCallbacks(cbs...); err != nil {
		return err
	}
	defer l.RemoveCallbacks(cbs...)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer l.endCleanup()
	l.Recorder.skipValid, l.Recorder.row = false, nil
	err := l.validateOn(ctx, dl)
	if err != nil {
		l.tellFailure()
	}
	return err
}

// gatherPreds keeps each batch's predictions (fastai's GatherPredsCallback).
type gatherPreds struct {
	items     []int
	preds     Preds
	withInput bool
	inputs    []*torch.Tensor
	scope     *torch.Scope // of the inputs
}

func (g *gatherPreds) AfterBatch(l *Learner) error {
	return torch.Try(func() {
		n := int64(len(l.Batch.Items))
		probs := l.Loss.Activation(l.Pred)
		decoded := l.Loss.Decode(probs)
		g.items = append(g.items, l.Batch.Items...)
		if g.withInput {
			g.inputs = append(g.inputs, l.X.Detach().To(torch.CPU).Clone().MoveTo(g.scope))
		}
		g.preds.Probs = append(g.preds.Probs, itemRows(probs, n)...)
		classes := decoded.DType() == torch.Int64
		if classes {
			g.preds.Decoded = append(g.preds.Decoded, ints(decoded)...)
		} else {
			g.preds.DecodedRows = append(g.preds.DecodedRows, itemRows(decoded, n)...)
		}
		if l.Y == nil {
			return
		}
		if classes {
			g.preds.Targets = append(g.preds.Targets, ints(l.Y)...)
		} else {
			g.preds.TargetRows = append(g.preds.TargetRows, itemRows(l.Y, n)...)
		}
		losses := l.Loss.Loss(l.Pred, l.Y, torch.ReductionNone).Reshape(n, -1).Mean(false, 1)
		g.preds.Losses = append(g.preds.Losses, torch.ToSlice[float64](losses.To(torch.Float64))...)
	})
}

// itemRows are the numbers of each of n items.
func itemRows(t *torch.Tensor, n int64) [][]float64 {
	flat := torch.ToSlice[float64](t.To(torch.Float64))
	out := make([][]float64, n)
	for i := range out {
		width := len(flat) / int(n)
		out[i] = flat[i*width : (i+1)*width : (i+1)*width]
	}
	return out
}

// inOrder puts the predictions into the data set's order, without the items that the
// loader left out.
func (g *gatherPreds) inOrder() (*Preds, error) {
	place := make([]int, len(g.items)) // place[i] is where the i-th item was seen
	for i := range place {
		place[i] = i
	}
	slices.SortFunc(place, func(a, b int) int { return g.items[a] - g.items[b] })
	p := &g.preds
	out := &Preds{
		Probs: reorder(p.Probs, place), Decoded: reorder(p.Decoded, place), Targets: reorder(p.Targets, place),
		Losses: reorder(p.Losses, place), Items: reorder(g.items, place), DecodedRows: reorder(p.DecodedRows, place), TargetRows: reorder(p.TargetRows, place),
	}
	if len(g.inputs) == 0 {
		return out, nil
	}
	err := torch.Try(func() {
		out.Inputs = torch.Cat(0, g.inputs...).IndexSelect(0, indices(g.scope, place)).Keep()
	})
	return out, err
}

func reorder[T any](values []T, place []int) []T {
	if values == nil {
		return nil
	}
	out := make([]T, len(place))
	for i, p := range place {
		out[i] = values[p]
	}
	return out
}

// indices are whole numbers as a tensor in a scope.
func indices(s *torch.Scope, values []int) *torch.Tensor {
	wide := make([]int64, len(values))
	for i, v := range values {
		wide[i] = int64(v)
	}
	return torch.FromSlice(s, wide, int64(len(wide)))
}

// ints are a tensor's whole numbers.
func ints(t *torch.Tensor) []int {
	values := torch.ToSlice[int64](t.To(torch.Int64))
	out := make([]int, len(values))
	for i, v := range values {
		out[i] = int(v)
	}
	return out
}
