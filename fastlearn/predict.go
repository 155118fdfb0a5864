package fastlearn

import (
	"context"
	"errors"
	"fmt"
	"image"
	"runtime"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Predict says what one picture of any supported format shows (fastai's predict). On a CPU, in
// float32, convolutions get weights as the processor wants them, with their batch norms folded in,
// from the third picture on that the same weights predict: [nn.Packed] says what that takes. The
// next fit and Close free them.
func (l *Learner) Predict(ctx context.Context, path string) (predictor.Prediction, error) {
	return l.predictOne(ctx, "Predict", func() (*data.ItemLoader, error) { return l.DLs.TestDL([]string{path}) })
}

// PredictBytes is [Learner.Predict] for a file in memory.
func (l *Learner) PredictBytes(ctx context.Context, file []byte) (predictor.Prediction, error) {
	return l.predictOne(ctx, "PredictBytes", func() (*data.ItemLoader, error) { return l.DLs.TestBytes(file) })
}

// PredictImage is [Learner.Predict] for an image of Go's, of at most as many pixels as a file's picture may have; see
// [vision.Reader.ReadImage].
func (l *Learner) PredictImage(ctx context.Context, m image.Image) (predictor.Prediction, error) {
	return l.predictOne(ctx, "PredictImage", func() (*data.ItemLoader, error) { return l.DLs.TestImage(m) })
}

// predictOne predicts the picture of a loader of one.
func (l *Learner) predictOne(ctx context.Context, method string, load func() (*data.ItemLoader, error)) (predictor.Prediction, error) {
	return get(l, method, func() (predictor.Prediction, error) {
		dl, err := load()
		if err != nil {
			return predictor.Prediction{}, err
		}
		defer dl.Close()
		return l.predictFirst(ctx, dl)
	})
}

func (l *Learner) predictFirst(ctx context.Context, dl *data.ItemLoader) (predictor.Prediction, error) {
	var p *Preds
	var err error
	predict := func() { p, err = l.GetPreds(ctx, dl) }
	if l.half == nil {
		nn.Packed(l.Model, predict)
	} else {
		predict()
	}
	if err != nil {
		return predictor.Prediction{}, err
	}
	class, row := -1, []float64(nil)
	if p.Decoded != nil {
		class = p.Decoded[0]
	} else {
		row = p.DecodedRows[0]
	}
	return predictor.NewPrediction(p.Probs[0], class, row, l.DLs.Vocab), nil
}

// GetPreds runs the model over a loader without training; a nil loader is the
// validation set (fastai's get_preds). Where a callback of the learner's, such as [callback.ShortEpoch], leaves batches
// out, that is an error; so is a prediction that isn't finite, a [*predictor.NotFiniteError].
func (l *Learner) GetPreds(ctx context.Context, dl data.Loader, opts ...PredsOption) (*Preds, error) {
	return get(l, "GetPreds", func() (*Preds, error) { return l.getPreds(ctx, l.orValid(dl), opts) })
}

func (l *Learner) getPreds(ctx context.Context, dl data.Loader, opts []PredsOption) (*Preds, error) {
	gather := GatherPreds(opts...)
	defer gather.Close()
	if err := l.evaluate(ctx, dl, gather); err != nil {
		return nil, err
	}
	switch seen := gather.batches; {
	case gather.leftOut > 0:
		return nil, fmt.Errorf("fastlearn: GetPreds: a callback left %d of %d batches out", gather.leftOut, l.NIter)
	case l.Recorder.skipValid && seen < l.NIter:
		return nil, fmt.Errorf("fastlearn: GetPreds: a callback cancelled it after %d batches of %d", seen, l.NIter)
	}
	p, err := gather.Preds()
	var bad *predictor.NotFiniteError
	if loader, ok := dl.(*data.ItemLoader); ok && errors.As(err, &bad) {
		bad.File = loader.Files()[bad.Item]
	}
	return p, err
}

// Validate measures a loader without training and returns its loss and metrics, in
// the order of the table; a nil loader is the validation set (fastai's validate).
func (l *Learner) Validate(ctx context.Context, dl data.Loader) ([]float64, error) {
	return get(l, "Validate", func() ([]float64, error) {
		if err := l.evaluate(ctx, l.orValid(dl)); err != nil {
			return nil, err
		}
		if l.Recorder.skipValid {
			return nil, errors.New("fastlearn: Validate: a callback cancelled the validation")
		}
		return l.Recorder.final, nil
	})
}

// orValid is dl, or the validation set for nil.
func (l *Learner) orValid(dl data.Loader) data.Loader {
	if guard.IsNil(dl) {
		return l.DLs.Valid
	}
	return dl
}

// evaluate runs a loader in evaluation mode with callbacks added. The recorder keeps
// what it recorded of the last fit.
func (l *Learner) evaluate(ctx context.Context, dl data.Loader, cbs ...Callback) (err error) {
	if err := guard.Context("fastlearn: predict", ctx); err != nil {
		return err
	}
	remove, err := l.addCallbacks(cbs)
	if err != nil {
		return err
	}
	defer remove()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer l.endBatch()
	l.Recorder.skipValid, l.Recorder.row = false, nil
	ended := false // it is false while a panic or a Goexit unwinds
	defer func() {
		if err != nil || !ended {
			err = errors.Join(err, l.tellFailure())
			l.resetMetrics()
		}
	}()
	err = l.validateOn(ctx, dl)
	ended = true
	return err
}

// validateOn runs a loader outside of a fit's epochs, whose state it would change.
func (l *Learner) validateOn(ctx context.Context, dl data.Loader) error {
	if l.inEpoch {
		return errors.New("fastlearn: within an epoch of a fit neither a callback nor another goroutine can validate or predict: a callback can in AfterEpoch")
	}
	return l.validate(ctx, dl)
}
