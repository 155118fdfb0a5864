package fastlearn

import (
	"context"
	"fmt"
	"runtime"

	"github.com/fastlearn-go/fastlearn/torch"
)

// Prediction is what a model says of one picture.
type Prediction struct {
	Label string    // the most likely class, by its name
	Index int       // its place in the vocabulary
	Probs []float64 // of each class, in the vocabulary's order
}

// Predict classifies one picture of any supported format (fastai's predict).
func (l *Learner) Predict(ctx context.Context, path string) (Prediction, error) {
	dl, err := l.DLs.TestDL([]string{path})
	if err != nil {
		return Prediction{}, err
	}
	defer dl.Close()
	p, err := l.GetPreds(ctx, dl)
	if err != nil {
		return Prediction{}, err
	}
	out := Prediction{Index: p.Decoded[0], Probs: p.Probs[0], Label: fmt.Sprint(p.Decoded[0])}
	if vocab := l.DLs.Vocab; out.Index < len(vocab) {
		out.Label = vocab[out.Index]
	}
	return out, nil
}

// Preds are a model's predictions on a data set, in its order.
type Preds struct {
	Probs   [][]float64 // activated: for each item the probability of each class
	Decoded []int       // each item's most likely class
	Targets []int       // each item's class; nil without labels
	Losses  []float64   // each item's loss; nil without labels
}

// GetPreds runs the model over a loader without training; a nil loader is the
// validation set (fastai's get_preds).
func (l *Learner) GetPreds(ctx context.Context, dl Loader) (*Preds, error) {
	if dl == nil {
		dl = l.DLs.Valid
	}
	gather := &gatherPreds{}
	err := l.evaluate(ctx, dl, gather)
	if err != nil {
		return nil, err
	}
	return gather.inOrder(), nil
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
	return l.validateOn(ctx, dl)
}

// gatherPreds keeps each batch's predictions (fastai's GatherPredsCallback).
type gatherPreds struct {
	items []int
	preds Preds
}

func (g *gatherPreds) AfterBatch(l *Learner) error {
	return torch.Try(func() {
		probs := l.Loss.Activation(l.Pred)
		classes := probs.Size(-1)
		flat := torch.ToSlice[float64](probs.To(torch.Float64))
		for i := 0; i < len(flat); i += int(classes) {
			g.preds.Probs = append(g.preds.Probs, flat[i:i+int(classes)])
		}
		g.preds.Decoded = append(g.preds.Decoded, ints(l.Loss.Decode(probs))...)
		g.items = append(g.items, l.Batch.Items...)
		if l.Y != nil {
			g.preds.Targets = append(g.preds.Targets, ints(l.Y)...)
			losses := l.Loss.Loss(l.Pred, l.Y, torch.ReductionNone)
			g.preds.Losses = append(g.preds.Losses, torch.ToSlice[float64](losses.To(torch.Float64))...)
		}
	})
}

// inOrder puts the predictions into the data set's order.
func (g *gatherPreds) inOrder() *Preds {
	place := make([]int, len(g.items)) // place[i] is where the i-th item of the data set was seen
	for seen, item := range g.items {
		if item < len(place) {
			place[item] = seen
		}
	}
	return &Preds{
		Probs: reorder(g.preds.Probs, place), Decoded: reorder(g.preds.Decoded, place),
		Targets: reorder(g.preds.Targets, place), Losses: reorder(g.preds.Losses, place),
	}
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

func ints(t *torch.Tensor) []int {
	values := torch.ToSlice[int64](t.To(torch.Int64))
	out := make([]int, len(values))
	for i, v := range values {
		out[i] = int(v)
	}
	return out
}
