package dashboard

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/page"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/datasets"
)

// What the page shows of a validation is what Interpret says of the model after it.
func TestResultsAreTheModels(t *testing.T) {
	b := board(t, ":0")
	learn := learner(t, b)
	if err := learn.Fit(t.Context(), 2, fastlearn.LR(1e-3)); err != nil {
		t.Fatal(err)
	}
	i, err := learn.Interpret(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := page.NewOutcome(i)
	want.Calibration = nil // a live page keeps no probabilities
	b.draw()
	outcome, losses := b.now.drawn.outcome, b.now.drawn.losses
	want.Note = "On the validation set, as of epoch 2 of 2."
	if !reflect.DeepEqual(outcome, want) {
		t.Errorf("%+v\nwant\n%+v", outcome, want)
	}
	if n := min(len(i.Files), topLosses); len(losses.Pictures) != n || losses.Pictures[0].Path != i.Files[i.TopLosses(1)[0]] {
		t.Errorf("%d pictures, want %d, the first %s", len(losses.Pictures), n, losses.Pictures[0].Path)
	}
	if _, err := learn.Validate(t.Context(), learn.DLs.Train); err != nil { // which isn't a fit's
		t.Fatal(err)
	}
	if b.now.judged.count != 2 {
		t.Errorf("%d validations", b.now.judged.count)
	}
}

// averaged can't tell the losses of items.
type averaged struct{ loss.CrossEntropy }

func (a averaged) Loss(pred, target *torch.Tensor, r torch.Reduction) *torch.Tensor {
	if r == torch.ReductionNone {
		panic(errors.New("averages only"))
	}
	return a.CrossEntropy.Loss(pred, target, r)
}

// What can't be gathered ends no training; the page says why it isn't there.
func TestResultsThatCantBe(t *testing.T) {
	b := board(t, ":0")
	learn := learner(t, b)
	learn.Loss = averaged{}
	if err := learn.Fit(t.Context(), 1, fastlearn.LR(1e-3)); err != nil {
		t.Fatal(err)
	}
	if page := get(t, b.URL()); !strings.Contains(page, "There are no results of epoch 1: ") || !strings.Contains(page, "averages only") || strings.Contains(page, "Confusion matrix") {
		t.Error("the page doesn't say why")
	}
}

// An epoch that is cut short says how much of it was seen; targets that aren't classes have losses.
func TestPartsOfResults(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "flowers")
	if err := datasets.DrawnFlowers(t.Context(), dir, datasets.PerClass(6)); err != nil {
		t.Fatal(err)
	}
	files, err := vision.GetImageFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	labels := make([]string, len(files))
	for i := range labels {
		labels[i] = []string{"red", "red;round", "round"}[i%3]
	}
	dls, err := data.FromLists(files, labels, data.YBlock(data.MultiCategoryBlock{Delim: ";"}), data.ValidPct(0.3), data.SplitSeed(1),
		data.BatchSize(2), data.ItemTfms(vision.Resize(32)))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	b := board(t, ":0")
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.NoLogging(), fastlearn.Callbacks(b, callback.ShortEpoch(0.5)))
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	if err := learn.Fit(t.Context(), 1, fastlearn.LR(1e-3)); err != nil {
		t.Fatal(err)
	}
	html := get(t, b.URL())
	for _, want := range []string{"as of epoch 1 of 1: ", "Top losses", "<bdi>red;<wbr>round</bdi></span>"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(html, "Confusion matrix") || strings.Contains(html, "<select") {
		t.Error("labels aren't classes")
	}
}

// leavesOut leaves the validation of the second epoch out, or that epoch's end, and validates on the training set after each one.
type leavesOut struct {
	what string
	did  bool
}

func (*leavesOut) Order() int { return 60 }

func (o *leavesOut) BeforeTrain(l *fastlearn.Learner) error {
	if o.what == "epoch" && l.Epoch == 1 {
		return fastlearn.ErrCancelEpoch
	}
	return nil
}

func (o *leavesOut) BeforeValidate(l *fastlearn.Learner) error {
	if o.what == "validation" && l.Epoch == 1 && !o.did {
		o.did = true
		return fastlearn.ErrCancelValidate
	}
	return nil
}

func (o *leavesOut) AfterEpoch(l *fastlearn.Learner) error {
	_, err := l.Validate(context.Background(), l.DLs.Train)
	return err
}

// The results are those of the validation that an epoch had, and of its data, whatever callbacks do.
func TestResultsOfOtherValidations(t *testing.T) {
	for _, what := range []string{"validation", "epoch"} {
		b := board(t, ":0")
		learn := learner(t, b, &leavesOut{what: what})
		if err := learn.Fit(t.Context(), 2, fastlearn.LR(1e-3)); err != nil {
			t.Fatal(err)
		}
		b.draw()
		outcome := b.now.drawn.outcome
		if outcome == nil || outcome.Matrix == nil {
			t.Fatalf("without the second %s: %+v", what, outcome)
		}
		seen := 0
		for _, row := range outcome.Matrix.Rows {
			for _, c := range row.Cells {
				seen += c.N
			}
		}
		if want := "On the validation set, as of epoch 1 of 2."; outcome.Note != want || seen != learn.DLs.Valid.(*data.ItemLoader).NumItems() {
			t.Errorf("without the second %s: %q of %d pictures, want %q", what, outcome.Note, seen, want)
		}
	}
}

// fails can't tell the losses of items from the second batch on.
type fails struct {
	loss.CrossEntropy
	asked *int
}

func (f fails) Loss(pred, target *torch.Tensor, r torch.Reduction) *torch.Tensor {
	if r == torch.ReductionNone {
		if *f.asked++; *f.asked == 2 {
			panic(errors.New("no more"))
		}
	}
	return f.CrossEntropy.Loss(pred, target, r)
}

// A batch that can't be gathered after others that could ends no training either.
func TestResultsThatEnd(t *testing.T) {
	b := board(t, ":0")
	learn := learner(t, b)
	learn.Loss = fails{asked: new(int)}
	if err := learn.Fit(t.Context(), 2, fastlearn.LR(1e-3)); err != nil {
		t.Fatal(err)
	}
	if n := *learn.Loss.(fails).asked; n < 4 {
		t.Fatalf("it was asked %d times", n)
	}
	if page := get(t, b.URL()); !strings.Contains(page, "as of epoch 2 of 2.") {
		t.Error("the second epoch isn't shown")
	}
}

// Other data of the same learner are shown.
func TestOtherDataAreShown(t *testing.T) {
	b := board(t, ":0")
	learn, other := learner(t, b), learner(t)
	for _, dls := range []*data.Loaders{learn.DLs, other.DLs} {
		learn.DLs = dls
		was := b.now.data
		for k := range 2 {
			if err := learn.Fit(t.Context(), 1, fastlearn.LR(1e-3)); err != nil {
				t.Fatal(err)
			}
			if same := b.now.data == was; same != (k == 1) {
				t.Errorf("fit %d: the data are those of before: %v", k, same)
			}
			was = b.now.data
		}
	}
}

// However many look, the page is written once.
func TestWrittenOnce(t *testing.T) {
	b := board(t, ":0")
	if err := learner(t, b).Fit(t.Context(), 1, fastlearn.LR(1e-3)); err != nil {
		t.Fatal(err)
	}
	b.draw()
	var all sync.WaitGroup
	var where [16]*byte
	for k := range where {
		all.Go(func() {
			parts, _, err := b.partsSince(-1)
			if err != nil || parts["losses"] == "" {
				t.Errorf("%d parts, %v", len(parts), err)
			}
			where[k] = unsafe.StringData(parts["losses"])
		})
	}
	all.Wait()
	for _, at := range where {
		if at != where[0] {
			t.Fatal("two viewers have parts of their own")
		}
	}
}

// Results take as long to draw as their pictures; meanwhile viewers see where the training is, and when it ends they get both.
func TestDrawingKeepsNobody(t *testing.T) {
	b := board(t, ":0")
	b.drawing.Lock() // as who draws has it
	b.tell(func(s *state) { s.judged = judged{count: 1, note: "drawn at last"} })
	r, err := http.NewRequestWithContext(t.Context(), "GET", b.URL()+"events", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	time.Sleep(50 * time.Millisecond) // who looks has begun to draw
	b.tell(func(s *state) { s.said = "on the way" })
	in := bufio.NewReader(answer.Body)
	for line := ""; !strings.Contains(line, "on the way"); {
		if line, err = in.ReadString('\n'); err != nil || strings.Contains(line, "drawn at last") {
			t.Fatalf("the viewer waits for the drawing: %v, %q", err, line)
		}
	}
	closed := make(chan error, 1)
	go func() { closed <- b.Close() }()
	for !b.isClosed() {
		time.Sleep(time.Millisecond)
	}
	b.drawing.Unlock()
	rest, err := io.ReadAll(in)
	if err = errors.Join(err, <-closed); err != nil || !strings.Contains(string(rest), "drawn at last") || !strings.Contains(string(rest), "event: end") {
		t.Errorf("at the end: %v, %.500s", err, rest)
	}
}

// What can't be drawn says so, and ends neither the server nor the training.
func TestUndrawable(t *testing.T) {
	b := board(t, ":0")
	i := &fastlearn.Interpretation{Preds: &fastlearn.Preds{Targets: []int{0, 1}, Decoded: []int{0}}, Vocab: []string{"a", "b"}}
	b.tell(func(s *state) { s.judged = judged{count: 1, interp: i} })
	b.drawSoon()
	if html := get(t, b.URL()); !strings.Contains(html, "can&#39;t be shown: runtime error") {
		t.Error("it doesn't say so")
	}
}

// Without a validation set there are no results, and nothing is said of them.
func TestNoValidation(t *testing.T) {
	b := board(t, ":0")
	learn := learner(t, b)
	learn.DLs.Valid = data.NewLoaders(learn.DLs.Train, nil, torch.CPU).Valid
	if err := learn.Fit(t.Context(), 1, fastlearn.LR(1e-3)); err != nil {
		t.Fatal(err)
	}
	if html := get(t, b.URL()); strings.Contains(html, "results of epoch") || !strings.Contains(html, "The fit has ended: 1 epoch") {
		t.Error("it speaks of results")
	}
}
