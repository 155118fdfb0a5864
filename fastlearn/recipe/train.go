package recipe

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/clean"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/report"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// Train trains, and writes to dir: model.safetensors to predict with, models/model.pth for Python, report.html, history.csv, train.json
// and, where it looked for a learning rate, lr_find.csv. When ctx is done it finishes the batch in hand, saves and returns ctx's error; the same call goes on from there.
// A training that is finished trains nothing. One of another recipe in dir is an error that names what differs.
func (r Recipe) Train(ctx context.Context, dir string, opts ...Option) error {
	h, err := howOf(opts)
	if err := errors.Join(guard.Context("recipe: Train", ctx), r.check(), err); err != nil {
		return err
	}
	s, err := recognise(r.Data, r.Labels, r.Valid, r.Seed)
	if err != nil { // before there is a folder
		return err
	}
	switch before, err := Read(dir); {
	case h.again || errors.Is(err, fs.ErrNotExist):
		if err := errors.Join(forget(dir), os.MkdirAll(dir, 0o777)); err != nil {
			return err
		}
		r = r.asked()
	case err != nil:
		return err
	case before.asked() != r.asked():
		return fmt.Errorf("recipe: %s has another training: %s; ask for the same, choose another folder, or train again", dir, differences(before, r))
	case exists(ModelFile(dir)):
		h.say(dir + " is trained already")
		return nil
	default:
		r = before
		h.say("going on with " + dir)
	}
	learn, done, err := r.learner(s, dir, h)
	if err != nil {
		return err
	}
	defer done()
	if r.FoundLR == 0 {
		if err := r.find(ctx, learn, dir, h); err != nil {
			return err
		}
		if err := r.store(dir); err != nil {
			return err
		}
	}
	if err := r.fit(ctx, learn); err != nil {
		if errors.Is(err, context.Canceled) {
			err = interruption{err, dir}
		}
		return err
	}
	if _, err := learn.Save("model"); err != nil {
		return err
	}
	if err := r.write(ctx, learn, dir, ReportFile(dir)); err != nil {
		return err
	}
	_, err = learn.Export("model") // last, since it tells that all is done
	return err
}

// interruption is a cancelled context's error, in a user's words.
type interruption struct {
	error
	dir string
}

// Error tells what becomes of the training.
func (e interruption) Error() string {
	return "interrupted: what was trained is saved in " + e.dir + ", and the same training goes on from there"
}

// Unwrap is the context's error.
func (e interruption) Unwrap() error { return e.error }

// forget removes what a training would go on with or take for its own.
func forget(dir string) (err error) {
	for _, file := range []string{checkpointFile(dir), ModelFile(dir), filepath.Join(dir, "history.csv"), curveFile(dir)} {
		err = errors.Join(err, os.RemoveAll(file))
	}
	return err
}

// Check looks for what may be wrong with the recipe's data, see [clean.Check]: labels with the
// recipe's pretrained body, and without Weights ("none") files alone.
func (r Recipe) Check(ctx context.Context, opts ...clean.CheckOption) (*clean.Findings, error) {
	if err := errors.Join(guard.Context("recipe: Check", ctx), r.check()); err != nil {
		return nil, err
	}
	s, err := recognise(r.Data, r.Labels, r.Valid, r.Seed)
	if err != nil {
		return nil, err
	}
	if opts = append([]clean.CheckOption{clean.Seed(int64(r.Seed))}, opts...); r.Weights == "none" {
		opts = append(opts, clean.FilesOnly())
	}
	dir, err := os.MkdirTemp("", "fastlearn-check-") // which stays empty
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	learn, done, err := r.learner(s, dir, how{say: func(string) {}})
	if err != nil {
		return nil, err
	}
	defer done()
	return clean.Check(ctx, learn, opts...)
}

// learner makes the loaders and the learner of a recipe; done closes both.
func (r Recipe) learner(s *source, dir string, h how) (learn *fastlearn.Learner, done func(), err error) {
	arch, err := models.Get(r.Arch)
	if err != nil {
		return nil, nil, err
	}
	fastlearn.SetSeed(r.Seed)
	dls, err := r.loaders(s, h)
	if err != nil {
		return nil, nil, err
	}
	h.say(fmt.Sprintf("%s: %s; %d pictures to train on, %d to validate on, %d outputs, on %v", r.Data, s.about,
		dls.Train.(*data.ItemLoader).NumItems(), dls.Valid.(*data.ItemLoader).NumItems(), dls.Outputs(), dls.Device))
	opts := []fastlearn.LearnerOption{fastlearn.Metrics(s.metrics...), fastlearn.Path(dir), fastlearn.Callbacks(report.History())}
	switch r.Weights {
	case "pretrained":
	case "none":
		opts = append(opts, fastlearn.FromScratch())
	default:
		var how []nn.LoadOptions
		if r.InOrder != "" {
			how = append(how, nn.LoadOptions{InOrder: true, Ignore: []string{r.InOrder}})
		}
		opts = append(opts, fastlearn.Weights(r.Weights, how...))
	}
	learn, err = fastlearn.VisionLearner(dls, arch, append(opts, h.more...)...)
	if err == nil {
		r.precise(learn)
		err = learn.CheckModelDir()
	}
	if err != nil {
		return nil, nil, errors.Join(err, learn.Close(), dls.Close())
	}
	return learn, func() { learn.Close(); dls.Close() }, nil
}

// loaders makes the recipe's batches, smaller ones than it says where there are fewer pictures than that.
func (r Recipe) loaders(s *source, h how) (*data.Loaders, error) {
	all, err := s.loaders(data.BatchSize(1), data.ItemTfms(vision.Resize(r.Size*460/224)), data.BatchTfms(vision.AugTransforms(vision.Size(r.Size), vision.MinScale(0.75))))
	if err != nil {
		return nil, err
	}
	size := r.BatchSize
	if n := all.Train.(*data.ItemLoader).NumItems(); size > n {
		size = max(n/4, 1)
		h.say(fmt.Sprintf("batches of %d, since there are only %d pictures to train on", size, n))
	}
	dls, err := all.NewDL(data.BatchSize(size))
	return dls, errors.Join(err, all.Close())
}

func (r Recipe) precise(learn *fastlearn.Learner) {
	switch {
	case r.Precision == "fp16" || r.Precision == "auto" && learn.DLs.Device.IsCUDA():
		learn.ToChannelsLast().ToFP16()
	case r.Precision == "bf16":
		learn.ToChannelsLast().ToBF16()
	}
}

// find finds the rate and the number of epochs that the recipe leaves open.
func (r *Recipe) find(ctx context.Context, learn *fastlearn.Learner, dir string, h how) error {
	lr, epochs := r.LR, r.Epochs
	if lr == 0 {
		found, err := learn.LRFind(ctx)
		if err == nil {
			err = writeCurve(dir, found)
		}
		if err != nil {
			return err
		}
		if lr = found.Valley; !(lr > 0) {
			lr = 2e-3
			h.say("no rate stands out among those tried: it trains with fastai's")
		}
		h.say(fmt.Sprintf("learning rate %.2g", lr))
	}
	if r.Minutes > 0 {
		const tried = 8 // batches, of the whole model, whose weights come back
		begun := time.Now()
		if err := learn.Unfreeze(); err != nil {
			return err
		}
		_, err := learn.LRFind(ctx, fastlearn.NumIt(tried))
		if err := errors.Join(err, learn.Freeze()); err != nil {
			return err
		}
		epoch := time.Since(begun).Minutes() / tried * float64(learn.DLs.Train.Len()+learn.DLs.Valid.Len()/3)
		epochs = max(int(r.Minutes/epoch-0.5), 1)
		h.say(fmt.Sprintf("an epoch takes about %v: it trains %d", time.Duration(epoch*float64(time.Minute)).Round(100*time.Millisecond), epochs))
	}
	r.FoundLR, r.FoundEpochs = lr, epochs
	return nil
}

// fit trains, or goes on; of a training that has ended it trains nothing.
func (r Recipe) fit(ctx context.Context, learn *fastlearn.Learner) error {
	cbs := []fastlearn.Callback{callback.CSVLogger("history.csv", callback.Append()), callback.SaveModel(callback.FName("best")), fastlearn.Checkpoint("run", 50)}
	if r.Patience > 0 {
		cbs = append(cbs, callback.EarlyStopping(callback.Patience(r.Patience)))
	}
	opts := []fastlearn.FineTuneOption{fastlearn.BaseLR(r.FoundLR), fastlearn.Callbacks(cbs...), fastlearn.Resume("run")}
	if r.Weights == "none" {
		opts = append(opts, fastlearn.LRMult(1)) // a body that has learnt nothing learns as fast as its head
	}
	return learn.FineTune(ctx, r.FoundEpochs, opts...)
}
