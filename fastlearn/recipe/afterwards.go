package recipe

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/report"
	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// Report writes a page about the training in dir to file, as Train did, or a model card where file ends in .md (see [report.Card]). The training
// must have ended, and the pictures must be where they were.
func Report(ctx context.Context, dir, file string, opts ...report.Option) error {
	r, err := Read(dir)
	if err := errors.Join(guard.Context("recipe: Report", ctx), err); err != nil {
		return err
	}
	if !exists(checkpointFile(dir)) || !exists(ModelFile(dir)) {
		return fmt.Errorf("recipe: the training in %s hasn't ended: let it go on by the line that began it", dir)
	}
	s, err := recognise(r.Data, r.Labels, r.Valid, r.Seed)
	if err != nil {
		return err
	}
	learn, done, err := r.learner(s, dir, how{say: func(string) {}, more: []fastlearn.LearnerOption{fastlearn.Logger(nil)}})
	if err != nil {
		return err
	}
	defer done()
	if err := r.fit(ctx, learn); err != nil { // which trains nothing where all is trained
		return err
	}
	return r.write(ctx, learn, dir, file, opts...)
}

// write writes what is known of a learner that was trained: a card, or a page with the curve of the rates that were tried.
func (r Recipe) write(ctx context.Context, learn *fastlearn.Learner, dir, file string, opts ...report.Option) error {
	opts = append([]report.Option{report.Context(ctx), report.Title(Name(r.Data))}, opts...)
	if strings.EqualFold(filepath.Ext(file), ".md") {
		return report.Card(learn, file, opts...)
	}
	found, err := readCurve(dir)
	if err != nil {
		return err
	}
	return report.Write(learn, file, append([]report.Option{report.LRFind(found)}, opts...)...)
}

// Export writes a file to predict with of weights that dir/models has, "model" where Train ended. It returns the file's path.
func Export(dir, weights, file string) (string, error) {
	r, err := Read(dir)
	if err != nil {
		return "", err
	}
	file, err = filepath.Abs(file)
	if err != nil {
		return "", err
	}
	s, err := recognise(r.Data, r.Labels, r.Valid, r.Seed)
	if err != nil {
		return "", err
	}
	learn, done, err := r.learner(s, dir, how{say: func(string) {}})
	if err != nil {
		return "", err
	}
	defer done()
	if err := learn.Load(weights); err != nil {
		return "", err
	}
	return learn.Export(file)
}
