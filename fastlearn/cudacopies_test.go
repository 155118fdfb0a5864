package fastlearn_test

import (
	"fmt"
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
	"github.com/fastlearn-go/fastlearn/torch/optim"
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

// looksAtGradients has a BeforeStep that comes when gradients are unscaled, and only if they are finite.
type looksAtGradients struct{}

func (looksAtGradients) Order() int                            { return 11 }
func (looksAtGradients) BeforeStep(l *fastlearn.Learner) error { return nil }

// What a step copies between host and device, and how often the host waits for the device: once for who is told what an
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
		{feature: "fp16", in: 2, fp16: true},
		{feature: "SGD in fp16", in: 2, fp16: true, options: []fastlearn.LearnerOption{fastlearn.OptFunc(optim.SGD{Momentum: 0.9}), fastlearn.WD(0.1)}},
		{feature: "another rule in fp16", in: 2, out: 1, waits: 1, fp16: true, options: []fastlearn.LearnerOption{fastlearn.OptFunc(optim.RMSProp{})}},
		{feature: "EMA in fp16", in: 2, out: 1, waits: 1, fp16: true, callbacks: []fastlearn.Callback{callback.EMA(0.9)}},
		{feature: "a callback that is told in fp16", in: 2, out: 1, waits: 1, fp16: true, callbacks: []fastlearn.Callback{&told{}}},
		{feature: "a callback that looks at gradients in fp16", in: 2, out: 1, waits: 1, fp16: true, callbacks: []fastlearn.Callback{&looksAtGradients{}}},
		{feature: "clipping", in: 2, callbacks: []fastlearn.Callback{callback.GradientClip(1, 2)}},
		{feature: "clipping in fp16", in: 2, fp16: true, callbacks: []fastlearn.Callback{callback.GradientClip(1, 2)}},
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

// looks counts what a fit's training waits for, and may look at each loss.
type looks struct {
	each   bool
	before simcuda.Counts
	waits  []int64
	late   []float64
}

func (*looks) Order() int { return 55 }

func (c *looks) BeforeTrain(*fastlearn.Learner) error { c.before = simcuda.Now(); return nil }

func (c *looks) AfterBatch(l *fastlearn.Learner) error {
	if l.Training {
		l.WithLoss(func(loss float64) { c.late = append(c.late, loss) })
		if c.each {
			l.LossValue()
		}
	}
	return nil
}

func (c *looks) AfterTrain(*fastlearn.Learner) error {
	c.waits = append(c.waits, simcuda.Now().Since(c.before).Waits)
	return nil
}

// 30 losses are read in two copies where nobody looks at them, and have the values that they have where somebody does.
func TestCUDALossesAreReadTogether(t *testing.T) {
	if !simcuda.Loaded() {
		t.Skip("only the simulated CUDA counts (make test-cuda)")
	}
	files := fixture.ColourFolders(t, 20, "blue", "red")
	run := func(each bool) (*fastlearn.Recorder, *looks) {
		fastlearn.SetSeed(4)
		dls, err := fixture.ColourBlock().DataLoaders(files, data.BatchSize(1), data.OnDevice(torch.CUDA(0)))
		if err != nil {
			t.Fatal(err)
		}
		defer dls.Close()
		learn, err := fastlearn.NewLearner(dls, nn.NewSequential(&nn.Flatten{}, nn.NewLinear(3*12*12, 2)), fastlearn.Logger(nil))
		if err != nil {
			t.Fatal(err)
		}
		defer learn.Close()
		c := &looks{each: each}
		if err := learn.Fit(t.Context(), 2, fastlearn.LR(1e-2), fastlearn.Callbacks(c)); err != nil {
			t.Fatal(err)
		}
		if n := int64(dls.Train.Len()); n != 30 || c.waits[0] != map[bool]int64{false: 2, true: 30}[each] {
			t.Errorf("looking at each %v: %d batches, %v waits", each, n, c.waits)
		}
		return learn.Recorder, c
	}
	want, seen := run(true)
	got, late := run(false)
	if a, b := fmt.Sprint(got.Losses, got.Values, late.late), fmt.Sprint(want.Losses, want.Values, seen.late); a != b || len(got.Losses) != 60 || len(late.late) != 60 {
		t.Errorf("read together %s\nread each %s", a, b)
	}
}

// The rate finder waits once a step, for the loss at which it may end.
func TestCUDALRFindWaitsOnce(t *testing.T) {
	if !simcuda.Loaded() {
		t.Skip("only the simulated CUDA counts (make test-cuda)")
	}
	block := fixture.ColourBlock()
	block.BatchTfms = vision.Batch()
	dls, err := block.DataLoaders(fixture.ColourFolders(t, 20, "blue", "red"), data.BatchSize(6), data.OnDevice(torch.CUDA(0)))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	counts := &stepCounts{training: true}
	learn, err := fastlearn.NewLearner(dls, nn.NewSequential(&nn.Flatten{}, nn.NewLinear(3*16*16, 2)), fastlearn.Logger(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	if err := learn.AddCallbacks(counts); err != nil {
		t.Fatal(err)
	}
	if _, err := learn.LRFind(t.Context(), fastlearn.NumIt(12), fastlearn.NoStopDiv()); err != nil {
		t.Fatal(err)
	}
	if len(counts.steps) < 8 {
		t.Fatalf("%d steps", len(counts.steps))
	}
	for i, s := range counts.steps {
		if s.CopiesIn != 2 || s.CopiesOut != 1 || s.Waits != 1 {
			t.Errorf("step %d: %d copies in, %d out, %d waits; want 2, 1, 1", i, s.CopiesIn, s.CopiesOut, s.Waits)
		}
	}
}
