package fastlearn_test

import (
	"context"
	"iter"
	"math"
	"path/filepath"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
	"github.com/fastlearn-go/fastlearn/vision"
)

type trainCase struct {
	Name     string    `json:"name"`
	Seed     uint64    `json:"seed"`
	DType    string    `json:"dtype"`
	Opt      string    `json:"opt"`
	Frozen   bool      `json:"frozen"`
	Batches  int       `json:"batches"`
	Epochs   int       `json:"epochs"`
	Schedule string    `json:"schedule"`
	LR       []float64 `json:"lr"`
}

type trajectory struct {
	Losses, Valid []float64
	LRs, Moms     [][]float64
}

// Training equals fastai's: from the same weights, batches and draws of dropout, five
// steps in float64 give its losses and parameters within 1e-9, one step in float32
// within 1e-5, by Adam and SGD, frozen and unfrozen, by each schedule.
func TestTrainingEqualsFastai(t *testing.T) {
	collector.Off(t)
	cases := []trainCase{
		{"adam-unfrozen", 1, "float64", "adam", false, 5, 1, "one_cycle", []float64{1e-4, 1e-2}},
		{"adam-frozen", 2, "float64", "adam", true, 5, 1, "one_cycle", []float64{1e-4, 1e-2}},
		{"sgd-unfrozen", 3, "float64", "sgd", false, 5, 1, "one_cycle", []float64{1e-4, 1e-2}},
		{"sgd-frozen", 4, "float64", "sgd", true, 5, 1, "one_cycle", []float64{1e-4, 1e-2}},
		{"plain-sgd", 5, "float64", "plain_sgd", false, 5, 1, "fit", []float64{1e-2}},
		{"fine-tune", 6, "float64", "adam", false, 2, 2, "fine_tune", []float64{3e-3}},
		{"frozen-after-trained", 7, "float64", "adam", false, 2, 1, "refreeze", []float64{1e-3}},
		{"float32-step", 8, "float32", "plain_sgd", false, 1, 1, "fit", []float64{1e-3}},
		{"float32-sgd-step", 9, "float32", "sgd", true, 1, 1, "fit", []float64{1e-3}},
	}
	dir := t.TempDir()
	var want []trajectory
	parity.Python(t, "train.py", map[string]any{"dir": dir, "cases": cases}, &want)
	for i, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			before := torch.LiveTensors()
			got := c.run(t, dir)
			lossTol, paramTol := 1e-9, 1e-9
			if c.DType == "float32" {
				lossTol, paramTol = 1e-5, 1e-5
			}
			parity.Relative(t, "losses", got.Losses, want[i].Losses, lossTol)
			parity.Relative(t, "validation losses", got.Valid[len(got.Valid)-len(want[i].Valid):], want[i].Valid, lossTol)
			for step := range want[i].LRs {
				parity.Relative(t, "rates", got.LRs[step], want[i].LRs[step], 1e-12)
				parity.Relative(t, "momenta", got.Moms[step], want[i].Moms[step], 1e-12)
			}
			compareFiles(t, filepath.Join(dir, c.Name+".go.pth"), filepath.Join(dir, c.Name+".end.pth"), paramTol)
			if n := torch.LiveTensors() - before; n != 0 {
				t.Errorf("%d tensors live", n)
			}
		})
	}
}

func (c trainCase) run(t *testing.T, dir string) trajectory {
	s := torch.NewScope()
	defer s.Close()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	inputs, err := readState(s, filepath.Join(dir, c.Name+".data.pth"))
	must(err)
	dtype, err := torch.ParseDType(c.DType)
	must(err)
	model, err := fastlearn.NewVisionModel(vision.ResNet18, 3, 5)
	must(err)
	nn.To(model, dtype)
	record := &recordSteps{}
	rule := map[string]optim.Rule{"adam": optim.Adam{}, "sgd": optim.SGD{Momentum: 0.9}, "plain_sgd": optim.SGD{}}[c.Opt]
	last := int64(c.Batches)
	dls := data.NewLoaders(rows{inputs, 0, last}, rows{inputs, last, last + 1}, torch.DefaultDevice())
	options := []fastlearn.LearnerOption{fastlearn.LossFunc(loss.CrossEntropy{}), fastlearn.OptFunc(rule), fastlearn.SplitBy(fastlearn.VisionGroups(vision.ResNet18)), fastlearn.Callbacks(record),
		fastlearn.Path(dir), fastlearn.ModelDir("."), fastlearn.Logger(nil)}
	if c.Opt == "sgd" {
		options = append(options, fastlearn.WD(0.01))
	}
	learn, err := fastlearn.NewLearner(dls, model, options...)
	must(err)
	defer learn.Close()
	must(learn.Load(c.Name + ".start"))
	torch.ManualSeed(c.Seed + 1)
	ctx := context.Background()
	var lr fastlearn.LearningRate = fastlearn.LR(c.LR[0])
	if len(c.LR) == 2 {
		lr = fastlearn.Slice(c.LR[0], c.LR[1])
	}
	if c.Frozen {
		must(learn.Freeze())
	}
	switch c.Schedule {
	case "one_cycle":
		must(learn.FitOneCycle(ctx, c.Epochs, lr))
	case "fine_tune":
		must(learn.FineTune(ctx, c.Epochs, fastlearn.BaseLR(c.LR[0])))
		record.keepLastFit(c.Epochs * c.Batches)
	case "refreeze":
		must(learn.Unfreeze())
		must(learn.Fit(ctx, 1, lr))
		must(learn.Freeze())
		must(learn.Fit(ctx, c.Epochs, lr))
	default:
		must(learn.Fit(ctx, c.Epochs, lr))
	}
	_, err = learn.Save(c.Name+".go", fastlearn.WithoutOpt())
	must(err)
	return record.trajectory
}

// rows is a loader of the rows from … to of a file's x and y, each a batch.
type rows struct {
	inputs   map[string]*torch.Tensor
	from, to int64
}

func (r rows) Len() int     { return int(r.to - r.from) }
func (r rows) Close() error { return nil }
func (r rows) Batches(context.Context) iter.Seq2[*data.Batch, error] {
	return func(yield func(*data.Batch, error) bool) {
		for i := r.from; i < r.to; i++ {
			b := &data.Batch{Scope: torch.NewScope()}
			b.Xs = []*torch.Tensor{r.inputs["x"].Select(0, i).MoveTo(b.Scope)}
			b.Ys = []*torch.Tensor{r.inputs["y"].Select(0, i).MoveTo(b.Scope)}
			b.Items = make([]int, b.Y().Size(0))
			if !yield(b, nil) {
				return
			}
		}
	}
}

// recordSteps keeps what each batch's loss was and what the optimizer was told.
type recordSteps struct{ trajectory }

func (*recordSteps) Order() int { return 100 }

func (r *recordSteps) AfterBatch(l *fastlearn.Learner) error {
	if !l.Training {
		r.Valid = append(r.Valid, l.LossValue())
		return nil
	}
	r.Losses = append(r.Losses, l.LossValue())
	var lrs, moms []float64
	for _, g := range l.Opt.Groups {
		lrs, moms = append(lrs, g.Hypers["lr"]), append(moms, g.Hypers["mom"])
	}
	r.LRs, r.Moms = append(r.LRs, lrs), append(r.Moms, moms)
	return nil
}

// keepLastFit forgets what came before the last n steps, as Python's recorder does.
func (r *recordSteps) keepLastFit(n int) {
	first := len(r.Losses) - n
	r.Losses, r.LRs, r.Moms = r.Losses[first:], r.LRs[first:], r.Moms[first:]
}

// compareFiles holds each tensor of two state_dicts within tol of the largest of its values.
func compareFiles(t *testing.T, got, want string, tol float64) {
	t.Helper()
	s := torch.NewScope()
	defer s.Close()
	a, err := readState(s, got)
	if err != nil {
		t.Fatal(err)
	}
	b, err := readState(s, want)
	if err != nil {
		t.Fatal(err)
	}
	if len(a) != len(b) {
		t.Fatalf("%d tensors, want %d", len(a), len(b))
	}
	for key, w := range b {
		x, y := a[key].To(torch.Float64), w.To(torch.Float64)
		diff := x.Sub(y).Abs().Max().Item()
		scale := math.Max(y.Abs().Max().Item(), 1e-3)
		if !(diff <= tol*math.Max(scale, 1)) && !(diff <= tol*scale) {
			t.Errorf("%s: differs by %g, its largest value is %g", key, diff, scale)
		}
	}
}

// readState reads the state_dict of a file into tensors of scope s.
func readState(s *torch.Scope, path string) (map[string]*torch.Tensor, error) {
	f, err := checkpoint.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	found, err := f.StateDict()
	if err != nil {
		return nil, err
	}
	return nn.FromPTH(s, f, found.Dict)
}
