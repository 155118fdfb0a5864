package data

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/vision"
)

// skipLimit is the percentage of a set's pictures that may be unreadable with [SkipUnreadable].
const skipLimit = 10

// SkipUnreadable puts the next readable picture of the epoch's order, with its label, in the place of one that can't be read; after
// the last comes the first. Batches keep their sizes and places, whatever the number of workers, and all processes of a
// distributed fit choose alike. [ItemLoader.Skipped] lists the files. More than 10 % of a loader's files, as far as this process
// has met them, are an error. The same holds for validation and test loaders: the picture that stands in counts
// twice in losses, metrics and predictions, and [Batch.Items] and [fastlearn.Preds.Items] have its place in the data set. The default is
// that a picture that can't be read ends the epoch with an error. Damage in what is cut off goes unnoticed; [vision.VerifyImages] finds it.
func SkipUnreadable() LoaderOption { return func(c *dataConfig) { c.skip = true } }

// Skipped lists the pictures that others stood in for, sorted, each once; see [SkipUnreadable].
func (d *ItemLoader) Skipped() []string {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Sorted(maps.Keys(d.skipped))
}

// unreadable is an item that another stands in for, and why.
type unreadable struct {
	item int
	err  error
}

// read decodes the picture of a task, or the one that stands in for it, with the draws of its place. order is the epoch's,
// of all processes.
func (d *ItemLoader) read(p *pipeline, t task, r []*vision.Reader, draws *draws, order []int) (err error) {
	var bad []unreadable
	defer func() { t.slot.skipped[t.i] = bad }()
	for step := range order {
		if ctxErr := p.ctx.Err(); ctxErr != nil {
			return ctxErr
		}
		item := order[(int(t.position)+step)%len(order)]
		if slices.ContainsFunc(bad, func(u unreadable) bool { return u.item == item }) {
			continue
		}
		if known, ok := p.unreadable.Load(item); ok {
			err = known.(error)
		} else {
			err = d.ds.read(r, item, func() *rand.Rand { return draws.at(t.position) }, d.split, t.slot, t.i)
		}
		if err == nil || !d.config.skip || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			t.slot.items[t.i] = item
			return err
		}
		p.unreadable.Store(item, err)
		if bad = append(bad, unreadable{item, err}); d.tooMany(len(bad)) {
			return err
		}
	}
	return err
}

func (d *ItemLoader) tooMany(skipped int) bool { return 100*skipped > skipLimit*len(d.ds.files()) }

// report lists what was skipped for a place, or returns an error if that is too much.
func (d *ItemLoader) report(skipped []unreadable) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, u := range skipped {
		d.skipped[d.ds.files()[u.item]] = true
		if n := len(d.skipped); d.tooMany(n) {
			some := slices.Sorted(maps.Keys(d.skipped))[:min(n, 3)]
			return fmt.Errorf("data: %d of %d pictures can't be read, and SkipUnreadable allows %d %%: see %s (%w); vision.VerifyImages lists them all",
				n, len(d.ds.files()), skipLimit, strings.Join(some, ", "), u.err)
		}
	}
	return nil
}
