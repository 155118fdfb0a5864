package fastlearn_test

import (
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

type options map[string]any

// callbackCase is a training with fastai's callbacks, and ours.
type callbackCase struct {
	Name      string  `json:"name"`
	Callbacks [][]any `json:"callbacks"`
	Epochs    int     `json:"epochs"`
	Fits      int     `json:"fits"`
	LR        float64 `json:"lr"`
	ours      []fastlearn.Callback
}

func callbackCases() []callbackCase {
	inf := math.Inf(1)
	c := func(kind string, o options) [][]any { return [][]any{{kind, o}} }
	return []callbackCase{
		{"clip", c("clip", options{"max_norm": 0.5}), 3, 1, 0.1, []fastlearn.Callback{callback.GradientClip(0.5, 2)}},
		{"clip-default", c("clip", options{}), 3, 1, 0.1, []fastlearn.Callback{callback.GradientClip(1, 2)}},
		{"clip-1", c("clip", options{"max_norm": 0.5, "norm_type": 1}), 3, 1, 0.1, []fastlearn.Callback{callback.GradientClip(0.5, 1)}},
		{"accumulate", c("accumulate", options{"n_acc": 10}), 3, 2, 0.1, []fastlearn.Callback{callback.GradientAccumulation(10)}},
		{"accumulate-clip", [][]any{{"clip", options{"max_norm": 0.3}}, {"accumulate", options{"n_acc": 7}}}, 3, 1, 0.1,
			[]fastlearn.Callback{callback.GradientClip(0.3, 2), callback.GradientAccumulation(7)}},
		{"reduce", c("reduce", options{"factor": 3, "min_lr": 0.03}), 14, 1, 0.15, []fastlearn.Callback{callback.ReduceLROnPlateau(callback.Factor(3), callback.MinLR(0.03))}},
		{"reduce-default", c("reduce", options{}), 8, 2, 0.15, []fastlearn.Callback{callback.ReduceLROnPlateau()}},
		{"reduce-metric", c("reduce", options{"monitor": "score", "patience": 2, "min_delta": 0.01, "reset_on_fit": false}), 9, 2, 0.1,
			[]fastlearn.Callback{callback.ReduceLROnPlateau(callback.Monitor("score"), callback.MinDelta(0.01), callback.KeepBest(), callback.Patience(2))}},
		{"early", c("early", options{"patience": 2}), 30, 1, 0.15, []fastlearn.Callback{callback.EarlyStopping(callback.Patience(2))}},
		{"early-default", c("early", options{}), 30, 2, 0.15, []fastlearn.Callback{callback.EarlyStopping()}},
		{"early-metric", c("early", options{"monitor": "score", "patience": 3, "min_delta": 0.005}), 30, 1, 0.05,
			[]fastlearn.Callback{callback.EarlyStopping(callback.Monitor("score"), callback.MinDelta(0.005), callback.Patience(3))}},
		{"early-comp", c("early", options{"monitor": "train_loss", "comp": "greater", "patience": 2}), 30, 1, 0.05,
			[]fastlearn.Callback{callback.EarlyStopping(callback.Monitor("train_loss"), callback.Comp(callback.Greater), callback.Patience(2))}},
		{"save", c("save", options{}), 8, 1, 0.15, []fastlearn.Callback{callback.SaveModel()}},
		{"save-metric", c("save", options{"monitor": "score", "fname": "best", "with_opt": true}), 8, 1, 0.15,
			[]fastlearn.Callback{callback.SaveModel(callback.Monitor("score"), callback.FName("best"), callback.WithOpt())}},
		{"save-every", c("save", options{"every_epoch": true}), 3, 1, 0.15, []fastlearn.Callback{callback.SaveModel(callback.EveryEpoch(1))}},
		{"save-every-2", c("save", options{"every_epoch": 2, "fname": "m"}), 5, 1, 0.15, []fastlearn.Callback{callback.SaveModel(callback.EveryEpoch(2), callback.FName("m"))}},
		{"save-end", c("save", options{"at_end": true}), 3, 1, 0.15, []fastlearn.Callback{callback.SaveModel(callback.AtEnd())}},
		{"save-early", [][]any{{"save", options{}}, {"early", options{"patience": 2}}}, 30, 1, 0.15,
			[]fastlearn.Callback{callback.SaveModel(), callback.EarlyStopping(callback.Patience(2))}},
		{"short", c("short", options{"pct": 0.4}), 2, 1, 0.1, []fastlearn.Callback{callback.ShortEpoch(0.4)}},
		{"short-default", c("short", options{}), 2, 1, 0.1, []fastlearn.Callback{callback.ShortEpoch(0.01)}},
		{"short-train", c("short", options{"pct": 0.4, "short_valid": false}), 2, 1, 0.1, []fastlearn.Callback{callback.ShortEpoch(0.4, callback.WholeValid())}},
		{"nan", c("nan", options{}), 3, 1, 1e200, []fastlearn.Callback{callback.TerminateOnNaN()}},
		{"csv", c("csv", options{}), 3, 2, 0.1, []fastlearn.Callback{callback.CSVLogger("history.csv")}},
		{"csv-append", c("csv", options{"fname": "log.csv", "append": true}), 2, 2, 0.1, []fastlearn.Callback{callback.CSVLogger("log.csv", callback.Append())}},
		{"ema", c("ema", options{"decay": 0.9}), 3, 1, 0.1, []fastlearn.Callback{callback.EMA(0.9)}},
		{"together", [][]any{{"early", options{"patience": 3}}, {"reduce", options{"patience": 2}}, {"save", options{"monitor": "score"}}, {"csv", options{}},
			{"nan", options{}}, {"accumulate", options{"n_acc": 6}}, {"clip", options{}}}, 30, 2, 0.15,
			[]fastlearn.Callback{callback.EarlyStopping(callback.Patience(3)), callback.ReduceLROnPlateau(callback.Patience(2)), callback.SaveModel(callback.Monitor("score")), callback.CSVLogger("history.csv"),
				callback.TerminateOnNaN(), callback.GradientAccumulation(6), callback.GradientClip(1, 2)}},
		{"clip-inf", c("clip", options{"max_norm": 0.2, "norm_type": "inf"}), 3, 1, 0.1, []fastlearn.Callback{callback.GradientClip(0.2, inf)}},
	}
}

// lastSpy notes every event, after all other callbacks.
type lastSpy struct {
	spy
	losses, lrs []float64
}

func (*lastSpy) Order() int { return 90 }

func (s *lastSpy) AfterLoss(l *fastlearn.Learner) error {
	if l.Training {
		loss := l.LossValue()
		if math.IsInf(loss, 0) || math.IsNaN(loss) {
			loss = -1 // JSON has no infinity
		}
		s.losses = append(s.losses, loss)
	}
	return s.on("after_loss")
}

func (s *lastSpy) AfterBatch(l *fastlearn.Learner) error {
	if l.Training {
		s.lrs = append(s.lrs, l.Opt.Groups[len(l.Opt.Groups)-1].Hypers["lr"])
	}
	return s.on("after_batch")
}

type callbackOutcome struct {
	Events      []string
	Losses, LRs []float64
	Epochs      int
	Files       []string
	Weights     map[string][][]float64
}

// Each callback does what fastai's does, from the same weights and batches in float64: the events
// as another callback sees them, each batch's loss and rate, the epochs that are run,
// the files that are written, with their weights, and the weights at the end.
func TestCallbacksEqualFastais(t *testing.T) {
	collector.Off(t)
	cases, dir, ours := callbackCases(), t.TempDir(), t.TempDir()
	var want struct {
		Cases []callbackOutcome
		Order []string
	}
	parity.Python(t, "callbacks.py", map[string]any{"dir": dir, "cases": cases}, &want)
	for i, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			before := torch.LiveTensors()
			got, w := c.run(t, dir, filepath.Join(ours, c.Name)), want.Cases[i]
			if n := torch.LiveTensors() - before; n != 0 {
				t.Errorf("%d tensors live", n)
			}
			if !slices.Equal(got.Events, w.Events) {
				t.Errorf("events:\n got %v\nwant %v", got.Events, w.Events)
			}
			parity.Relative(t, "losses", got.Losses, w.Losses, 1e-9)
			parity.Relative(t, "rates", got.LRs, w.LRs, 1e-12)
			if got.Epochs != w.Epochs {
				t.Errorf("%d epochs, want %d", got.Epochs, w.Epochs)
			}
			if !slices.Equal(got.Files, w.Files) {
				t.Errorf("files %v, want %v", got.Files, w.Files)
			}
			for name, tensors := range w.Weights {
				for k := range tensors {
					parity.Close(t, name, got.Weights[name][k], tensors[k], 1e-9)
				}
			}
			for _, name := range w.Files {
				if filepath.Ext(name) == ".csv" {
					sameTables(t, filepath.Join(ours, c.Name, name), filepath.Join(dir, c.Name, name))
				}
			}
			if c.Name == "nan" {
				return // nor are its weights numbers
			}
			compareFiles(t, filepath.Join(ours, c.Name+".end.pth"), filepath.Join(dir, c.Name+".end.pth"), 1e-9)
		})
	}
	t.Run("order", func(t *testing.T) { sameOrder(t, want.Order) })
}

func (c callbackCase) run(t *testing.T, dir, path string) (out callbackOutcome) {
	s := torch.NewScope()
	defer s.Close()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	inputs, err := readState(s, filepath.Join(dir, "data.pth"))
	must(err)
	part := func(from, n int64) *data.TensorLoader {
		return &data.TensorLoader{X: inputs["x"].Narrow(0, from, n), Y: inputs["y"].Narrow(0, from, n), BatchSize: 4}
	}
	model := nn.NewSequential(nn.NewLinear(3, 5), &nn.ReLU{}, nn.NewLinear(5, 1))
	nn.To(model, torch.Float64)
	state, err := readState(s, filepath.Join(dir, "start.pth"))
	must(err)
	must(nn.LoadStateDict(model, state))
	score := metric.Avg("score", func(pred, target *torch.Tensor) *torch.Tensor {
		return pred.Sub(target).Abs().Mean().MulScalar(-1)
	})
	record := &lastSpy{}
	learn, err := fastlearn.NewLearner(data.NewLoaders(part(0, 22), part(22, 8), torch.DefaultDevice()), model, fastlearn.LossFunc(loss.MSE{}), fastlearn.OptFunc(optim.SGD{}),
		fastlearn.Metrics(score), fastlearn.Path(path), fastlearn.Logger(nil), fastlearn.Callbacks(c.ours...), fastlearn.Callbacks(record))
	must(err)
	defer learn.Close()
	for range c.Fits {
		must(learn.Fit(t.Context(), c.Epochs, fastlearn.LR(c.LR)))
	}
	out = callbackOutcome{Events: record.seen, Losses: record.losses, LRs: record.lrs, Epochs: len(learn.Recorder.Values), Weights: map[string][][]float64{}}
	_, err = learn.Save(path+".end.pth", fastlearn.WithoutOpt())
	if bad, ok := err.(*predictor.NotFiniteError); !ok || bad.Written == "" { // of the fit that ends with NaN, it is written as well
		must(err)
	}
	err = filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		name, _ := filepath.Rel(path, file)
		out.Files = append(out.Files, name)
		if filepath.Ext(file) == ".pth" {
			out.Weights[d.Name()] = numbersOf(t, file)
		}
		return nil
	})
	must(err)
	slices.Sort(out.Files)
	return out
}

// numbersOf are the tensors of a file's state_dict, in the order of their names.
func numbersOf(t *testing.T, file string) (all [][]float64) {
	s := torch.NewScope()
	defer s.Close()
	state, err := readState(s, file)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(state)) {
		all = append(all, torch.ToSlice[float64](state[name]))
	}
	return all
}

// sameTables compares files of comma-separated values: texts, and numbers to float32. fastai's have their heads again with each fit.
func sameTables(t *testing.T, got, want string) {
	t.Helper()
	read := func(path string) (rows [][]string) {
		inputs, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(inputs)) {
			if line = strings.TrimRight(line, "\n"); path == want && len(rows) > 0 && line == strings.Join(rows[0], ",") {
				continue
			}
			rows = append(rows, strings.Split(line, ","))
		}
		return rows
	}
	a, b := read(got), read(want)
	if len(a) != len(b) {
		t.Fatalf("%s: %d lines, want %d", got, len(a), len(b))
	}
	for i := range b {
		if len(a[i]) != len(b[i]) {
			t.Fatalf("line %d: %v, want %v", i, a[i], b[i])
		}
		for k, w := range b[i] {
			x, err1 := strconv.ParseFloat(a[i][k], 64)
			y, err2 := strconv.ParseFloat(w, 64)
			if a[i][k] != w && (err1 != nil || err2 != nil || math.Abs(x-y) > 1e-6*math.Abs(y)) {
				t.Errorf("line %d: %v, want %v", i, a[i], b[i])
			}
		}
	}
}

// sameOrder compares the order in which all callbacks run.
func sameOrder(t *testing.T, want []string) {
	learn := fixture.Line(t, fastlearn.Callbacks(callback.MixUp(0.4), callback.CutMix(1), callback.SaveModel(), callback.EarlyStopping(), callback.ReduceLROnPlateau(), callback.TerminateOnNaN(),
		callback.ShortEpoch(0.01), callback.CSVLogger("history.csv"), callback.BnFreeze(), callback.GradientClip(1, 2), callback.GradientAccumulation(32), &fastlearn.ParamScheduler{}, board{}))
	learn.ToBF16()
	names := map[string]string{"trainEval": "TrainEvalCallback", "terminateOnNaN": "TerminateOnNaNCallback", "mixUp": "MixUp", "cutMix": "CutMix",
		"shortEpoch": "ShortEpochCallback", "bnFreeze": "BnFreeze", "gradientAccumulation": "GradientAccumulation", "mixedPrecision": "MixedPrecision",
		"gradientClip": "GradientClip", "board": "TensorBoardBaseCallback", "csvLogger": "CSVLogger", "saveModel": "SaveModelCallback", "earlyStopping": "EarlyStoppingCallback",
		"reduceLROnPlateau": "ReduceLROnPlateau"}
	var got []string
	for _, cb := range learn.Callbacks() {
		name := fmt.Sprintf("%T", cb)
		name = name[strings.LastIndex(name, ".")+1:]
		if fastais, ok := names[name]; ok {
			name = fastais
		}
		got = append(got, name)
	}
	want = slices.DeleteFunc(want, func(name string) bool { return name == "ProgressCallback" || name == "CastToTensor" })
	if !slices.Equal(got, want) {
		t.Errorf("order:\n got %v\nwant %v", got, want)
	}
}

// board stands for the package tensorboard's callback, whose order is tested there.
type board struct{}

func (board) Order() int                        { return 51 }
func (board) AfterFit(*fastlearn.Learner) error { return nil }
