package dashboard

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/datasets"
)

// learner is one of a few drawn flowers, the same each time.
func learner(t *testing.T, cbs ...fastlearn.Callback) *fastlearn.Learner {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "flowers")
	if err := datasets.DrawnFlowers(t.Context(), dir, datasets.PerClass(6)); err != nil {
		t.Fatal(err)
	}
	torch.ManualSeed(1)
	dls, err := data.FromFolder(dir, data.ValidPct(0.3), data.SplitSeed(1), data.BatchSize(8), data.ItemTfms(vision.Resize(48)),
		data.BatchTfms(vision.AugTransforms(vision.Size(32), vision.MinScale(0.75))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dls.Close() })
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.Logger(nil), fastlearn.Metrics(metric.Accuracy()), fastlearn.Callbacks(cbs...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { learn.Close() })
	return learn
}

func board(t *testing.T, addr string, opts ...Option) *Board {
	t.Helper()
	often := func(b *Board) { b.interval = 0 } // every batch
	b, err := New(addr, append([]Option{often}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// watch reads a board's events until they end: the parts as they are at last, how often each came,
// and whether the end was told.
func watch(b *Board) (parts map[string]string, times map[string]int, ended bool, err error) {
	parts, times = map[string]string{}, map[string]int{}
	r, err := http.Get(b.URL() + "events")
	if err != nil {
		return nil, nil, false, err
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != "text/event-stream" {
		return nil, nil, false, fmt.Errorf("%s, %s", r.Status, r.Header.Get("Content-Type"))
	}
	in := bufio.NewReader(r.Body)
	event := ""
	for {
		line, err := in.ReadString('\n')
		if err == io.EOF {
			return parts, times, ended, nil
		}
		if err != nil {
			return parts, times, ended, err
		}
		if e, ok := strings.CutPrefix(line, "event: "); ok {
			event = strings.TrimSpace(e)
			ended = ended || event == "end"
		}
		data, ok := strings.CutPrefix(line, "data: ")
		if !ok || event != "parts" {
			continue
		}
		changed := map[string]string{}
		if err := json.Unmarshal([]byte(data), &changed); err != nil {
			return parts, times, ended, err
		}
		for name, html := range changed {
			parts[name] = html
			times[name]++
		}
	}
}

// Viewers see the training as it goes on, and it is the very training that it would be without them: those who read,
// one who never reads, one who goes.
func TestTrainingIsWatched(t *testing.T) {
	alone := learner(t)
	if err := alone.FineTune(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	b := board(t, ":0", Title("<b>Flowers</b>"))
	watched := learner(t, b)
	type seen struct {
		parts map[string]string
		times map[string]int
		ended bool
		err   error
	}
	results := make(chan seen, 3)
	for range 3 {
		go func() {
			var s seen
			s.parts, s.times, s.ended, s.err = watch(b)
			results <- s
		}()
	}
	conn, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(b.URL(), "http://"), "/"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n") // and reads nothing
	gone, err := http.Get(b.URL() + "events")
	if err != nil {
		t.Fatal(err)
	}
	gone.Body.Close()
	if err := watched.FineTune(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	page := get(t, b.URL())
	for _, want := range []string{"<title>&lt;b&gt;Flowers&lt;/b&gt;</title>", "data-live", "The fit has ended: 2 epochs in", `id="fit-2"`, "Class balance", "resnet18", `value="100"`, "Confusion matrix", "Top losses", "On the validation set, as of epoch 2 of 2."} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if err := b.Close(); err != nil {
		t.Errorf("again: %v", err)
	}
	for range 3 {
		s := <-results
		if s.err != nil || !s.ended {
			t.Errorf("the events ended: %v, %v", s.ended, s.err)
			continue
		}
		if !strings.Contains(s.parts["said"], "The fit has ended: 2 epochs") || strings.Count(s.parts["run-1"], "<tr>") != 4 || !strings.Contains(s.parts["run-1"], "2 of 3 parameter groups frozen") {
			t.Errorf("at last: %q, %.300q", s.parts["said"], s.parts["run-1"])
		}
		if s.times["status"] < 3 || s.times["run-1"] < 2 || s.times["data"] > 2 || s.times["losses"] > 4 || s.times["run-1"] > s.times["status"] {
			t.Errorf("the parts came %v times", s.times)
		}
	}
	if a, w := alone.Recorder, watched.Recorder; !slices.Equal(a.Losses, w.Losses) || fmt.Sprint(a.Values) != fmt.Sprint(w.Values) {
		t.Errorf("the training is another:\n%v\n%v", a.Losses, w.Losses)
	}
	if err := watched.Fit(t.Context(), 1, fastlearn.LR(1e-3)); err != nil {
		t.Errorf("with a board that is closed: %v", err)
	}
	if fits := b.Fits(); len(fits) != 3 || len(fits[2].Rows) != 1 {
		t.Errorf("%d fits", len(fits))
	}
}

// closer closes the board in the middle of an epoch.
type closer struct{ b *Board }

func (closer) Order() int { return 60 }

func (c closer) AfterBatch(l *fastlearn.Learner) error {
	if l.TrainIter == 3 {
		return c.b.Close()
	}
	return nil
}

// A board that is closed while a training runs ends nothing but itself.
func TestCloseInAFit(t *testing.T) {
	b := board(t, ":0")
	learn := learner(t, b, closer{b})
	if err := learn.Fit(t.Context(), 2, fastlearn.LR(1e-3)); err != nil {
		t.Fatal(err)
	}
	if _, err := http.Get(b.URL()); err == nil {
		t.Error("it still serves")
	}
	if len(learn.Recorder.Values) != 2 {
		t.Errorf("%d epochs", len(learn.Recorder.Values))
	}
}

// An error ends the fit, and the page says that it ended early.
func TestFitThatFails(t *testing.T) {
	b := board(t, ":0")
	learn := learner(t, b)
	err := learn.Fit(t.Context(), 3, fastlearn.LR(1e-3), fastlearn.Callbacks(failing{}))
	if err == nil {
		t.Fatal("it didn't fail")
	}
	if page := get(t, b.URL()); !strings.Contains(page, "ended early, after 1 of 3 epochs") {
		t.Error("the page doesn't say so")
	}
	if _, err := learn.Validate(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

// A callback that ends the fit after an epoch, as EarlyStopping does, ends it after that epoch.
func TestFitThatStops(t *testing.T) {
	b := board(t, ":0")
	if err := learner(t, b, stopping{}).Fit(t.Context(), 3, fastlearn.LR(1e-3)); err != nil {
		t.Fatal(err)
	}
	if page := get(t, b.URL()); !strings.Contains(page, "ended early, after 1 of 3 epochs") || len(b.Fits()[0].Rows) != 1 {
		t.Error("the page doesn't say so")
	}
}

type stopping struct{}

func (stopping) Order() int                          { return 63 }
func (stopping) AfterEpoch(*fastlearn.Learner) error { return fastlearn.ErrCancelFit }

type failing struct{}

func (failing) BeforeTrain(l *fastlearn.Learner) error {
	if l.Epoch == 1 {
		return fmt.Errorf("on purpose")
	}
	return nil
}

func get(t *testing.T, url string) string {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	data, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", url, r.Status, err)
	}
	return string(data)
}
