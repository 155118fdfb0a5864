package clean

import (
	"context"
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Features returns what the body of a learner of [fastlearn.VisionLearner] makes of each file: the mean over the picture of each
// of the channels that leave it. Pictures are transformed as those of the validation set are. progress, if not nil, is told how
// far it is.
func Features(ctx context.Context, learn *fastlearn.Learner, files []string, progress func(done, total int)) (out [][]float32, err error) {
	if err := errors.Join(guard.Context("clean: Features", ctx), guard.Given("clean: Features", learn)); err != nil {
		return nil, err
	}
	if err := learn.DLs.Check(); err != nil {
		return nil, err
	}
	whole, ok := learn.Model.(*nn.Sequential)
	if !ok || len(whole.Modules()) != 2 {
		return nil, fmt.Errorf("clean: Features: the model isn't a body and a head: make the learner by VisionLearner")
	}
	dl, err := learn.DLs.TestDL(files)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, dl.Close()) }()
	body := whole.Modules()[0]
	nn.Eval(body)
	for b, err := range data.Batches(ctx, dl, 0, learn.DLs.Device) {
		if err != nil {
			return nil, err
		}
		err := torch.Try(func() {
			torch.NoGrad(func() {
				y := nn.Call(body, b.X()).Mean(2, 3).To(torch.CPU).To(torch.Float32)
				width := int(y.Size(1))
				all := torch.ToSlice[float32](y)
				for at := 0; at < len(all); at += width {
					out = append(out, all[at:at+width:at+width])
				}
			})
		})
		b.Close()
		if err != nil {
			return nil, fmt.Errorf("clean: Features: %w", err)
		}
		if progress != nil {
			progress(len(out), len(files))
		}
	}
	return out, nil
}
