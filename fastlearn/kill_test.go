package fastlearn_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// killedVariable makes a run of TestKilledTrainingProcess a process that trains, as its JSON says.
const killedVariable = "FASTLEARN_TEST_TRAINING"

// training is what the process does: in dir, pictures from another one.
type training struct {
	Dir, Pictures, Fit string
	Kill               int // after how many batches it will be killed; 0 for not at all
}

// tellBatches prints a line for each batch, so that the process can be killed at any of them. However
// late that comes, on a busy machine, the process gets but three batches further.
type tellBatches struct{ kill, batches int }

func (*tellBatches) Order() int { return 99 }

func (b *tellBatches) AfterBatch(l *fastlearn.Learner) error {
	fmt.Printf("batch of epoch %d, %v\n", l.Epoch, l.Training)
	if b.batches++; b.kill > 0 && b.batches == b.kill+3 {
		time.Sleep(time.Hour)
	}
	return nil
}

// TestKilledTrainingProcess isn't a test: it is the process that the tests below kill. It augments,
// mixes, drops out, clips, accumulates, averages, logs and saves.
func TestKilledTrainingProcess(t *testing.T) {
	var job training
	if err := json.Unmarshal([]byte(os.Getenv(killedVariable)), &job); err != nil {
		t.Skip("it runs as a process of TestKilledAndResumed")
	}
	fastlearn.SetSeed(7)
	learn := job.learner(t)
	var err error
	checkpoint, resume := fastlearn.Callbacks(fastlearn.Checkpoint("run", 3)), fastlearn.Resume("run")
	switch job.Fit {
	case "FitOneCycle":
		err = learn.FitOneCycle(t.Context(), 16, fastlearn.LR(0.01), checkpoint, resume)
	case "FineTune":
		err = learn.FineTune(t.Context(), 12, checkpoint, resume, fastlearn.FreezeEpochs(4), fastlearn.Callbacks(callback.EMA(0.9), callback.GradientAccumulation(7), callback.GradientClip(0.5, 2),
			callback.SaveModel(), callback.EarlyStopping(callback.Patience(100)), callback.CSVLogger("history.csv"), callback.JSONLogger("history.jsonl")))
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := learn.Save("final"); err != nil {
		t.Fatal(err)
	}
	r := learn.Recorder
	recorded, err := json.Marshal([]any{r.LRs, r.Losses, r.Values, r.Iters, r.Hypers, torch.RandomSeed()})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(job.Dir, "recorded.json"), recorded, 0o666); err != nil {
		t.Fatal(err)
	}
}

func (job training) learner(t *testing.T) *fastlearn.Learner {
	files, err := vision.GetImageFiles(job.Pictures)
	if err != nil {
		t.Fatal(err)
	}
	block := data.Block[string]{GetY: data.ParentLabel, Splitter: data.RandomSplitter(0.25, 3),
		ItemTfms: vision.Item(vision.Resize(20)), BatchTfms: vision.AugTransforms(vision.Size(16))}
	dls, err := block.DataLoaders(files, data.BatchSize(4))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dls.Close() })
	model := nn.NewSequential(nn.NewConv2d(3, 8, 3), nn.NewBatchNorm(8), &nn.ReLU{InPlace: true}, &nn.AdaptiveAvgPool2d{Size: 1},
		&nn.Flatten{}, &nn.Dropout{P: 0.5}, nn.NewLinear(8, 2))
	split := func(m nn.Module) [][]*torch.Tensor {
		all := nn.Parameters(m)
		return [][]*torch.Tensor{all[:4], all[4:]}
	}
	learn, err := fastlearn.NewLearner(dls, model, fastlearn.SplitBy(split), fastlearn.Path(job.Dir), fastlearn.Logger(nil), fastlearn.Metrics(metric.Accuracy()), fastlearn.Callbacks(callback.MixUp(0.4), &tellBatches{kill: job.Kill}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { learn.Close() })
	return learn
}

// run starts the process and kills it after so many batches and a moment; or, for none, waits for
// its end. It tells whether the process reached its end.
func (job training) run(t *testing.T, batches int, moment time.Duration) bool {
	t.Helper()
	job.Kill = batches
	what, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^TestKilledTrainingProcess$")
	cmd.Env = append(os.Environ(), killedVariable+"="+string(what), "OMP_NUM_THREADS=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines, all := bufio.NewScanner(stdout), ""
	killed := false
	for n := 0; lines.Scan(); {
		all += lines.Text() + "\n"
		if strings.HasPrefix(lines.Text(), "batch") {
			n++
		}
		if batches > 0 && n == batches && !killed {
			time.Sleep(moment)
			cmd.Process.Kill()
			killed = true
		}
	}
	err = cmd.Wait()
	if err != nil && !killed {
		t.Fatalf("the process ended with %v\n%s%s", err, all, stderr.String())
	}
	return err == nil
}

// A process that trains is killed ten times at random moments, and resumed each time. At its end
// weights, optimizer, recorder, generator and logs are those of one that was never killed.
func TestKilledAndResumed(t *testing.T) {
	pictures := filepath.Dir(filepath.Dir(fixture.ColourFolders(t, 14, "blue", "red")[0]))
	for _, fit := range []string{"FitOneCycle", "FineTune"} {
		t.Run(fit, func(t *testing.T) {
			straight, cut := training{Dir: t.TempDir(), Pictures: pictures, Fit: fit}, training{Dir: t.TempDir(), Pictures: pictures, Fit: fit}
			if !straight.run(t, 0, 0) {
				t.Fatal("the process was not to be killed")
			}
			rng := rand.New(rand.NewPCG(3, 4))
			kills := 0
			for kills < 10 && !cut.run(t, 1+rng.IntN(9), time.Duration(rng.IntN(8))*time.Millisecond) {
				kills++
			}
			cut.run(t, 0, 0)
			if kills < 8 {
				t.Errorf("it was killed %d times only", kills)
			}
			t.Logf("killed %d times", kills)
			for _, name := range []string{"models/final.pth", "models/model.pth", "recorded.json", "history.csv", "history.jsonl"} {
				want, err := os.ReadFile(filepath.Join(straight.Dir, name))
				if os.IsNotExist(err) && fit == "FitOneCycle" { // it has fewer callbacks
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				got, err := os.ReadFile(filepath.Join(cut.Dir, name))
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(withoutTimes(name, got), withoutTimes(name, want)) {
					t.Errorf("%s differs:\n%.600q\nwant\n%.600q", name, got, want)
				}
			}
		})
	}
}

// withoutTimes takes out of a log how long its epochs took.
func withoutTimes(name string, data []byte) []byte {
	switch filepath.Ext(name) {
	case ".csv":
		return regexp.MustCompile(`,[0-9:]+\n`).ReplaceAll(data, []byte("\n"))
	case ".jsonl":
		return regexp.MustCompile(`"seconds":[^}]*`).ReplaceAll(data, nil)
	}
	return data
}
