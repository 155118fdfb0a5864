package fastlearn

import (
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

// colourFolders writes n little pictures of each class, and lists them.
func colourFolders(t testing.TB, n int, classes ...string) []string {
	t.Helper()
	dir := t.TempDir()
	var files []string
	for k, class := range classes {
		if err := os.Mkdir(filepath.Join(dir, class), 0o777); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			m := image.NewRGBA(image.Rect(0, 0, 20+i%3, 18))
			for p := range m.Pix {
				m.Pix[p] = uint8((p*(k+3) + i*29) % 256)
			}
			m.Set(1, 1, color.White)
			path := filepath.Join(dir, class, string(rune('a'+i%26))+string(rune('a'+i/26))+".jpg")
			f, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := jpeg.Encode(f, m, nil); err != nil {
				t.Fatal(err)
			}
			f.Close()
			files = append(files, path)
		}
	}
	return files
}

func colourBlock() DataBlock[string] {
	return DataBlock[string]{
		GetY: ParentLabel, Splitter: RandomSplitter(0.25, 1), ItemTfms: vision.Item(vision.Resize(16)),
		BatchTfms: vision.AugTransforms(vision.Size(12), vision.MinScale(0.75)),
	}
}

// The same seed gives the same batches, bit for bit, however many workers there are;
// the next epoch's differ.
func TestBatchesDependOnTheSeedAlone(t *testing.T) {
	files := colourFolders(t, 20, "blue", "red")
	weights := slices.Repeat([]float64{1, 2, 3, 4}, len(files)/4)
	crops := colourBlock()
	crops.ItemTfms = vision.Item(vision.DihedralItem(0.7), vision.RandomResizedCrop(16, 16, vision.MinScale(0.4)))
	crops.BatchTfms = vision.AugTransforms(vision.Size(12), vision.MinScale(0.5), vision.CropPerPicture(),
		vision.Xtra(vision.Hue(0.1, 0.5), vision.Saturation(0.2, 0.5), vision.RandomErasing(0.7))).Sampled(vision.SamplingOnce)
	for name, block := range parity.Sorted(map[string]DataBlock[string]{"article": colourBlock(), "crops": crops}) {
		epochs := func(workers int) (first, second []float32) {
			dls, err := block.DataLoaders(files, BatchSize(6), Workers(workers), SampleWeights(weights), Prefetch(workers))
			if err != nil {
				t.Fatal(err)
			}
			defer dls.Close()
			torch.ManualSeed(5)
			return pixels(t, dls.Train), pixels(t, dls.Train)
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

func pixels(t *testing.T, l Loader) []float32 {
	t.Helper()
	var all []float32
	for b, err := range l.Batches(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, torch.ToSlice[float32](b.X)...)
		b.Close()
	}
	return all
}

func TestLoadersLeaveNothingBehind(t *testing.T) {
	files := colourFolders(t, 30, "blue", "red")
	dls, err := colourBlock().DataLoaders(files, BatchSize(4), Workers(3))
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
	files := colourFolders(t, 8, "blue", "red")
	for name, c := range parity.Sorted(map[string]struct {
		files []string
		opts  []DataOption
		want  string
	}{
		"nothing":           {nil, nil, "no items"},
		"one class":         {files[:8], nil, "one label"},
		"a batch too large": {files, []DataOption{BatchSize(500)}, "500"},
	}) {
		if _, err := colourBlock().DataLoaders(c.files, c.opts...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.WriteFile(files[3], []byte("no picture"), 0o666); err != nil {
		t.Fatal(err)
	}
	dls, err := colourBlock().DataLoaders(files, BatchSize(4))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	if err := drain(dls); err == nil || !strings.Contains(err.Error(), files[3]) {
		t.Errorf("an unreadable picture: %v", err)
	}
	block := colourBlock()
	block.ItemTfms = vision.Item()
	if dls, err = block.DataLoaders(slices.Delete(slices.Clone(files), 3, 4), BatchSize(4)); err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	if err := drain(dls); err == nil || !strings.Contains(err.Error(), "vision.Resize") {
		t.Errorf("pictures of different sizes: %v", err)
	}
}

// drain runs an epoch of both loaders to its first error.
func drain(dls *DataLoaders) error {
	for _, l := range []Loader{dls.Train, dls.Valid} {
		for b, err := range l.Batches(context.Background()) {
			if err != nil {
				return err
			}
			b.Close()
		}
	}
	return nil
}
