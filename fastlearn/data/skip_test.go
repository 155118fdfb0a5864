package data_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// plain has the same pixels for a picture wherever it is.
var plain = []data.LoaderOption{data.ItemTfms(vision.Resize(16, vision.Method(vision.Squish))), data.BatchTfms(vision.BatchTransforms{})}

// damage makes the pictures at those places unreadable.
func damage(t *testing.T, files []string, places ...int) (damaged []string) {
	t.Helper()
	for _, i := range places {
		if err := os.WriteFile(files[i], []byte("no picture"), 0o666); err != nil {
			t.Fatal(err)
		}
		damaged = append(damaged, files[i])
	}
	slices.Sort(damaged)
	return damaged
}

// drainItems are the items of a loader's batches from the first on, each batch as large as it has to be, with the labels of its items.
// Of the items that come twice the pixels are the same.
func drainItems(t *testing.T, dls *data.Loaders, dl *data.ItemLoader, first int) (items []int, batches int, err error) {
	t.Helper()
	pixels := map[int][]float32{}
	n, size := dl.Sizes()
	for b, batchErr := range dl.BatchesFrom(t.Context(), first) {
		if batchErr != nil {
			return items, batches, batchErr
		}
		if want := min(size, n-(first+batches)*size); len(b.Items) != want || b.X().Size(0) != int64(want) {
			t.Errorf("batch %d has %d items and %d pictures, want %d", first+batches, len(b.Items), b.X().Size(0), want)
		}
		x, y := torch.ToSlice[float32](b.X()), torch.ToSlice[int64](b.Y())
		for i, item := range b.Items {
			if label := filepath.Base(filepath.Dir(dl.Files()[item])); dls.Vocab[y[i]] != label {
				t.Errorf("item %d is %s, its label says %s", item, label, dls.Vocab[y[i]])
			}
			row := x[i*len(x)/len(y) : (i+1)*len(x)/len(y)]
			if before, ok := pixels[item]; ok && !slices.Equal(before, row) {
				t.Errorf("item %d has other pixels where it stands in", item)
			}
			pixels[item] = row
		}
		items = append(items, b.Items...)
		batches++
		b.Close()
	}
	return items, batches, nil
}

// standIns are the items of an order without those that can't be read, by the rule of SkipUnreadable.
func standIns(order, bad []int) (items []int) {
	for i := range order {
		for slices.Contains(bad, order[i%len(order)]) {
			i++
		}
		items = append(items, order[i%len(order)])
	}
	return items
}

// The next readable item of the epoch's order stands in for one that can't be read: whichever it is, whatever the workers, in each part of
// several processes, and where an epoch goes on.
func TestSkipUnreadable(t *testing.T) {
	for _, c := range []struct {
		name string
		bad  []int
	}{{"none", nil}, {"first", []int{0}}, {"last", []int{-1}}, {"neighbours", []int{6, 7, 8}}, {"wrapping", []int{-2, -1, 0}}} {
		for _, shuffle := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, shuffled %v", c.name, shuffle), func(t *testing.T) {
				opts := []data.LoaderOption{data.BatchSize(8), data.SkipUnreadable(), data.KeepLast(), plain[0], plain[1]}
				if !shuffle {
					opts = append(opts, data.NoShuffle())
				}
				dls := fixture.ColourDLs(t, fixture.ColourFolders(t, 21, "blue", "red"), opts...)
				train := dls.Train.(*data.ItemLoader)
				fastlearn.SetSeed(4)
				seed, err := train.Seed()
				if err != nil {
					t.Fatal(err)
				}
				order := train.Order(seed)
				bad := make([]int, len(c.bad))
				for i, place := range c.bad {
					bad[i] = order[(place+len(order))%len(order)]
				}
				damaged := damage(t, train.Files(), bad...)
				want := standIns(order, bad)
				for _, workers := range []int{1, 4, 0} {
					dl, err := train.NewDL(data.Workers(workers))
					if err != nil {
						t.Fatal(err)
					}
					defer dl.Close()
					for range 2 {
						fastlearn.SetSeed(4)
						if got, _, err := drainItems(t, dls, dl, 0); err != nil || !slices.Equal(got, want) {
							t.Errorf("%d workers: %v %v\nwant %v", workers, got, err, want)
						}
						if got := dl.Skipped(); !slices.Equal(got, damaged) {
							t.Errorf("skipped %q, want %q", got, damaged)
						}
					}
					fastlearn.SetSeed(4)
					if got, _, err := drainItems(t, dls, dl, 2); err != nil || !slices.Equal(got, want[16:]) {
						t.Errorf("from batch 2: %v %v\nwant %v", got, err, want[16:])
					}
				}
				for rank := range 3 {
					part, err := train.ForRank(rank, 3, func(uint64) (uint64, error) { return seed, nil })
					if err != nil {
						t.Fatal(err)
					}
					n := (len(want) + 2) / 3
					if got, _, err := drainItems(t, dls, part.(*data.ItemLoader), 0); err != nil || !slices.Equal(got, slices.Concat(want, want)[rank*n:][:n]) {
						t.Errorf("rank %d: %v %v", rank, got, err)
					}
					part.(*data.ItemLoader).Close()
				}
			})
		}
	}
}

// More than 10 % are an error that names files, after the same batch whatever the number of workers; so it is in validation and for one picture.
func TestSkipLimit(t *testing.T) {
	files := fixture.ColourFolders(t, 20, "blue", "red")
	dls := fixture.ColourDLs(t, files, data.BatchSize(5), data.SkipUnreadable(), data.NoShuffle(), data.KeepLast(), plain[0], plain[1])
	train := dls.Train.(*data.ItemLoader)
	n := len(train.Files())
	allowed := n / 10
	for _, c := range []struct{ bad, batches int }{{allowed, (n + 4) / 5}, {allowed + 1, 2}, {n, 0}} {
		var places []int
		for i := range c.bad {
			places = append(places, (10+i)%n) // the third batch meets the last of them
		}
		damaged := damage(t, train.Files(), places...)
		for _, workers := range []int{1, 4} {
			dl, err := train.NewDL(data.Workers(workers))
			if err != nil {
				t.Fatal(err)
			}
			_, batches, err := drainItems(t, dls, dl, 0)
			if batches != c.batches || (err != nil) != (c.bad > allowed) {
				t.Errorf("%d of %d, %d workers: %d batches, %v", c.bad, n, workers, batches, err)
			}
			if err != nil && (!strings.Contains(err.Error(), "10 %") || !slices.ContainsFunc(damaged, func(f string) bool { return strings.Contains(err.Error(), f) })) {
				t.Errorf("%v", err)
			}
			dl.Close()
		}
	}
	for _, some := range [][]string{train.Files()[:1], train.Files()[:2]} {
		none, err := dls.TestDL(some)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := none.OneBatch(t.Context()); err == nil || !strings.Contains(err.Error(), some[0]) {
			t.Errorf("nothing readable: %v", err)
		}
		none.Close()
	}
	damage(t, dls.Valid.(*data.ItemLoader).Files(), 0, 1)
	if _, err := dls.Valid.(*data.ItemLoader).OneBatch(t.Context()); err == nil || !strings.Contains(err.Error(), "can't be read") {
		t.Errorf("validation: %v", err)
	}
}

// A batch never shrinks to one item, whose batch norm would give NaN, and a fit goes on within an epoch where it was cut off.
func TestFitSkips(t *testing.T) {
	files := fixture.ColourFolders(t, 15, "blue", "red")
	damage(t, fixture.ColourDLs(t, files, data.BatchSize(2)).Train.(*data.ItemLoader).Files(), 3, 4)
	run := func(dir string, n int) (seen []int) {
		fastlearn.SetSeed(8)
		dls := fixture.ColourDLs(t, files, data.BatchSize(2), data.SkipUnreadable())
		learn, err := fastlearn.NewLearner(dls, nn.NewSequential(&nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, nn.NewBatchNorm(3), nn.NewLinear(3, 2)), fastlearn.Path(dir), fastlearn.Logger(nil))
		if err != nil {
			t.Fatal(err)
		}
		defer learn.Close()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		note := noteItems(func(l *fastlearn.Learner) { seen = append(seen, l.Batch.Items...) })
		err = learn.Fit(ctx, 1, fastlearn.LR(0.1), fastlearn.Callbacks(note, fastlearn.Checkpoint("run", 0), &fixture.CancelAt{N: n, Training: true, Cancel: cancel}), fastlearn.Resume("run"))
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		for _, p := range nn.StateDict(learn.Model) {
			if v := p.Tensor.Detach().To(torch.Float64).Sum().Item(); v != v {
				t.Errorf("%s has NaN", p.Name)
			}
		}
		return seen
	}
	want := run(t.TempDir(), -1)
	if len(want) != 22 {
		t.Fatalf("items %v", want)
	}
	for n := 1; n < len(want)/2; n += 3 {
		dir := t.TempDir()
		if got := append(run(dir, n), run(dir, -1)...); !slices.Equal(got, want) {
			t.Errorf("cancelled after %d: items %v, want %v", n, got, want)
		}
	}
}

// noteItems is a callback that is called after each batch of training.
type noteItems func(*fastlearn.Learner)

func (noteItems) TrainOnly() {}

func (f noteItems) AfterBatch(l *fastlearn.Learner) error {
	f(l)
	return nil
}
