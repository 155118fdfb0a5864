package predictor_test

import (
	"image"
	"image/color"
	"math"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// With TTA a picture and its mirror image have one prediction: the mean of what each has without.
func TestTTAAveragesTheMirrorImage(t *testing.T) {
	block := fixture.ColourBlock()
	block.ItemTfms = vision.Item(vision.Resize(32))
	block.BatchTfms = vision.Batch()
	dls, err := block.DataLoaders(fixture.ColourFolders(t, 8, "blue", "red"), data.BatchSize(4))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	torch.ManualSeed(3)
	model := nn.NewSequential(&nn.Flatten{}, nn.NewLinear(3*32*32, 2)) // which tells left from right
	learn, err := fastlearn.NewLearner(dls, model, fastlearn.Logger(nil), fastlearn.Path(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	file, err := learn.Export("sides")
	if err != nil {
		t.Fatal(err)
	}
	pictures := [2]*image.RGBA{image.NewRGBA(image.Rect(0, 0, 32, 32)), image.NewRGBA(image.Rect(0, 0, 32, 32))}
	for y := range 32 {
		for x := range 32 {
			c := color.RGBA{byte(8 * x), byte(4 * y), byte(255 - x*y/4), 255}
			pictures[0].SetRGBA(x, y, c)
			pictures[1].SetRGBA(31-x, y, c)
		}
	}
	predict := func(opts ...predictor.Option) (probs [2]float64) {
		p, err := predictor.Load(file, opts...)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		for i, m := range pictures {
			one, err := p.PredictImage(t.Context(), m)
			if err != nil {
				t.Fatal(err)
			}
			probs[i] = one.Probs[0]
		}
		return probs
	}
	plain, tta := predict(), predict(predictor.TTA())
	mean := (plain[0] + plain[1]) / 2
	if math.Abs(plain[0]-plain[1]) < 1e-3 || math.Abs(tta[0]-mean) > 1e-6 || math.Abs(tta[1]-mean) > 1e-6 {
		t.Errorf("%v with TTA, %v without", tta, plain)
	}
}
