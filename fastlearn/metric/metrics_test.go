package metric_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

type metricData struct {
	Pred   [][]float64 `json:"pred"`
	Target any         `json:"target"` // []int64, or [][]float64
	Loss   []float64   `json:"loss"`   // of each batch
}

type metricCase struct {
	Data   string         `json:"data"`
	Metric string         `json:"metric"` // fastai's
	Args   map[string]any `json:"args"`
	metric metric.Metric
}

const metricBatch = 32

// metricDataSets: two and five classes, several labels and numbers; among them classes without targets or predictions, equal
// probabilities, one class alone, and nothing.
func metricDataSets() map[string]metricData {
	rnd := rand.New(rand.NewPCG(5, 6))
	pred := func(n, c int, f func(i, j int) float64) (out [][]float64) {
		for i := range n {
			row := make([]float64, c)
			for j := range row {
				row[j] = f(i, j)
			}
			out = append(out, row)
		}
		return out
	}
	noise := func(int, int) float64 { return 2 * rnd.NormFloat64() }
	coarse := func(int, int) float64 { return float64(rnd.IntN(3)) }
	classes := func(n int, f func() int) []int64 {
		out := make([]int64, n)
		for i := range out {
			out[i] = int64(f())
		}
		return out
	}
	any5, any2 := func() int { return rnd.IntN(5) }, func() int { return rnd.IntN(2) }
	labels := func(_, j int) float64 { return float64(rnd.IntN(j+2)) / float64(j+1) } // 0 … 1
	binary := func(i, j int) float64 { return math.Floor(labels(i, j)) }
	data := map[string]metricData{
		"five":       {Pred: pred(97, 5, noise), Target: classes(97, any5)},
		"five-ties":  {Pred: pred(97, 5, coarse), Target: classes(97, any5)},
		"absent":     {Pred: pred(70, 5, func(i, j int) float64 { return noise(i, j) - 50*float64(j/4) }), Target: classes(70, func() int { return rnd.IntN(2) * 2 })},
		"one-class":  {Pred: pred(40, 5, noise), Target: classes(40, func() int { return 3 })},
		"alone":      {Pred: pred(10, 5, func(i, j int) float64 { return float64(j % 3) }), Target: classes(10, func() int { return 2 })},
		"two":        {Pred: pred(97, 2, noise), Target: classes(97, any2)},
		"two-ties":   {Pred: pred(97, 2, coarse), Target: classes(97, any2)},
		"two-zeros":  {Pred: pred(33, 2, noise), Target: classes(33, func() int { return 0 })},
		"all-zeros":  {Pred: pred(33, 2, func(i, j int) float64 { return float64(-j) }), Target: classes(33, func() int { return 0 })},
		"multi":      {Pred: pred(75, 4, noise), Target: pred(75, 4, binary)},
		"multi-ties": {Pred: pred(75, 4, func(i, j int) float64 { return coarse(i, j) - 1 }), Target: pred(75, 4, binary)},
		"multi-none": {Pred: pred(50, 3, func(i, j int) float64 { return noise(i, j) - 50*float64(j/2) }), Target: pred(50, 3, func(i, j int) float64 { return float64((i + j) % 2 * (1 - j/2)) })},
		"multi-zero": {Pred: pred(50, 3, noise), Target: pred(50, 3, func(i, j int) float64 { return 0 })},
		"numbers":    {Pred: pred(83, 2, noise), Target: pred(83, 2, func(i, j int) float64 { return 100 + noise(i, j) })},
		"constant":   {Pred: pred(40, 1, noise), Target: pred(40, 1, func(int, int) float64 { return 0.1 })},
		"exact":      {Pred: pred(40, 1, func(int, int) float64 { return 3 }), Target: pred(40, 1, func(int, int) float64 { return 3 })},
		"single":     {Pred: pred(1, 1, noise), Target: pred(1, 1, noise)},
		"empty":      {Pred: [][]float64{}, Target: []int64{}},
	}
	for name, d := range data {
		for first := 0; first < len(d.Pred); first += metricBatch {
			d.Loss = append(d.Loss, rnd.Float64())
		}
		data[name] = d
	}
	return data
}

func metricCases() (cases []metricCase) {
	type args = map[string]any
	add := func(sets, metric string, a args, m metric.Metric) {
		for set := range strings.FieldsSeq(sets + " empty") {
			cases = append(cases, metricCase{set, metric, a, m})
		}
	}
	const two, five = "two two-ties two-zeros all-zeros", "five five-ties absent one-class alone"
	const multi, numbers = "multi multi-ties multi-none multi-zero", "numbers constant exact single"
	add(two+" "+five, "accuracy", args{}, metric.Accuracy())
	add(two+" "+five, "error_rate", args{}, metric.ErrorRate())
	add("five absent one-class", "top_k_accuracy", args{"k": 2}, metric.TopKAccuracy(2))
	add(two+" "+five, "BalancedAccuracy", args{}, metric.BalancedAccuracy())
	add(two+" "+five, "MatthewsCorrCoef", args{}, metric.MatthewsCorrCoef())
	add(two+" five", "BrierScore", args{}, metric.BrierScore())
	add(two+" "+five, "CohenKappa", args{}, metric.CohenKappa(metric.KappaUnweighted))
	add(two+" "+five, "CohenKappa", args{"weights": "linear"}, metric.CohenKappa(metric.KappaLinear))
	add(two+" "+five, "CohenKappa", args{"weights": "quadratic"}, metric.CohenKappa(metric.KappaQuadratic))
	add(two+" "+five, "perplexity", args{}, metric.Perplexity())
	add(two+" five", "RocAucBinary", args{}, metric.RocAucBinary())
	for _, a := range []metric.Averaging{metric.AverageBinary, metric.AverageMacro, metric.AverageMicro, metric.AverageWeighted} {
		average := args{"average": a.String()}
		sets := two + " " + five
		if a == metric.AverageBinary { // in "alone" two of five classes were seen, which scikit-learn takes for two classes
			sets = two + " five five-ties absent one-class"
		}
		add(sets, "Precision", average, metric.Precision(a))
		add(sets, "Recall", average, metric.Recall(a))
		add(sets, "F1Score", average, metric.F1Score(a))
		add(sets, "Jaccard", average, metric.Jaccard(a))
		for _, beta := range []float64{0, 0.5, 2} {
			add(sets, "FBeta", args{"beta": beta, "average": a.String()}, metric.FBeta(beta, a))
			add(multi, "FBetaMulti", args{"beta": beta, "average": a.String()}, metric.FBetaMulti(beta, a))
		}
		add(multi, "PrecisionMulti", average, metric.PrecisionMulti(a))
		add(multi, "RecallMulti", average, metric.RecallMulti(a))
		add(multi, "F1ScoreMulti", average, metric.F1ScoreMulti(a))
		add(multi, "F1ScoreMulti", args{"average": a.String(), "thresh": 0.2, "sigmoid": false}, metric.F1ScoreMulti(a, metric.Thresh(0.2), metric.NoSigmoid()))
		add(multi, "JaccardMulti", average, metric.JaccardMulti(a))
		if a != metric.AverageBinary {
			add(multi, "RocAucMulti", average, metric.RocAucMulti(a))
		}
		add(five, "RocAuc", args{"average": a.String(), "multi_class": "ovr"}, metric.RocAuc(a, metric.OneVsRest))
		add(five, "RocAuc", args{"average": a.String(), "multi_class": "ovo"}, metric.RocAuc(a, metric.OneVsOne))
	}
	add(multi, "accuracy_multi", args{}, metric.AccuracyMulti())
	add(multi, "accuracy_multi", args{"thresh": 0.3, "sigmoid": false}, metric.AccuracyMulti(metric.Thresh(0.3), metric.NoSigmoid()))
	add(numbers, "mse", args{}, metric.MeanSquaredError())
	add(numbers, "mae", args{}, metric.MeanAbsoluteError())
	add(numbers, "rmse", args{}, metric.RMSE())
	add(numbers, "R2Score", args{}, metric.R2Score())
	add(numbers, "ExplainedVariance", args{}, metric.ExplainedVariance())
	return cases
}

// Every metric has fastai's name and, within 1e-9, its value; scikit-learn's where fastai's own is float32. Where fastai raises
// an error ours is one too, or NaN; where it has no value ours is NaN.
func TestMetricsEqualFastai(t *testing.T) {
	collector.Off(t)
	data, cases := metricDataSets(), metricCases()
	var want []struct {
		Name            string
		Fastai, Sklearn any
	}
	parity.Python(t, "metrics.py", map[string]any{"data": data, "bs": metricBatch, "cases": cases}, &want)
	live := torch.LiveTensors()
	values := 0
	for i, c := range cases {
		what := fmt.Sprint(c.Data, " ", c.Metric, c.Args)
		m := c.metric
		if m.Name() != want[i].Name {
			t.Errorf("%s: its name is %s, fastai's %s", what, m.Name(), want[i].Name)
		}
		w := want[i].Fastai
		if want[i].Sklearn != nil {
			f, ok1 := w.(float64)
			v, ok2 := want[i].Sklearn.(float64)
			if ok1 != ok2 || ok1 && math.Abs(f-v) > 1e-5*math.Max(1, math.Abs(v)) {
				t.Errorf("%s: fastai has %v, scikit-learn %v", what, w, want[i].Sklearn)
			}
			w = want[i].Sklearn
		}
		for range 2 { // again after a Reset
			got, err := measure(m, data[c.Data])
			switch w := w.(type) {
			case float64:
				values++
				if err != nil || !(math.Abs(got-w) <= 1e-9*math.Max(1, math.Abs(w))) {
					t.Errorf("%s: %v, %v; want %v", what, got, err, w)
				}
			default: // null or "error"
				if err == nil && !math.IsNaN(got) {
					t.Errorf("%s: %v, want %v", what, got, w)
				}
				if err != nil && w == nil {
					t.Errorf("%s: %v, want NaN", what, err)
				}
			}
		}
	}
	if values < len(cases) {
		t.Errorf("only %d values were compared", values)
	}
	if n := torch.LiveTensors() - live; n != 0 {
		t.Errorf("%d tensors live", n)
	}
}

// measure runs a metric over data in batches.
func measure(m metric.Metric, d metricData) (float64, error) {
	m.Reset()
	for b := range d.batches() {
		if err := m.Accumulate(b); err != nil {
			return math.NaN(), err
		}
	}
	return m.Value()
}

func (d metricData) batches() iter.Seq[metric.Batch] {
	return func(yield func(metric.Batch) bool) {
		for k, loss := range d.Loss {
			first, last := k*metricBatch, min((k+1)*metricBatch, len(d.Pred))
			s := torch.NewScope()
			b := metric.Batch{Loss: func() float64 { return loss }}
			b.Pred = torch.FromSlice(s, slices.Concat(d.Pred[first:last]...), int64(last-first), int64(len(d.Pred[0])))
			switch target := d.Target.(type) {
			case []int64:
				b.Target = torch.FromSlice(s, target[first:last])
			case [][]float64:
				b.Target = torch.FromSlice(s, slices.Concat(target[first:last]...), int64(last-first), int64(len(target[0])))
			}
			more := yield(b)
			s.Close()
			if !more {
				return
			}
		}
	}
}

// Without the sigmoid, which keeps the order, the area is the same. (fastai's RocAucMulti(sigmoid=False) takes the argmax of the
// labels and ends in an error.)
func TestRocAucOfProbabilities(t *testing.T) {
	data := metricDataSets()["multi"]
	with, err := measure(metric.RocAucMulti(metric.AverageMacro), data)
	without, err2 := measure(metric.RocAucMulti(metric.AverageMacro, metric.NoSigmoid()), data)
	if err != nil || err2 != nil || math.Abs(with-without) > 1e-12 || !(with > 0) {
		t.Errorf("%v, %v; without %v, %v", with, err, without, err2)
	}
}

// Bad targets, shapes and averages are errors that say what is wrong.
func TestMetricsRefuse(t *testing.T) {
	pred := [][]float64{{1, 2, 3}, {3, 2, 1}}
	for _, c := range []struct {
		metric metric.Metric
		data   metricData
		says   string
	}{
		{metric.Recall(metric.AverageMacro), metricData{Pred: pred, Target: []int64{0, 3}, Loss: []float64{0}}, "a target is class 3, the predictions are of 3 classes"},
		{metric.CohenKappa(metric.KappaLinear), metricData{Pred: pred, Target: []int64{-100, 1}, Loss: []float64{0}}, "a target is class -100"},
		{metric.F1Score(metric.AverageBinary), metricData{Pred: pred, Target: []int64{0, 1}, Loss: []float64{0}}, "AverageBinary is for two classes"},
		{metric.F1Score(metric.Averaging(9)), metricData{Pred: pred, Target: []int64{0, 1}, Loss: []float64{0}}, "there is no Averaging(9)"},
		{metric.F1ScoreMulti(metric.AverageMacro), metricData{Pred: pred, Target: []int64{0, 1}, Loss: []float64{0}}, "6 predictions and 2 targets"},
		{metric.R2Score(), metricData{Pred: pred, Target: []int64{0, 1}, Loss: []float64{0}}, "6 predictions and 2 targets"},
		{metric.TopKAccuracy(5), metricData{Pred: pred, Target: []int64{0, 1}, Loss: []float64{0}}, "topk"},
		{metric.RocAuc(metric.AverageMacro, metric.OneVsRest), metricData{Pred: pred, Target: []int64{0, 7}, Loss: []float64{0}}, "a target is class 7"},
		{metric.RocAuc(metric.AverageMicro, metric.OneVsOne), metricData{Pred: pred, Target: []int64{0, 1}, Loss: []float64{0}}, "no micro average"},
		{metric.RocAucMulti(metric.AverageMacro), metricData{Pred: pred, Target: []int64{0, 1}, Loss: []float64{0}}, "view"},
	} {
		m := c.metric
		if _, err := measure(m, c.data); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", m.Name(), err, c.says)
		}
		m.Reset()
		if v, err := m.Value(); err != nil || !math.IsNaN(v) {
			t.Errorf("%s after Reset: %v, %v", m.Name(), v, err)
		}
	}
}

// A function of a whole validation sees all of it, in a learner's table; what fails in it ends the fit with an error, and
// leaves no tensors.
func TestAccumMetricInAFit(t *testing.T) {
	collector.Off(t)
	s := torch.NewScope()
	defer s.Close()
	x, y := s.Randn(10, 3), s.Randn(10)
	live := torch.LiveTensors()
	fit := func(m metric.Metric) (*fastlearn.Learner, error) {
		t.Helper()
		dls := data.NewLoaders(&data.TensorLoader{X: x, Y: y, BatchSize: 4}, &data.TensorLoader{X: x, Y: y, BatchSize: 4}, torch.CPU)
		learn, err := fastlearn.NewLearner(dls, nn.NewLinear(3, 1), fastlearn.LossFunc(loss.MSE{}), fastlearn.Metrics(metric.RMSE(), m), fastlearn.Logger(nil), fastlearn.Path(t.TempDir()))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { learn.Close() })
		return learn, learn.Fit(context.Background(), 2, fastlearn.LR(0.01))
	}
	sees := metric.Accum("sees", func(pred, target *torch.Tensor) float64 {
		return pred.View(-1).Sub(target).PowScalar(2).Mean().Sqrt().Item() + float64(pred.Size(0))
	}, func(pred *torch.Tensor) *torch.Tensor { return pred.MulScalar(1) })
	learn, err := fit(sees)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range learn.Recorder.Values {
		if math.Abs(row[3]-row[2]-10) > 1e-5 {
			t.Errorf("%v: want the root of the mean square and 10 more", row)
		}
	}
	learn.Close()
	learn, err = fit(metric.Accum("fails", func(pred, target *torch.Tensor) float64 { return pred.View(3).Item() }))
	if err == nil || !strings.Contains(err.Error(), "metric fails: the function") || !strings.Contains(err.Error(), "torch.view") {
		t.Errorf("the error is %v", err)
	}
	learn.Close()
	if n := torch.LiveTensors() - live; n != 0 {
		t.Errorf("%d tensors live", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	learn, err = fastlearn.NewLearner(data.NewLoaders(&data.TensorLoader{X: x, Y: y, BatchSize: 4}, &data.TensorLoader{X: x, Y: y, BatchSize: 4}, torch.CPU), nn.NewLinear(3, 1), fastlearn.LossFunc(loss.MSE{}),
		fastlearn.Metrics(sees), fastlearn.Logger(nil), fastlearn.Callbacks(&fixture.CancelAt{N: 2, Cancel: cancel}))
	if err != nil {
		t.Fatal(err)
	}
	if err := learn.Fit(ctx, 1, fastlearn.LR(0.01)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	learn.Close()
	if n := torch.LiveTensors() - live; n != 0 {
		t.Errorf("%d tensors of a cancelled validation live", n)
	}
}
