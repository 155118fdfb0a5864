package predictor_test

import (
	"image"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// stripes is a picture of w×h.
func stripes(w, h int) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, color.RGBA{uint8(x * 9), uint8(y * 5), uint8(x * y), 255})
		}
	}
	return m
}

// A described model runs as the plan of its graph, custom ones and those that work only for some sizes by themselves, and each predicts
// pictures of any size that the learner does, as the learner does.
func TestPredictorRunsThePlan(t *testing.T) {
	collector.Off(t)
	convs := func() []nn.Module {
		return []nn.Module{nn.NewConv2d(3, 8, 3, nn.Stride(4), nn.Padding(1)), nn.NewBatchNorm(8), &nn.ReLU{}}
	}
	pooled := func() nn.Module {
		return nn.NewSequential(append(convs(), &nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, nn.NewLinear(8, 2))...)
	}
	for name, c := range parity.Sorted(map[string]struct {
		model   func() nn.Module
		resize  vision.ItemTransforms
		own     bool
		planned bool
		sizes   [][2]int
	}{
		"pictures of one size": {pooled, vision.Item(vision.Resize(32)), false, true, [][2]int{{40, 40}, {20, 70}}},
		"pictures of any size": {pooled, vision.Item(), false, true, [][2]int{{40, 40}, {64, 24}, {33, 51}}},
		"a custom model":       {pooled, vision.Item(), true, false, [][2]int{{40, 40}, {64, 24}}},
		"rows of one size":     {func() nn.Module { return nn.NewSequential(append(convs(), &nn.Flatten{}, nn.NewLinear(8*8*8, 2))...) }, vision.Item(vision.Resize(32)), false, true, [][2]int{{40, 40}}},
	}) {
		t.Run(name, func(t *testing.T) {
			block := fixture.ColourBlock()
			block.ItemTfms, block.BatchTfms = c.resize, vision.Batch()
			dls, err := block.DataLoaders(fixture.ColourFolders(t, 8, "blue", "red"), data.BatchSize(4))
			if err != nil {
				t.Fatal(err)
			}
			learn, err := fastlearn.NewLearner(dls, c.model(), fastlearn.Logger(nil), fastlearn.Path(t.TempDir()))
			if err != nil {
				t.Fatal(err)
			}
			defer learn.Close()
			var exports []fastlearn.ExportOption
			if c.own {
				exports = append(exports, fastlearn.OwnModel("own"))
			}
			file, err := learn.Export("x", exports...)
			if err != nil {
				t.Fatal(err)
			}
			live := torch.LiveTensors()
			p, err := predictor.Load(file, predictor.OnDevice(torch.CPU), predictor.BuildModel(func(string) (nn.Module, error) { return c.model(), nil }))
			if err != nil {
				t.Fatal(err)
			}
			g := p.Plan()
			if (g != nil) != c.planned {
				t.Errorf("a plan runs: %v, want %v", g != nil, c.planned)
			}
			if g != nil && torch.HasOneDNN() && slices.ContainsFunc(g.Nodes, func(n graph.Node) bool { return strings.Contains(n.Op, "conv2d") || strings.Contains(n.Op, "norm") }) {
				t.Errorf("the plan isn't fused: %v", g)
			}
			for _, size := range c.sizes {
				m := stripes(size[0], size[1])
				want, err := learn.PredictImage(t.Context(), m)
				if err != nil {
					t.Fatal(err)
				}
				got, err := p.PredictImage(t.Context(), m)
				if err != nil {
					t.Fatal(err)
				}
				for i, v := range want.Probs {
					if !(math.Abs(got.Probs[i]-v) < 1e-5) {
						t.Errorf("%v: class %d is %g, and the learner's %g", size, i, got.Probs[i], v)
					}
				}
			}
			p.Close()
			nn.Unpack(learn.Model)
			if n := torch.LiveTensors() - live; n != 0 {
				t.Errorf("%d tensors live", n)
			}
		})
	}
}
