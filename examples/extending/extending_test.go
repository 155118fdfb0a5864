package extending_test

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/examples/extending"
	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// writePNG writes a 24×20 picture.
func writePNG(t *testing.T, path string, at func(x, y int) color.Color) string {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 24, 20))
	for y := range 20 {
		for x := range 24 {
			m.Set(x, y, at(x, y))
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, m); err != nil {
		t.Fatal(err)
	}
	return path
}

// pictures writes n pictures of each of two classes.
func pictures(t *testing.T, n int) (files []string) {
	dir := t.TempDir()
	for k, class := range []string{"blue", "red"} {
		for i := range n {
			files = append(files, writePNG(t, filepath.Join(dir, class, fmt.Sprintf("%02d.png", i)), func(x, y int) color.Color {
				return color.RGBA{uint8(120*k + 7*i), uint8(9 * x), uint8(200 - 120*k + y), 255}
			}))
		}
	}
	return files
}

func block() data.Block[string] {
	return data.Block[string]{
		GetY: data.ParentLabel, Splitter: data.RandomSplitter(0.25, 1), ItemTfms: vision.Item(vision.RandomCrop(16, 16)),
		BatchTfms: vision.Batch(vision.Flip(0.5), vision.Normalize(vision.ImageNetStats()), vision.RandomErasing(0.9)),
	}
}

// epoch is what an epoch of training gives: all inputs and targets.
func epoch(t *testing.T, b data.Block[string], files []string, opts ...data.LoaderOption) (x []float32, y []int64) {
	t.Helper()
	dls, err := b.DataLoaders(files, append(opts, data.BatchSize(4))...)
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	torch.ManualSeed(7)
	for batch, err := range dls.Train.Batches(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		x, y = append(x, torch.ToSlice[float32](batch.X())...), append(y, torch.ToSlice[int64](batch.Y())...)
		batch.Close()
	}
	return x, y
}

// Each part of the data path gives the same numbers as the built-in one.
func TestBlocksTransformsAndSamplersEqualBuiltIns(t *testing.T) {
	files := pictures(t, 12)
	weights := make([]float64, len(files))
	for i := range weights {
		weights[i] = float64(1 + i%3)
	}
	for name, c := range parity.Sorted(map[string]struct {
		change     func(b *data.Block[string])
		ours, also []data.LoaderOption
	}{
		"target block":   {change: func(b *data.Block[string]) { b.Y = extending.Labels{} }},
		"item transform": {change: func(b *data.Block[string]) { b.ItemTfms = vision.Item(extending.Crop{W: 16, H: 16}) }},
		"batch transform": {change: func(b *data.Block[string]) {
			b.BatchTfms = vision.Batch(extending.Erase{P: 0.9, Most: 0.3}, extending.Mirror(0.5), vision.Normalize(vision.ImageNetStats()))
		}},
		"sampler": {ours: []data.LoaderOption{data.SampleBy(extending.Weighted(weightsOfTraining(t, files, weights)))}, also: []data.LoaderOption{data.SampleWeights(weights)}},
	}) {
		t.Run(name, func(t *testing.T) {
			own := block()
			if c.change != nil {
				c.change(&own)
			}
			x, y := epoch(t, own, files, c.ours...)
			wantX, wantY := epoch(t, block(), files, c.also...)
			if !slices.Equal(x, wantX) || !slices.Equal(y, wantY) || len(y) == 0 {
				t.Errorf("the epoch of %d items differs from the built-in one's of %d", len(y), len(wantY))
			}
		})
	}
}

// weightsOfTraining are the weights of the items to train on.
func weightsOfTraining(t *testing.T, files []string, weights []float64) (own []float64) {
	dls, err := block().DataLoaders(files, data.BatchSize(4))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	for _, place := range dls.Train.(*data.ItemLoader).Places() {
		own = append(own, weights[place])
	}
	return own
}

// net is a small model; of the same seed it has the same weights.
func net() nn.Module {
	torch.ManualSeed(3)
	return nn.NewSequential(nn.NewConv2d(3, 8, 3, nn.Stride(2)), nn.NewBatchNorm(8), &nn.ReLU{}, &nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, nn.NewLinear(8, 2))
}

// A custom loss, metric and callback train as the built-in ones do.
func TestLossMetricAndCallbackEqualBuiltIns(t *testing.T) {
	files := pictures(t, 12)
	train := func(opts ...fastlearn.LearnerOption) [][]float64 {
		dls, err := block().DataLoaders(files, data.BatchSize(4))
		if err != nil {
			t.Fatal(err)
		}
		defer dls.Close()
		learn, err := fastlearn.NewLearner(dls, net(), append(opts, fastlearn.NoLogging())...)
		if err != nil {
			t.Fatal(err)
		}
		defer learn.Close()
		torch.ManualSeed(5)
		if err := learn.Fit(t.Context(), 20, fastlearn.LR(1)); err != nil {
			t.Fatal(err)
		}
		return learn.Recorder.Values
	}
	got := train(fastlearn.LossFunc(extending.CrossEntropy{}), fastlearn.Metrics(&extending.Accuracy{}), fastlearn.Callbacks(&extending.StopEarly{Patience: 1}))
	want := train(fastlearn.LossFunc(loss.CrossEntropy{}), fastlearn.Metrics(metric.Accuracy()), fastlearn.Callbacks(callback.EarlyStopping(callback.Patience(1))))
	if len(got) != len(want) || len(want) == 20 {
		t.Fatalf("it ended after %d epochs, the built-in one after %d of 20", len(got), len(want))
	}
	for i := range want {
		for k := range want[i] {
			if math.Abs(got[i][k]-want[i][k]) > 1e-5*math.Max(1, math.Abs(want[i][k])) {
				t.Errorf("epoch %d: %v, want %v", i, got[i], want[i])
			}
		}
	}
}

// Pictures, masks and points of an item are cut, resized, turned and tilted alike; a mask keeps its classes.
func TestOneGeometryMovesAllParts(t *testing.T) {
	type item struct{ picture, mask, corner string }
	dir := t.TempDir()
	var items []item
	for i := range 8 {
		px, py := 3+2*i, 4+i // a white 5×5 square: in the picture 255, in the mask 1
		in := func(x, y int) bool { return x >= px-2 && x <= px+2 && y >= py-2 && y <= py+2 }
		items = append(items, item{
			writePNG(t, filepath.Join(dir, "pictures", fmt.Sprintf("%d.png", i)), func(x, y int) color.Color {
				return map[bool]color.Color{true: color.White, false: color.Black}[in(x, y)]
			}),
			writePNG(t, filepath.Join(dir, "masks", fmt.Sprintf("%d.png", i)), func(x, y int) color.Color {
				return color.RGBA{map[bool]uint8{true: 1}[in(x, y)], map[bool]uint8{true: 1}[in(x, y)], map[bool]uint8{true: 1}[in(x, y)], 255}
			}),
			fmt.Sprintf("%g %g", float64(px)+0.5, float64(py)+0.5),
		})
	}
	for name, tfms := range parity.Sorted(map[string]struct {
		items vision.ItemTransforms
		batch vision.BatchTransforms
	}{
		"resize and flip": {vision.Item(vision.Resize(40)), vision.Batch(vision.Flip(0.5))},
		"items turned":    {vision.Item(vision.DihedralItem(1), vision.ResizeTo(48, 40, vision.Method(vision.Squish))), vision.Batch()},
		"augmented":       {vision.Item(vision.ResizeTo(48, 40, vision.Method(vision.Squish))), vision.AugTransforms(vision.Size(40), vision.MaxLighting(0))},
		"sampled once":    {vision.Item(vision.ResizeTo(48, 40, vision.Method(vision.Squish))), vision.AugTransforms(vision.Size(40), vision.MaxLighting(0), vision.MinScale(0.9)).Sampled(vision.SamplingOnce)},
		"random crop":     {vision.Item(vision.ResizeTo(48, 40, vision.Method(vision.Squish))), vision.Batch(vision.RandomResizedCropGPU(40, 40, vision.MinScale(0.8)))},
	}) {
		t.Run(name, func(t *testing.T) {
			collector.Off(t)
			live := torch.LiveTensors()
			b := data.Block[item]{
				GetX: func(i item) (string, error) { return i.picture, nil },
				Y:    extending.Masks{Codes: []string{"ground", "square"}}, GetY: func(i item) (string, error) { return i.mask, nil },
				Targets:  []data.Part[item]{{Block: extending.Corners{}, Get: func(i item) (string, error) { return i.corner, nil }}},
				Splitter: data.IndexSplitter([]int{7}), ItemTfms: tfms.items, BatchTfms: tfms.batch,
			}
			dls, err := b.DataLoaders(items, data.BatchSize(7), data.KeepLast())
			if err != nil {
				t.Fatal(err)
			}
			defer dls.Close()
			torch.ManualSeed(11)
			batch, err := dls.OneBatch(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			picture, mask, corner := batch.X(), batch.Ys[0], torch.ToSlice[float32](batch.Ys[1])
			h, w := picture.Size(2), picture.Size(3)
			if mask.DType() != torch.Int64 || !slices.Equal(mask.Shape(), []int64{7, h, w}) || len(corner) != 14 {
				t.Fatalf("masks %v %v and %d numbers of points", mask.Shape(), mask.DType(), len(corner))
			}
			levels, classes := torch.ToSlice[float32](picture.Select(1, 0).Contiguous()), torch.ToSlice[int64](mask)
			seen, wrong := 0, 0
			for i, class := range classes {
				if class != 0 && class != 1 {
					t.Fatalf("a mask has the class %d", class)
				}
				if v := levels[i]; v < 0.05 && class == 1 || v > 0.95 && class == 0 {
					wrong++
				}
				seen += int(class)
			}
			if seen < 100 || wrong > len(classes)/500 {
				t.Errorf("%d pixels of %d in the masks, %d of them wrong", seen, len(classes), wrong)
			}
			for n := range 7 { // a point lies in the middle of its square
				x, y, sum := 0.0, 0.0, 0.0
				for k := range h * w {
					if c := float64(classes[int64(n)*h*w+k]); c == 1 {
						x, y, sum = x+float64(k%w)+0.5, y+float64(k/w)+0.5, sum+1
					}
				}
				gotX, gotY := float64(corner[2*n]+1)/2*float64(w), float64(corner[2*n+1]+1)/2*float64(h)
				if sum > 90 && math.Hypot(gotX-x/sum, gotY-y/sum) > 1.5 {
					t.Errorf("item %d: the point is at %.1f, %.1f, and the square's middle at %.1f, %.1f", n, gotX, gotY, x/sum, y/sum)
				}
			}
			batch.Close()
			if left := torch.LiveTensors() - live; left != 0 {
				t.Errorf("%d tensors are left", left)
			}
		})
	}
}

// A mask with a class that no model predicts, or that isn't there, is an error that names the picture.
func TestBadMasksAreErrors(t *testing.T) {
	files := pictures(t, 4)
	for want, path := range parity.Sorted(map[string]func(p string) string{
		"has the class":  func(p string) string { return p },
		"no such file":   func(p string) string { return p + "no" },
		"the target of ": func(p string) string { return p + "no" },
	}) {
		b := data.Block[string]{Y: extending.Masks{Codes: []string{"a", "b"}}, GetY: func(p string) (string, error) { return path(p), nil },
			ItemTfms: vision.Item(vision.Resize(16)), Splitter: data.IndexSplitter([]int{7})}
		dls, err := b.DataLoaders(files, data.BatchSize(4))
		if err != nil {
			t.Fatal(err)
		}
		defer dls.Close()
		if batch, err := dls.OneBatch(t.Context()); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "blue") && !strings.Contains(err.Error(), "red") {
			t.Errorf("want an error of %q: %v", want, err)
			batch.Close()
		}
	}
}

// A model of masks and one of two inputs are trained, and learn.
func TestMasksAndTwoInputsAreTrained(t *testing.T) {
	dir := t.TempDir()
	var masks []string
	var pairs []extending.Pair
	for i := range 24 {
		in := func(x, y int) bool { return (x+i)%12 < 6 }
		level := func(on, off uint8) func(x, y int) color.Color {
			return func(x, y int) color.Color {
				v := map[bool]uint8{true: on, false: off}[in(x, y)]
				return color.RGBA{v, v, v, 255}
			}
		}
		masks = append(masks, writePNG(t, filepath.Join(dir, "pictures", fmt.Sprintf("%02d.png", i)), level(220, 30)))
		writePNG(t, filepath.Join(dir, "masks", fmt.Sprintf("%02d.png", i)), level(1, 0))
		one := writePNG(t, filepath.Join(dir, "one", fmt.Sprintf("%02d.png", i)), func(x, y int) color.Color { return color.RGBA{uint8(255 * (i % 2)), 0, 0, 255} })
		two := writePNG(t, filepath.Join(dir, "two", fmt.Sprintf("%02d.png", i)), func(x, y int) color.Color { return color.RGBA{uint8(255 * (i / 2 % 2)), 0, 0, 255} })
		pairs = append(pairs, extending.Pair{Left: one, Right: two, Label: fmt.Sprint(i%2 == i/2%2)})
	}
	t.Run("masks", func(t *testing.T) {
		b := data.Block[string]{
			Y: extending.Masks{Codes: []string{"ground", "stripe"}}, GetY: func(p string) (string, error) {
				return filepath.Join(dir, "masks", filepath.Base(p)), nil
			},
			Splitter: data.RandomSplitter(0.25, 1), ItemTfms: vision.Item(vision.Resize(16)), BatchTfms: vision.AugTransforms(),
		}
		dls, err := b.DataLoaders(masks, data.BatchSize(6))
		if err != nil {
			t.Fatal(err)
		}
		defer dls.Close()
		torch.ManualSeed(1)
		model := nn.NewSequential(nn.NewConv2d(3, 8, 3, nn.Padding(1)), &nn.ReLU{}, nn.NewConv2d(8, int64(dls.Outputs()), 1))
		fits(t, dls, model, 8)
	})
	t.Run("two inputs", func(t *testing.T) {
		b := extending.Pairs(vision.Item(vision.Resize(16)), vision.Batch(vision.Flip(0.5)))
		b.Splitter = data.RandomSplitter(0.25, 1)
		dls, err := b.DataLoaders(pairs, data.BatchSize(6))
		if err != nil {
			t.Fatal(err)
		}
		defer dls.Close()
		torch.ManualSeed(1)
		body := nn.NewSequential(&nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, nn.NewLinear(3, 8), &nn.ReLU{})
		learn := fits(t, dls, extending.NewSiamese(nn.NewSequential(body), 8, 2), 30)
		if s, err := learn.Summary(t.Context()); err != nil || len(s.Layers) == 0 {
			t.Errorf("the summary of a model of two inputs: %v", err)
		}
		test, err := b.TestDL(dls, pairs[:5], data.BatchSize(2))
		if err != nil {
			t.Fatal(err)
		}
		defer test.Close()
		if preds, err := learn.GetPreds(t.Context(), test); err != nil || len(preds.Probs) != 5 {
			t.Errorf("predictions of pairs: %v", err)
		}
	})
}

// fits trains for epochs, and expects the loss to fall.
func fits(t *testing.T, dls *data.Loaders, model nn.Module, epochs int) *fastlearn.Learner {
	t.Helper()
	learn, err := fastlearn.NewLearner(dls, model, fastlearn.NoLogging(), fastlearn.Path(t.TempDir()), fastlearn.Callbacks(fastlearn.Checkpoint("last", 1)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { learn.Close() })
	if err := learn.FitOneCycle(t.Context(), epochs, fastlearn.LR(0.02)); err != nil {
		t.Fatal(err)
	}
	resumes(t, learn)
	values := learn.Recorder.Values
	if first, last := values[0][1], values[len(values)-1][1]; !(last < 0.9*first) {
		t.Errorf("the loss of validation went from %.3f to %.3f: it learned nothing", first, last)
	}
	return learn
}

// resumes expects a finished fit to be known again, and not with other targets.
func resumes(t *testing.T, learn *fastlearn.Learner) {
	t.Helper()
	epochs := len(learn.Recorder.Values)
	if err := learn.FitOneCycle(t.Context(), epochs, fastlearn.LR(0.02), fastlearn.Resume("last")); err != nil {
		t.Fatal(err)
	}
	dls, err := learn.DLs.NewDL(data.SampleBy(extending.Weighted{1}))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	own := learn.DLs
	defer func() { learn.DLs = own }()
	learn.DLs = dls
	if err := learn.FitOneCycle(t.Context(), epochs, fastlearn.LR(0.02), fastlearn.Resume("last")); err == nil || !strings.Contains(err.Error(), "sampler") {
		t.Errorf("resumed with another sampler: %v", err)
	}
}
