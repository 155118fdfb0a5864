package fastlearn_test

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// square is a picture of a square, described by its file's name: "red+large_3.025_3.png" is
// its colour and size, how bright the picture is, from 1 to 4, and a number.
type square string

func (s square) labels() string { return strings.SplitN(filepath.Base(string(s)), "_", 3)[0] }
func (s square) light() string  { return strings.SplitN(filepath.Base(string(s)), "_", 3)[1] }

func (s square) darkOrLight() string {
	if s.light() < "2.5" {
		return "dark"
	}
	return "light"
}

// drawSquares draws n pictures of squares.
func drawSquares(t *testing.T, n int) (files []string) {
	t.Helper()
	dir, rng := t.TempDir(), rand.New(rand.NewPCG(1, 2))
	for i := range n {
		light := 0.25 + 0.75*rng.Float64()
		ground := color.RGBA{uint8(light * 120), uint8(light * 120), uint8(light * 120), 255}
		c, labels := color.RGBA{uint8(light * 255), 30, 30, 255}, []string{"red"}
		if i%2 == 1 {
			c, labels = color.RGBA{30, 30, uint8(light * 255), 255}, []string{"blue"}
		}
		side := 8
		if i/2%2 == 1 {
			side, labels = 22, append(labels, "large")
		}
		m := image.NewRGBA(image.Rect(0, 0, 32, 32))
		draw.Draw(m, m.Rect, image.NewUniform(ground), image.Point{}, draw.Src)
		x, y := rng.IntN(32-side), rng.IntN(32-side)
		for p := range side * side {
			m.SetRGBA(x+p%side, y+p/side, c)
		}
		path := filepath.Join(dir, fmt.Sprintf("%s_%.3f_%d.png", strings.Join(labels, "+"), 4*light, i))
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(f, m); err != nil {
			t.Fatal(err)
		}
		f.Close()
		files = append(files, path)
	}
	return files
}

// littleNet is a custom architecture, which learns squares in a moment.
var littleNet = vision.Arch{
	Name: "little", Cut: 6, Split: []string{"3"}, Head: []string{"6."}, Features: 32,
	New: func(classes int64) nn.Module {
		return nn.NewSequential(
			nn.NewConv2d(3, 16, 3, nn.Stride(2), nn.Padding(1), nn.NoBias()), nn.NewBatchNorm(16), &nn.ReLU{InPlace: true},
			nn.NewConv2d(16, 32, 3, nn.Stride(2), nn.Padding(1), nn.NoBias()), nn.NewBatchNorm(32), &nn.ReLU{InPlace: true},
			nn.NewLinear(32, classes))
	},
}

// squareLearner trains on squares.
func squareLearner(t *testing.T, files []string, block data.Block[string], opts ...fastlearn.LearnerOption) *fastlearn.Learner {
	t.Helper()
	fastlearn.SetSeed(7)
	block.Splitter, block.ItemTfms = data.RandomSplitter(0.25, 3), vision.Item(vision.Resize(32))
	dls, err := block.DataLoaders(files, data.BatchSize(8))
	if err != nil {
		t.Fatal(err)
	}
	learn, err := fastlearn.VisionLearner(dls, littleNet, append([]fastlearn.LearnerOption{fastlearn.FromScratch(), fastlearn.Logger(nil), fastlearn.Path(t.TempDir())}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { learn.Close(); dls.Close() })
	if err := learn.FitOneCycle(t.Context(), 30, fastlearn.LR(1e-2)); err != nil {
		t.Fatal(err)
	}
	return learn
}

// served predicts the validation set from a file of the learner's, which a program without the
// data can do.
func served(t *testing.T, learn *fastlearn.Learner) ([]string, []predictor.Predicted) {
	t.Helper()
	file, err := learn.Export("squares")
	if err != nil {
		t.Fatal(err)
	}
	p, err := predictor.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	files := learn.DLs.Valid.(*data.ItemLoader).Files()
	return files, p.PredictAll(t.Context(), files)
}

// Grey pictures with a custom head are told apart by what remains of them, and several metrics
// stand beside each other in the table.
func TestGreyLearner(t *testing.T) {
	files := drawSquares(t, 64)
	sure := metric.Avg("sure", func(pred, _ *torch.Tensor) *torch.Tensor {
		return pred.Softmax(-1).GtScalar(0.9).To(torch.Float32).Sum(1).Mean()
	})
	head := nn.NewSequential(&nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, nn.NewLinear(32, 16), &nn.ReLU{}, nn.NewLinear(16, 2))
	fresh := torch.ToSlice[float32](nn.Parameters(head)[1].Detach())
	learn := squareLearner(t, files, data.Block[string]{
		X:    data.ImageBlock{Gray: true},
		GetY: func(p string) (string, error) { return square(p).darkOrLight(), nil },
	}, fastlearn.CustomHead(head), fastlearn.Metrics(metric.Accuracy(), metric.ErrorRate(), sure))
	if learn.Model == nil || nn.Children(learn.Model)[1].Module != nn.Module(head) || slices.Max(fresh) == 0 {
		t.Error("the head is another")
	}
	if names := fmt.Sprint(learn.Recorder.MetricNames); names != "[epoch train_loss valid_loss accuracy error_rate sure time]" {
		t.Errorf("the table's heads: %s", names)
	}
	values, err := learn.Validate(t.Context(), nil)
	if err != nil || len(values) != 4 {
		t.Fatal(values, err)
	}
	preds, err := learn.GetPreds(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(values[1]+values[2]-1) > 1e-6 || math.Abs(values[1]-preds.Accuracy()) > 1e-6 || values[3] < 0 || values[3] > 1 {
		t.Errorf("loss, accuracy, error rate and confidence %v, accuracy of the predictions %v", values, preds.Accuracy())
	}
	if values[1] < 0.9 {
		t.Errorf("accuracy %v", values[1])
	}
	names, all := served(t, learn)
	right := 0
	for i, p := range all {
		if p.Err == nil && p.Label == square(names[i]).darkOrLight() {
			right++
		}
	}
	if got := float64(right) / float64(len(all)); math.Abs(got-values[1]) > 1e-6 {
		t.Errorf("the predictor's accuracy is %v, the learner's %v", got, values[1])
	}
}

// A custom head is filled as fastai fills it: its biases are 0 before training.
func TestCustomHeadIsFilled(t *testing.T) {
	head := nn.NewSequential(nn.NewConv2d(512, 64, 1), &nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, nn.NewLinear(64, 2))
	learn, err := fastlearn.VisionLearner(fixture.ColourDLs(t, fixture.ColourFolders(t, 8, "blue", "red"), data.BatchSize(4)), vision.ResNet18, fastlearn.FromScratch(), fastlearn.CustomHead(head), fastlearn.Logger(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	for _, p := range nn.NamedParameters(head) {
		s := torch.NewScope()
		values := torch.ToSlice[float64](p.Detach().MoveTo(s).To(torch.Float64))
		s.Close()
		var squares float64
		for _, v := range values {
			squares += v * v / float64(len(values))
		}
		switch fanIn := map[string]float64{"0.weight": 512, "3.weight": 64}[p.Name]; {
		case fanIn == 0 && squares != 0:
			t.Errorf("%s is not 0", p.Name)
		case fanIn > 0 && math.Abs(squares*fanIn/2-1) > 0.4:
			t.Errorf("%s has the variance %v, want about %v", p.Name, squares, 2/fanIn)
		}
	}
}

// Several labels are found, each by itself.
func TestMultiLabelLearner(t *testing.T) {
	files := drawSquares(t, 64)
	learn := squareLearner(t, files, data.Block[string]{
		Y:    data.MultiCategoryBlock{Delim: "+"},
		GetY: func(p string) (string, error) { return square(p).labels(), nil },
	})
	names, all := served(t, learn)
	right, n := 0, 0
	for i, p := range all {
		if p.Err != nil {
			t.Fatal(p.Err)
		}
		for _, label := range learn.DLs.Vocab {
			n++
			if slices.Contains(p.Labels, label) == slices.Contains(strings.Split(square(names[i]).labels(), "+"), label) {
				right++
			}
		}
	}
	if got := float64(right) / float64(n); got < 0.9 {
		t.Errorf("%.3f of the labels are right", got)
	}
}

// A number is learnt: how bright the picture is.
func TestRegressionLearner(t *testing.T) {
	files := drawSquares(t, 96)
	learn := squareLearner(t, files, data.Block[string]{
		Y:    data.RegressionBlock{},
		GetY: func(p string) (string, error) { return square(p).light(), nil },
	}, fastlearn.Head(vision.HeadOptions{Ps: []float64{0}}))
	names, all := served(t, learn)
	var off, spread, mean float64
	lights := make([]float64, len(names))
	for i, n := range names {
		lights[i], _ = strconv.ParseFloat(square(n).light(), 64)
		mean += lights[i] / float64(len(names))
	}
	for i, p := range all {
		if p.Err != nil {
			t.Fatal(p.Err)
		}
		off += math.Pow(p.Probs[0]-lights[i], 2)
		spread += math.Pow(mean-lights[i], 2)
	}
	if off > spread/2 {
		t.Errorf("squares of what it is off add up to %.3f, those of a constant to %.3f", off, spread)
	}
}
