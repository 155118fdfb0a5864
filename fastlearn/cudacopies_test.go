package fastlearn_test

import (
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/internal/simcuda"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// stepCounts counts from the beginning of a step to that of the next one, its loading included.
type stepCounts struct {
	training bool
	last     simcuda.Counts
	steps    []simcuda.Counts
}

func (*stepCounts) Order() int { return -1000 }

func (c *stepCounts) BeforeBatch(l *fastlearn.Learner) error {
	now := simcuda.Now()
	if l.Training == c.training && l.Iter > 0 {
		c.steps = append(c.steps, now.Since(c.last))
	}
	c.last = now
	return nil
}

// What a step copies between host and device, and how often the host waits for the device: once for what an
// overflow of float16 left out, once for a metric, once for who looks at the loss. Copies in are the batch's parts and what transforms and callbacks drew.
func TestCUDACopiesAndWaits(t *testing.T) {
	if !simcuda.Loaded() {
		t.Skip("only the simulated CUDA counts (make test-cuda)")
	}
	files := fixture.ColourFolders(t, 20, "blue", "red")
	for _, c := range []struct {
		feature        string
		valid          bool
		in, out, waits int64
		tfms           vision.BatchTransforms
		options        []fastlearn.LearnerOption
		fp16           bool
		callbacks      []fastlearn.Callback
	}{
		{feature: "plain", in: 2},
		{feature: "validation", valid: true, in: 2},
		{feature: "accuracy in validation", valid: true, in: 2, out: 1, waits: 1, options: []fastlearn.LearnerOption{fastlearn.Metrics(metric.Accuracy())}},
		{feature: "perplexity in validation", valid: true, in: 2, out: 1, waits: 1, options: []fastlearn.LearnerOption{fastlearn.Metrics(metric.Perplexity())}},
		{feature: "TerminateOnNaN", in: 2, out: 1, waits: 1, callbacks: []fastlearn.Callback{callback.TerminateOnNaN()}},
		{feature: "augmented", in: 3, tfms: vision.AugTransforms(vision.Size(12), vision.MinScale(0.75)).With(vision.Normalize(vision.ImageNetStats()), vision.Hue(0.1, 1))},
		{feature: "fp16", in: 2, out: 1, waits: 1, fp16: true},
		{feature: "clipping", in: 2, callbacks: []fastlearn.Callback{callback.GradientClip(1, 2)}},
		{feature: "clipping in fp16", in: 2, out: 1, waits: 1, fp16: true, callbacks: []fastlearn.Callback{callback.GradientClip(1, 2)}},
		{feature: "MixUp", in: 4, callbacks: []fastlearn.Callback{callback.MixUp(0.4)}},
		{feature: "CutMix", in: 3, callbacks: []fastlearn.Callback{callback.CutMix(1)}},
		{feature: "EMA", in: 2, callbacks: []fastlearn.Callback{callback.EMA(0.9)}},
	} {
		t.Run(c.feature, func(t *testing.T) {
			block := fixture.ColourBlock()
			block.BatchTfms = c.tfms
			dls, err := block.DataLoaders(files, data.BatchSize(6), data.OnDevice(torch.CUDA(0)))
			if err != nil {
				t.Fatal(err)
			}
			defer dls.Close()
			model := nn.NewSequential(&nn.AdaptiveAvgPool2d{Size: 4}, &nn.Flatten{}, &nn.Dropout{P: 0.5}, nn.NewLinear(3*4*4, 2))
			learn, err := fastlearn.NewLearner(dls, model, append(c.options, fastlearn.Logger(nil))...)
			if err != nil {
				t.Fatal(err)
			}
			defer learn.Close()
			if c.fp16 {
				learn.ToFP16()
			}
			counts := &stepCounts{training: !c.valid}
			log := simcuda.Log(func() {
				err = learn.FitOneCycle(t.Context(), 1, fastlearn.LR(1e-3), fastlearn.Callbacks(append(c.callbacks, counts)...))
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(counts.steps) == 0 {
				t.Fatal("no steps")
			}
			for i, s := range counts.steps {
				if s.CopiesIn != c.in || s.CopiesOut != c.out || s.Waits != c.waits || s.CopiesBetween != 0 {
					t.Fatalf("step %d: %d copies in, %d out, %d waits; want %d, %d, %d\n%s", i, s.CopiesIn, s.CopiesOut, s.Waits, c.in, c.out, c.waits, strings.Join(log, " "))
				}
			}
		})
	}
}
