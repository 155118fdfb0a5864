package fastlearn_test

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

func colourLearner(t *testing.T, files []string, batch vision.BatchTransforms) *fastlearn.Learner {
	t.Helper()
	block := fixture.ColourBlock()
	block.BatchTfms = batch
	dls, err := block.DataLoaders(files, data.BatchSize(4))
	if err != nil {
		t.Fatal(err)
	}
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.Logger(nil))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { learn.Close(); dls.Close() })
	if err := learn.FitOneCycle(t.Context(), 1, fastlearn.LR(1e-3)); err != nil {
		t.Fatal(err)
	}
	return learn
}

// A picture is predicted alike from its file, its bytes and as an image.
func TestPredictFromMemory(t *testing.T) {
	files := fixture.ColourFolders(t, 8, "blue", "red")
	learn := colourLearner(t, files, vision.Batch())
	want, err := learn.Predict(t.Context(), files[3])
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(files[3])
	if err != nil {
		t.Fatal(err)
	}
	m, err := vision.Open(files[3])
	if err != nil {
		t.Fatal(err)
	}
	for name, predict := range parity.Sorted(map[string]func() (predictor.Prediction, error){
		"bytes": func() (predictor.Prediction, error) { return learn.PredictBytes(t.Context(), data) },
		"image": func() (predictor.Prediction, error) { return learn.PredictImage(t.Context(), m.ToGo()) },
	}) {
		got, err := predict()
		if err != nil || got.Label != want.Label {
			t.Errorf("%s: %+v, want %+v (%v)", name, got, want, err)
			continue
		}
		parity.Close(t, name, got.Probs, want.Probs, 1e-6)
	}
	file, err := learn.Export(filepath.Join(t.TempDir(), "model"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := predictor.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for want, src := range parity.Sorted(map[string]image.Image{"is nil": nil, "nil *image.RGBA": (*image.RGBA)(nil), "MaxPixels": image.NewUniform(color.White), "*image.Gray, panicked": &image.Gray{Rect: image.Rect(0, 0, 9, 9)}}) {
		for _, predict := range []func(context.Context, image.Image) (predictor.Prediction, error){learn.PredictImage, p.PredictImage} {
			if _, err := predict(t.Context(), src); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("a %T is predicted with the error %v", src, err)
			}
		}
	}
	if _, err := learn.PredictBytes(t.Context(), []byte("no picture")); err == nil || !strings.Contains(err.Error(), "in memory") {
		t.Errorf("no picture: %v", err)
	}
}

// TTA without random transforms is a plain prediction; with them beta decides between the
// two, and what is decoded follows.
func TestTTA(t *testing.T) {
	files := fixture.ColourFolders(t, 12, "blue", "red")
	same := colourLearner(t, files, vision.Batch())
	squished, err := same.DLs.Valid.(*data.ItemLoader).NewDL(data.ItemTfms(vision.ResizeTo(16, 16, vision.Method(vision.Squish))))
	if err != nil {
		t.Fatal(err)
	}
	defer squished.Close()
	plain, err := same.GetPreds(t.Context(), squished)
	if err != nil {
		t.Fatal(err)
	}
	p, err := same.TTA(t.Context(), squished)
	if err != nil {
		t.Fatal(err)
	}
	for i := range plain.Probs {
		parity.Close(t, "without random transforms", p.Probs[i], plain.Probs[i], parity.Rounding(parity.Float32, 4, 1)) // a mean of four
	}

	learn := colourLearner(t, files, vision.AugTransforms(vision.Size(12), vision.MinScale(0.5), vision.MaxLighting(0.6)))
	if plain, err = learn.GetPreds(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	ones, err := learn.TTA(t.Context(), nil, fastlearn.TTABeta(1), fastlearn.TTATimes(1))
	if err != nil {
		t.Fatal(err)
	}
	mixed, err := learn.TTA(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	most, err := learn.TTA(t.Context(), nil, fastlearn.TTAMax())
	if err != nil {
		t.Fatal(err)
	}
	differ := false
	for i := range plain.Probs {
		parity.Close(t, "TTABeta(1)", ones.Probs[i], plain.Probs[i], parity.Rounding(parity.Float32, 4, 1))
		differ = differ || !slices.Equal(mixed.Probs[i], plain.Probs[i])
		best := 0
		for j, v := range mixed.Probs[i] {
			if v > mixed.Probs[i][best] {
				best = j
			}
			if most.Probs[i][j] < plain.Probs[i][j]-1e-12 {
				t.Errorf("the largest probability is less than the plain one")
			}
		}
		if mixed.Decoded[i] != best {
			t.Errorf("item %d is decoded to %d, want %d", i, mixed.Decoded[i], best)
		}
	}
	if !differ {
		t.Error("augmented pictures changed nothing")
	}
	if _, err := learn.TTA(t.Context(), nil, fastlearn.TTATimes(0)); err == nil {
		t.Error("TTATimes(0) must be refused")
	}
}

// Inputs are what the model saw, in the data set's order; whoever asked for them frees them.
// Predictions that a callback of the learner's cuts off are an error, and not a part of them.
func TestPredictionsAreWhole(t *testing.T) {
	collector.Off(t)
	learn := fixture.Line(t, fastlearn.Callbacks(callback.ShortEpoch(0.2)))
	for _, opts := range [][]fastlearn.PredsOption{nil, {fastlearn.WithInput()}} {
		live := torch.LiveTensors()
		if p, err := learn.GetPreds(t.Context(), nil, opts...); err == nil || !strings.Contains(err.Error(), "a callback cancelled it after 1 batches of 2") {
			t.Errorf("%v, %v", p, err)
		}
		if n := torch.LiveTensors() - live; n != 0 {
			t.Errorf("%d tensors live", n)
		}
	}
	if _, err := learn.Interpret(t.Context(), nil); err == nil {
		t.Error("an interpretation of a part")
	}
	whole := fixture.Line(t, fastlearn.Callbacks(callback.ShortEpoch(1)))
	if p, err := whole.GetPreds(t.Context(), nil); err != nil || len(p.Probs) != 64 {
		t.Errorf("%v, %v", p, err)
	}
}

func TestGetPredsWithInput(t *testing.T) {
	collector.Off(t)
	learn := colourLearner(t, fixture.ColourFolders(t, 12, "blue", "red"), vision.Batch())
	before := torch.LiveTensors()
	valid := learn.DLs.Valid.(*data.ItemLoader)
	shuffled, err := valid.NewDL(data.Shuffle(), data.BatchSize(2))
	if err != nil {
		t.Fatal(err)
	}
	defer shuffled.Close()
	p, err := learn.GetPreds(t.Context(), shuffled, fastlearn.WithInput())
	if err != nil {
		t.Fatal(err)
	}
	for b, err := range valid.Batches(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for k, item := range b.Items {
			at := slices.Index(p.Items, item)
			got := torch.ToSlice[float32](p.Inputs.Select(0, int64(at)).MoveTo(b.Scope).Contiguous())
			if want := torch.ToSlice[float32](b.X().Select(0, int64(k)).Contiguous()); !slices.Equal(got, want) {
				t.Errorf("item %d: other inputs", item)
			}
		}
		b.Close()
	}
	p.Inputs.Close()
	if n := torch.LiveTensors() - before; n != 0 {
		t.Errorf("%d tensors are left", n)
	}
	plain, err := learn.GetPreds(t.Context(), nil)
	if err != nil || plain.Inputs != nil {
		t.Errorf("inputs unasked for: %v, %v", plain.Inputs, err)
	}
}

// A lone picture is predicted the same by packed weights, of the same model and of one that has
// changed since; the next fit frees them.
func TestPredictFollowsTheModel(t *testing.T) {
	collector.Off(t)
	files := fixture.ColourFolders(t, 8, "blue", "red")
	live := torch.LiveTensors()
	dls := fixture.ColourDLs(t, files, data.BatchSize(4))
	learn, err := fastlearn.NewLearner(dls, fixture.SmallModel(2), fastlearn.Logger(nil), fastlearn.Path(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	check := func(when string) {
		t.Helper()
		dl, err := dls.TestDL(files[:1])
		if err != nil {
			t.Fatal(err)
		}
		defer dl.Close()
		want, err := learn.GetPreds(t.Context(), dl)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			got, err := learn.Predict(t.Context(), files[0])
			if err != nil {
				t.Fatal(err)
			}
			parity.Close(t, fmt.Sprintf("%s, prediction %d", when, i), got.Probs, want.Probs[0], 1e-5)
		}
	}
	fit := func() int64 {
		if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.01)); err != nil {
			t.Fatal(err)
		}
		return torch.LiveTensors()
	}
	unpacked := fit()
	if _, err := learn.Save("first"); err != nil {
		t.Fatal(err)
	}
	check("at first")
	if n := torch.LiveTensors() - unpacked; (n > 0) != torch.HasOneDNN() {
		t.Errorf("%d tensors for packed weights", n)
	}
	if n := fit() - unpacked; n != 0 {
		t.Errorf("the fit left %d tensors of packed weights", n)
	}
	check("after a fit")
	if err := learn.Load("first"); err != nil {
		t.Fatal(err)
	}
	check("after loading")
	if _, err := learn.LRFind(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("after LRFind")
	learn.Close()
	dls.Close()
	if n := torch.LiveTensors() - live; n != 0 {
		t.Errorf("%d tensors live", n)
	}
}
