package fastlearn_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/internal/launch"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/distributed"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// rankPictures trains on pictures with all that is random, and writes checkpoints.
func rankPictures(t *testing.T, job rankJob, g *distributed.ProcessGroup) {
	learn := job.learner(t, g)
	items := epochItems{}
	err := learn.FitOneCycle(t.Context(), 6, fastlearn.LR(0.01), fastlearn.Callbacks(items, fastlearn.Checkpoint("run", 3), callback.EMA(0.9), callback.GradientAccumulation(7), callback.SaveModel(),
		callback.CSVLogger("history.csv"), &fixture.CancelAt{}), fastlearn.Resume("run"))
	if err != nil {
		if !errors.Is(err, distributed.ErrPeer) || strings.Contains(err.Error(), "\n") {
			t.Errorf("it failed otherwise: %v", err)
		}
		t.Fatal(err)
	}
	if _, err := learn.Save("final"); err != nil {
		t.Fatal(err)
	}
	job.report(t, g.Rank(), []any{fixture.WeightsOf(learn), learn.Recorder.Losses, learn.Recorder.Values, torch.RandomSeed()})
	data, err := json.Marshal(items)
	if err == nil {
		err = os.WriteFile(filepath.Join(job.Dir, fmt.Sprintf("items%d.json", g.Rank())), data, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// epochItems notes the items of each epoch's training and validation.
type epochItems map[string][]int

func (i epochItems) AfterBatch(l *fastlearn.Learner) error {
	k := epochKey(l.Training, l.Epoch)
	i[k] = append(i[k], l.Batch.Items...)
	return nil
}

func epochKey(training bool, epoch int) string { return fmt.Sprint(training, " ", epoch) }

// learner is a learner of pictures, with the same seed in all processes but for what follows.
func (job rankJob) learner(t *testing.T, g *distributed.ProcessGroup, opts ...fastlearn.LearnerOption) *fastlearn.Learner {
	fastlearn.SetSeed(uint64(5 + g.Rank()))
	one := training{Dir: job.Dir, Pictures: job.Pictures}
	learn := one.learner(t)
	learn.Close()
	killedAt, _ := strconv.Atoi(os.Getenv(killedAtVariable)) // 0 where it isn't set
	learn, err := fastlearn.NewLearner(learn.DLs, nn.NewSequential(nn.NewConv2d(3, 8, 3), nn.NewBatchNorm(8), &nn.ReLU{InPlace: true}, &nn.AdaptiveAvgPool2d{Size: 1},
		&nn.Flatten{}, &nn.Dropout{P: 0.5}, nn.NewLinear(8, 2)), append([]fastlearn.LearnerOption{fastlearn.Path(job.Dir), fastlearn.Logger(nil), fastlearn.Metrics(metric.Accuracy()), fastlearn.Callbacks(callback.MixUp(0.4), &tellBatches{kill: killedAt}), fastlearn.Distributed(g)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { learn.Close() })
	return learn
}

// killedAtVariable is after how many batches a process of [rankJob.learner] will be killed, as [tellBatches] has it.
const killedAtVariable = "FASTLEARN_TEST_KILLED_AT"

// batchCounter closes reached when n batches were told of by [tellBatches].
type batchCounter struct {
	n, seen int
	reached chan struct{}
}

func (c *batchCounter) Write(p []byte) (int, error) {
	before := c.seen
	if c.seen += bytes.Count(p, []byte("batch of epoch")); before < c.n && c.seen >= c.n {
		close(c.reached)
	}
	return len(p), nil
}

// A process is killed at random moments: the other's fit fails with a plain error, and both go on
// from the checkpoint of rank 0 and end as if nothing had been, to the bit, the second one's
// generator included.
func TestKilledProcessAndResumed(t *testing.T) {
	pictures := filepath.Dir(filepath.Dir(fixture.ColourFolders(t, 14, "blue", "red")[0]))
	straight, cut := rankJob{"pictures", t.TempDir(), pictures}, rankJob{"pictures", t.TempDir(), pictures}
	straight.run(t, 2)
	rng := rand.New(rand.NewPCG(5, 6))
	for _, dies := range []int{1, 0, 1} {
		batches := &batchCounter{n: 4, reached: make(chan struct{})}
		command := cut.command(t)
		all, err := launch.Start(2, func(rank int) *exec.Cmd {
			cmd := command(rank)
			if rank == dies {
				cmd.Stdout = batches
				cmd.Env = append(cmd.Env, fmt.Sprintf("%s=%d", killedAtVariable, batches.n))
			}
			return cmd
		})
		if err != nil {
			t.Fatal(err)
		}
		<-batches.reached
		time.Sleep(time.Duration(rng.IntN(8)) * time.Millisecond)
		all[dies].Process.Kill()
		err = launch.Wait(all)
		if err == nil {
			t.Fatalf("the process of rank %d was killed too late", dies)
		}
		if strings.Contains(err.Error(), "it failed otherwise") {
			t.Errorf("the process of rank %d was killed: %v", dies, err)
		}
	}
	cut.run(t, 2)
	for _, name := range []string{"models/final.pth", "models/model.pth", "rank0.json", "rank1.json", "history.csv"} {
		want, err := os.ReadFile(filepath.Join(straight.Dir, name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(cut.Dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if string(withoutTimes(name, got)) != string(withoutTimes(name, want)) {
			t.Errorf("%s differs", name)
		}
	}
	straight.checkItems(t)
	alone := straight.learner(t, groupOfOne(t))
	if err := alone.FitOneCycle(t.Context(), 6, fastlearn.LR(0.01), fastlearn.Callbacks(callback.EMA(0.9), callback.GradientAccumulation(7)), fastlearn.Resume("run")); err == nil || !strings.Contains(err.Error(), "processes: 2 → 1") {
		t.Errorf("one process goes on from the checkpoint of two: %v", err)
	}
	all := reports[[]any](t, straight, 2)
	if fmt.Sprint(all[0][:3]) != fmt.Sprint(all[1][:3]) {
		t.Error("the processes end with different models or tables")
	}
	if all[0][3] == all[1][3] {
		t.Error("the processes have the same random numbers: the test doesn't see whether they are kept")
	}
}

// checkItems checks that the two processes trained on different items, others in each epoch, and
// that both know of all that were validated.
func (job rankJob) checkItems(t *testing.T) {
	var items [2]epochItems
	for rank := range items {
		data, err := os.ReadFile(filepath.Join(job.Dir, fmt.Sprintf("items%d.json", rank)))
		if err == nil {
			err = json.Unmarshal(data, &items[rank])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for epoch := range 6 {
		training := append(items[0][epochKey(true, epoch)], items[1][epochKey(true, epoch)]...)
		slices.Sort(training)
		if n := len(slices.Compact(training)); n != 16 { // of 21: two batches of 4 in each process
			t.Errorf("epoch %d: %d different items in training, want 16", epoch, n)
		}
		for rank := range items {
			valid := slices.Sorted(slices.Values(items[rank][epochKey(false, epoch)]))
			if fmt.Sprint(valid) != "[0 1 2 3 4 5 6]" {
				t.Errorf("epoch %d, rank %d: items %v were validated", epoch, rank, valid)
			}
		}
	}
	if slices.Equal(items[0][epochKey(true, 0)], items[0][epochKey(true, 1)]) {
		t.Error("two epochs have the same order")
	}
}

// rankCancel cancels the context of rank 1 alone, within the first epoch.
func rankCancel(t *testing.T, job rankJob, g *distributed.ProcessGroup) {
	learn := job.learner(t, g)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	at := &fixture.CancelAt{Training: true, Cancel: cancel}
	if g.Rank() == 1 {
		at.N = 1
	}
	err := learn.FitOneCycle(ctx, 10, fastlearn.LR(0.01), fastlearn.Callbacks(at, fastlearn.Checkpoint("run", 0)), fastlearn.Resume("run"))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("rank %d: %v", g.Rank(), err)
	}
	job.report(t, g.Rank(), at.Batches)
}

// When one process is cancelled both stop after the same batch, and there is a checkpoint.
func TestCancelledProcess(t *testing.T) {
	pictures := filepath.Dir(filepath.Dir(fixture.ColourFolders(t, 14, "blue", "red")[0]))
	job := rankJob{"cancel", t.TempDir(), pictures}
	for range 4 { // they go on from there
		job.run(t, 2)
		if batches := reports[int](t, job, 2); batches[0] != 2 || batches[1] != 2 {
			t.Errorf("they stopped after batches %v, want 2", batches)
		}
		if _, err := os.Stat(filepath.Join(job.Dir, "models", "run.pth")); err != nil {
			t.Error(err)
		}
	}
}

// rankSilent trains with a directory for each process.
func rankSilent(t *testing.T, job rankJob, g *distributed.ProcessGroup) {
	dir := filepath.Join(job.Dir, fmt.Sprint(g.Rank()))
	table := 0
	learn := job.learner(t, g, fastlearn.Path(dir), fastlearn.Logger(func([]string) { table++ }))
	err := learn.Fit(t.Context(), 2, fastlearn.LR(0.01), fastlearn.Callbacks(fastlearn.Checkpoint("run", 1), callback.SaveModel(callback.AtEnd()), callback.CSVLogger("history.csv"), callback.JSONLogger("history.jsonl")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := learn.Save("final"); err != nil {
		t.Fatal(err)
	}
	if _, err := learn.Export("exported"); g.Rank() == 1 && err != nil {
		t.Error(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if g.Rank() == 0 && (len(files) != 4 || table != 3) || g.Rank() == 1 && (len(files) != 0 || table != 0) || err != nil {
		t.Errorf("rank %d wrote %v and %d rows of the table, %v", g.Rank(), files, table, err)
	}
}

// Only the process of rank 0 writes.
func TestRankZeroWrites(t *testing.T) {
	pictures := filepath.Dir(filepath.Dir(fixture.ColourFolders(t, 14, "blue", "red")[0]))
	rankJob{"silent", t.TempDir(), pictures}.run(t, 2)
}
