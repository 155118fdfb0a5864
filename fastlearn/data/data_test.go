package data_test

import (
	"context"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

// The same seed gives the same batches, bit for bit, however many workers there are;
// the next epoch's differ.
func TestBatchesDependOnTheSeedAlone(t *testing.T) {
	files := fixture.ColourFolders(t, 20, "blue", "red")
	weights := slices.Repeat([]float64{1, 2, 3, 4}, len(files)/4)
	crops := fixture.ColourBlock()
	crops.ItemTfms = vision.Item(vision.DihedralItem(0.7), vision.RandomResizedCrop(16, 16, vision.MinScale(0.4)))
	crops.BatchTfms = vision.AugTransforms(vision.Size(12), vision.MinScale(0.5), vision.CropPerPicture(),
		vision.Xtra(vision.Hue(0.1, 0.5), vision.Saturation(0.2, 0.5), vision.RandomErasing(0.7))).Sampled(vision.SamplingOnce)
	for name, block := range parity.Sorted(map[string]data.Block[string]{"article": fixture.ColourBlock(), "crops": crops}) {
		epochs := func(workers int) (first, second []float32) {
			dls, err := block.DataLoaders(files, data.BatchSize(6), data.Workers(workers), data.SampleWeights(weights), data.Prefetch(workers))
			if err != nil {
				t.Fatal(err)
			}
			defer dls.Close()
			torch.ManualSeed(5)
			return fixture.Pixels(t, dls.Train), fixture.Pixels(t, dls.Train)
		}
		a, next := epochs(1)
		if slices.Equal(a, next) {
			t.Errorf("%s: two epochs are alike", name)
		}
		for _, workers := range []int{0, 1, 2, 8} {
			if b, bNext := epochs(workers); !slices.Equal(a, b) || !slices.Equal(next, bNext) {
				t.Errorf("%s: %d workers give other batches than 1", name, workers)
			}
		}
	}
}

func TestLoadersLeaveNothingBehind(t *testing.T) {
	collector.Off(t)
	files := fixture.ColourFolders(t, 30, "blue", "red")
	dls, err := fixture.ColourBlock().DataLoaders(files, data.BatchSize(4), data.Workers(3))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	live, goroutines := torch.LiveTensors(), runtime.NumGoroutine()
	for range 5 {
		for b, err := range dls.Train.Batches(context.Background()) { // left at once
			if err != nil {
				t.Fatal(err)
			}
			b.Close()
			break
		}
		ctx, cancel := context.WithCancel(context.Background())
		n := 0
		for b, err := range dls.Train.Batches(ctx) { // cancelled
			if err != nil {
				break
			}
			if n++; n == 2 {
				cancel()
			}
			b.Close()
		}
		cancel()
	}
	parity.Until(t, "the loaders' goroutines end", func() bool { return runtime.NumGoroutine() <= goroutines })
	if got := torch.LiveTensors() - live; got != 0 {
		t.Errorf("%d tensors live", got)
	}
}

func TestBadData(t *testing.T) {
	files := fixture.ColourFolders(t, 8, "blue", "red")
	for name, c := range parity.Sorted(map[string]struct {
		files []string
		opts  []data.LoaderOption
		want  string
	}{
		"nothing":           {nil, nil, "no items"},
		"one class":         {files[:8], nil, "one label"},
		"a batch too large": {files, []data.LoaderOption{data.BatchSize(500)}, "500"},
	}) {
		if _, err := fixture.ColourBlock().DataLoaders(c.files, c.opts...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.WriteFile(files[3], []byte("no picture"), 0o666); err != nil {
		t.Fatal(err)
	}
	dls, err := fixture.ColourBlock().DataLoaders(files, data.BatchSize(4))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	if err := drain(dls); err == nil || !strings.Contains(err.Error(), files[3]) {
		t.Errorf("an unreadable picture: %v", err)
	}
	block := fixture.ColourBlock()
	block.ItemTfms = vision.Item()
	if dls, err = block.DataLoaders(slices.Delete(slices.Clone(files), 3, 4), data.BatchSize(4)); err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	if err := drain(dls); err == nil || !strings.Contains(err.Error(), "vision.Resize") {
		t.Errorf("pictures of different sizes: %v", err)
	}
}

// drain runs an epoch of both loaders to its first error.
func drain(dls *data.Loaders) error {
	for _, l := range []data.Loader{dls.Train, dls.Valid} {
		for b, err := range l.Batches(context.Background()) {
			if err != nil {
				return err
			}
			b.Close()
		}
	}
	return nil
}
