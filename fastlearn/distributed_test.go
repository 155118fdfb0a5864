package fastlearn_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/internal/launch"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/distributed"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// rankVariable makes a run of TestRank one of several processes, which does what its JSON says.
const rankVariable = "FASTLEARN_TEST_RANK"

// rankJob is what the processes do: a job by its name, in a directory that they share.
type rankJob struct{ Name, Dir, Pictures string }

var rankJobs = map[string]func(t *testing.T, job rankJob, g *distributed.ProcessGroup){
	"losses": rankLosses, "pictures": rankPictures, "cancel": rankCancel, "refuse": rankRefuse, "silent": rankSilent,
}

// TestRank isn't a test: it is what the processes of the tests below do.
func TestRank(t *testing.T) {
	var job rankJob
	if err := json.Unmarshal([]byte(os.Getenv(rankVariable)), &job); err != nil {
		t.Skip("it runs as a process of the other tests")
	}
	g, err := distributed.Init(distributed.Timeout(10 * time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	rankJobs[job.Name](t, job, g)
}

// command makes the processes of a job.
func (job rankJob) command(t *testing.T) func(rank int) *exec.Cmd {
	what, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	return func(int) *exec.Cmd {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestRank$")
		cmd.Env = append(os.Environ(), rankVariable+"="+string(what), "OMP_NUM_THREADS=1")
		return cmd
	}
}

// run runs a job on n processes to its end.
func (job rankJob) run(t *testing.T, n int) {
	t.Helper()
	all, err := launch.Start(n, job.command(t))
	if err == nil {
		err = launch.Wait(all)
	}
	if err != nil {
		t.Fatalf("%d processes: %v", n, err)
	}
}

// report writes what a process saw, and reports reads it of all.
func (job rankJob) report(t *testing.T, rank int, v any) {
	data, err := json.Marshal(v)
	if err == nil {
		err = os.WriteFile(filepath.Join(job.Dir, fmt.Sprintf("rank%d.json", rank)), data, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func reports[T any](t *testing.T, job rankJob, n int) (all []T) {
	t.Helper()
	for rank := range n {
		data, err := os.ReadFile(filepath.Join(job.Dir, fmt.Sprintf("rank%d.json", rank)))
		var v T
		if err == nil {
			err = json.Unmarshal(data, &v)
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

// evalNorms keeps batch norms in evaluation.
type evalNorms struct{}

func (evalNorms) BeforeTrain(l *fastlearn.Learner) error {
	nn.Walk(l.Model, func(_ string, m nn.Module) {
		if bn, ok := m.(*nn.BatchNorm); ok {
			nn.EvalAlone(bn)
		}
	})
	return nil
}

// seen is what a training saw.
type seen struct {
	Losses    []float64 // of each training batch
	Rows      []float64 // of each epoch: losses and metrics
	Weights   []float64
	Found     []float64 // by LRFind: the smoothed losses and the valley
	Confusion [][]int   // of an interpretation
	Table     int       // rows that were reported
	Device    string    // of the weights
}

func (s *seen) AfterBatch(l *fastlearn.Learner) error {
	if l.Training {
		s.Losses = append(s.Losses, l.LossValue())
	}
	return nil
}

const wholeBatch = 8 // items of a batch, of all processes together

// trainLosses trains a classifier on 46 rows and validates it on 21. The rows of training come in the
// order in which n processes see them, or as they are for a process of them.
func trainLosses(t *testing.T, n, rank int, opts ...fastlearn.LearnerOption) *seen {
	torch.ManualSeed(1)
	s := torch.NewScope()
	defer s.Close()
	const rows, valid = 46, 21
	x := s.With(torch.Float64).Randn(rows+valid, 6)
	y := x.Narrow(1, 0, 3).ArgMax(1)
	bs := wholeBatch
	train := &data.TensorLoader{X: x.Narrow(0, 0, rows), Y: y.Narrow(0, 0, rows), BatchSize: wholeBatch}
	if opts == nil { // one process: the batches of all, one after the other
		length := (rows + n - 1) / n
		var order []int64
		for from := 0; from < length; from += wholeBatch / n {
			for r := range n {
				for i := from; i < min(from+wholeBatch/n, length); i++ {
					order = append(order, int64((r*length+i)%rows))
				}
			}
		}
		places := torch.FromSlice(s, order, int64(len(order)))
		train.X, train.Y = train.X.IndexSelect(0, places), train.Y.IndexSelect(0, places)
		n = 1
	} else {
		bs /= n
		train.BatchSize = bs
	}
	device := torch.DefaultDevice()
	if gpus := torch.CUDADeviceCount(); gpus > 0 {
		device = torch.CUDA(rank % gpus)
	}
	dls := data.NewLoaders(train, &data.TensorLoader{X: x.Narrow(0, rows, valid), Y: y.Narrow(0, rows, valid), BatchSize: bs}, device)

	torch.ManualSeed(uint64(7 + rank)) // all begin with the weights of rank 0
	norm := nn.NewBatchNorm(10)
	model := nn.NewSequential(nn.NewLinear(6, 10), norm, &nn.ReLU{}, nn.NewLinear(10, 3))
	nn.To(model, torch.Float64)
	norm.RunningMean.Normal_(0, 0.3)
	split := func(m nn.Module) [][]*torch.Tensor {
		all := nn.Parameters(m)
		return [][]*torch.Tensor{all[:4], all[4:]}
	}
	out := &seen{}
	far := metric.Avg("far", func(pred, target *torch.Tensor) *torch.Tensor { return pred.Abs().Mean() })
	learn, err := fastlearn.NewLearner(dls, model, append(opts, fastlearn.LossFunc(loss.CrossEntropy{}), fastlearn.SplitBy(split), fastlearn.Path(t.TempDir()), fastlearn.Metrics(metric.Accuracy(), metric.F1Score(metric.AverageMacro), far),
		fastlearn.Callbacks(evalNorms{}, callback.GradientClip(0.5, 2), callback.GradientAccumulation(16/n)), fastlearn.Logger(func([]string) { out.Table++ }))...)
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	found, err := learn.LRFind(t.Context(), fastlearn.NumIt(20), fastlearn.NoStopDiv())
	if err != nil {
		t.Fatal(err)
	}
	out.Found = append(slices.Clone(found.Losses), found.Valley)
	gather := fastlearn.GatherPreds()
	if err := learn.FineTune(t.Context(), 2, fastlearn.BaseLR(0.05), fastlearn.Callbacks(out, gather)); err != nil {
		t.Fatal(err)
	}
	for _, row := range learn.Recorder.Values {
		out.Rows = append(out.Rows, row...)
	}
	out.Weights, out.Device = fixture.WeightsOf(learn), nn.Parameters(model)[0].Device().String()
	interp, err := learn.Interpret(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	out.Confusion = interp.ConfusionMatrix()
	if n := len(interp.Items); n != valid {
		t.Errorf("interpreted %d items of %d", n, valid)
	}
	told, err := gather.Preds() // of all processes, without the padding
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(told.Items, interp.Items) || !slices.Equal(told.Targets, interp.Targets) || !slices.Equal(told.Decoded, interp.Decoded) {
		t.Errorf("gathered %v of %v, interpreted %v", told.Decoded, told.Items, interp.Decoded)
	}
	parity.Close(t, "gathered losses", told.Losses, interp.Losses, 1e-9)
	if opts != nil {
		gather := fastlearn.GatherPreds(fastlearn.WithInput())
		if err := learn.Fit(t.Context(), 1, nil, fastlearn.Callbacks(gather), fastlearn.NoLogging()); err == nil || !strings.Contains(err.Error(), "WithInput: the batch has the predictions of") {
			t.Errorf("the inputs of all processes: %v", err)
		}
		gather.Close()
	}
	return out
}

func rankLosses(t *testing.T, job rankJob, g *distributed.ProcessGroup) {
	before := torch.LiveTensors()
	job.report(t, g.Rank(), trainLosses(t, g.WorldSize(), g.Rank(), fastlearn.Distributed(g)))
	if n := torch.LiveTensors() - before; n != 0 {
		t.Errorf("%d tensors live", n)
	}
}

// Two and four processes have the losses, metrics and weights of one with the whole batch, in
// float64 with batch norms in evaluation: through LRFind, a frozen and an unfrozen fit, clipped and
// accumulated gradients, parts that are padded and batches that are smaller.
func TestProcessesEqualOne(t *testing.T) { processesEqualOne(t, 2, 4) }

func processesEqualOne(t *testing.T, processes ...int) {
	for _, n := range processes {
		job := rankJob{Name: "losses", Dir: t.TempDir()}
		job.run(t, n)
		want := trainLosses(t, n, 0)
		for rank, got := range reports[*seen](t, job, n) {
			name := fmt.Sprintf("%d processes, rank %d: ", n, rank)
			if gpus := torch.CUDADeviceCount(); gpus > 0 && got.Device != torch.CUDA(rank%gpus).String() {
				t.Errorf("%son %s", name, got.Device)
			}
			parity.Relative(t, name+"losses", got.Losses, want.Losses, 1e-9)
			parity.Relative(t, name+"table", got.Rows, want.Rows, 1e-9)
			parity.Relative(t, name+"LRFind", got.Found, want.Found, 1e-9)
			parity.Close(t, name+"weights", got.Weights, want.Weights, 1e-9)
			if fmt.Sprint(got.Confusion) != fmt.Sprint(want.Confusion) {
				t.Errorf("%sinterpretation: %v, want %v", name, got.Confusion, want.Confusion)
			}
			if rows := map[bool]int{true: want.Table}[rank == 0]; got.Table != rows {
				t.Errorf("%s%d rows of the table, want %d", name, got.Table, rows)
			}
		}
	}
}

// rankRefuse tries what can't work, one after the other: after each the group still serves.
func rankRefuse(t *testing.T, job rankJob, g *distributed.ProcessGroup) {
	files, err := vision.GetImageFiles(job.Pictures)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	rate, rows := 0.01, [2]int64{8, 4}
	fit := func(want string, epochs int, wrap func(*data.Loaders), width int64, seed int, opts ...data.LoaderOption) {
		t.Helper()
		block := data.Block[string]{GetY: data.ParentLabel, Splitter: data.RandomSplitter(0.25, int64(seed)), ItemTfms: vision.Item(vision.Resize(16))}
		dls, err := block.DataLoaders(files, append([]data.LoaderOption{data.BatchSize(4)}, opts...)...)
		if err != nil {
			t.Fatal(err)
		}
		defer dls.Close()
		wrap(dls)
		model := nn.NewSequential(nn.NewConv2d(3, width, 3), &nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, nn.NewLinear(width, 2))
		learn, err := fastlearn.NewLearner(dls, model, fastlearn.Path(job.Dir), fastlearn.Logger(nil), fastlearn.Distributed(g), fastlearn.LossFunc(loss.CrossEntropy{}))
		if err != nil {
			t.Fatal(err)
		}
		defer learn.Close()
		whole := learn.DLs
		if err := learn.Fit(t.Context(), epochs, fastlearn.LR(rate)); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("rank %d: %v, want %q", g.Rank(), err, want)
		}
		if learn.DLs != whole {
			t.Error("the loaders are not the whole ones again")
		}
	}
	rank := g.Rank()
	same := func(*data.Loaders) {}
	fit("model differs", 1, same, int64(3+rank), 1)
	fit("number of epochs differs", 1+rank, same, 3, 1)
	fit("training set differs", 1, same, 3, 1+rank)
	fit("larger than a process's part", 1, same, 3, 1, data.BatchSize(16))
	fit("a LoaderForRank", 1, func(d *data.Loaders) { d.Valid = &plainLoader{Loader: d.Valid} }, 3, 1)
	tensors := func(d *data.Loaders) {
		s := torch.NewScope()
		t.Cleanup(s.Close)
		part := func(n int64) data.Loader {
			return &data.TensorLoader{X: s.Randn(n, 3, 16, 16), Y: s.With(torch.Int64).Zeros(n), BatchSize: 4}
		}
		d.Close()
		d.Train, d.Valid = part(rows[0]), part(rows[1])
	}
	rows[0] -= int64(rank) // the parts have 4 rows each, all the same
	fit("training set differs", 1, tensors, 3, 1)
	rows = [2]int64{8, 4 - int64(rank)}
	fit("validation set differs", 1, tensors, 3, 1)
	rows[1] = 4
	rate = 0.01 * float64(1+rank)
	fit("rates", 1, same, 3, 1)
	rate = 0.01
	fit("", 1, tensors, 3, 1)
	fit("", 1, same, 3, 1)
	fit("", 1, same, 3, 1, data.SkipUnreadable())
}

// What can't work is refused by all processes, with what was wrong.
func TestDistributedRefuses(t *testing.T) {
	pictures := filepath.Dir(filepath.Dir(fixture.ColourFolders(t, 14, "blue", "red")[0]))
	rankJob{"refuse", t.TempDir(), pictures}.run(t, 2)
	if _, err := fastlearn.NewLearner(data.NewLoaders(nil, nil, torch.DefaultDevice()), nn.NewLinear(1, 1), fastlearn.LossFunc(loss.MSE{}), fastlearn.Distributed(nil)); err == nil {
		t.Error("Distributed(nil) isn't an error")
	}
}

// groupOfOne is the group of a process that nobody told of others.
func groupOfOne(t *testing.T) *distributed.ProcessGroup {
	for _, name := range []string{"MASTER_ADDR", "MASTER_PORT", "RANK", "WORLD_SIZE"} {
		t.Setenv(name, "")
	}
	g, err := distributed.Init()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

// A group of one process changes nothing.
func TestDistributedAlone(t *testing.T) {
	g := groupOfOne(t)
	alone, straight := fixture.Line(t, fastlearn.Distributed(g)), fixture.Line(t)
	if err := errors.Join(alone.Fit(t.Context(), 2, fastlearn.LR(0.01)), straight.Fit(t.Context(), 2, fastlearn.LR(0.01))); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(fixture.WeightsOf(alone), fixture.WeightsOf(straight)) || alone.Recorder.Values[1][1] != straight.Recorder.Values[1][1] {
		t.Error("it trains differently")
	}
	if math.IsNaN(alone.LossValue()) || alone.Rank() != 0 || alone.WorldSize() != 1 {
		t.Error("it isn't alone")
	}
}
