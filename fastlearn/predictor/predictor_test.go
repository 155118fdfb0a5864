package predictor_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// smallPredictor is a predictor of a small model, with its learner.
func smallPredictor(t testing.TB, files []string, opts ...predictor.Option) (*fastlearn.Learner, *predictor.Predictor) {
	t.Helper()
	block := fixture.ColourBlock()
	block.ItemTfms = vision.Item(vision.Resize(32))
	dls, err := block.DataLoaders(files, data.BatchSize(4))
	if err != nil {
		t.Fatal(err)
	}
	learn, err := fastlearn.NewLearner(dls, fixture.SmallModel(2), fastlearn.Logger(nil), fastlearn.Path(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	file, err := learn.Export("small")
	if err != nil {
		t.Fatal(err)
	}
	p, err := predictor.Load(file, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close(); learn.Close(); dls.Close() })
	return learn, p
}

// Many goroutines get what the learner says, whatever is batched with what; a picture that
// can't be read fails alone.
func TestPredictorIsForManyGoroutines(t *testing.T) {
	collector.Off(t)
	files := fixture.ColourFolders(t, 8, "blue", "red")
	broken := filepath.Join(t.TempDir(), "broken.jpg")
	if err := os.WriteFile(broken, []byte("no picture"), 0o666); err != nil {
		t.Fatal(err)
	}
	for name, opts := range parity.Sorted(map[string][]predictor.Option{
		"alone":         nil,
		"batched":       {predictor.Batching(8, 0)},
		"delayed":       {predictor.Batching(8, 2*time.Millisecond)},
		"three workers": {predictor.Batching(4, 0), predictor.Workers(3)},
	}) {
		t.Run(name, func(t *testing.T) {
			learn, p := smallPredictor(t, files, opts...)
			var want []predictor.Prediction
			for _, f := range files {
				one, err := learn.Predict(t.Context(), f)
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, one)
			}
			live := torch.LiveTensors()
			var callers sync.WaitGroup
			for g := range 16 {
				callers.Go(func() {
					for k := range 20 {
						i := (g*7 + k) % len(files)
						if k%5 == 4 {
							if _, err := p.Predict(t.Context(), broken); err == nil || !strings.Contains(err.Error(), "broken.jpg") {
								t.Errorf("a broken picture: %v", err)
							}
							continue
						}
						got, err := p.Predict(t.Context(), files[i])
						fixture.SamePrediction(t, files[i], got, err, want[i])
					}
				})
			}
			callers.Wait()
			paths := append([]string{broken}, files...)
			for i, r := range p.PredictAll(t.Context(), paths) {
				if i == 0 {
					if r.Err == nil {
						t.Error("a broken picture of several has no error")
					}
					continue
				}
				fixture.SamePrediction(t, paths[i], r.Prediction, r.Err, want[i-1])
			}
			if n := torch.LiveTensors() - live; n != 0 {
				t.Errorf("%d tensors live", n)
			}
		})
	}
}

// slowModel counts its batches, says that it has begun one, and holds it until it is let go.
type slowModel struct {
	nn.Base
	begun   chan struct{}
	hold    chan struct{} // nil: it doesn't
	batches []int64
	fail    func(n int64)
}

func (m *slowModel) Forward(x *torch.Tensor) *torch.Tensor {
	if m.hold != nil {
		m.begun <- struct{}{}
		<-m.hold
	}
	n := x.Size(0)
	m.batches = append(m.batches, n)
	if m.fail != nil {
		m.fail(n)
	}
	return x.Scope().Zeros(n, 2)
}

// slowPredictor is a predictor of m, which is tried out without being held.
func slowPredictor(t *testing.T, files []string, m *slowModel, opts ...predictor.Option) *predictor.Predictor {
	t.Helper()
	learn, err := fastlearn.NewLearner(fixture.ColourDLs(t, files, data.BatchSize(4)), &slowModel{}, fastlearn.Logger(nil), fastlearn.Path(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	file, err := learn.Export("slow", fastlearn.OwnModel("slow"))
	if err != nil {
		t.Fatal(err)
	}
	hold, fail := m.hold, m.fail
	m.hold, m.fail = nil, nil
	p, err := predictor.Load(file, append(opts, predictor.BuildModel(func(string) (nn.Module, error) { return m, nil }))...)
	if err != nil {
		t.Fatal(err)
	}
	m.hold, m.fail, m.batches, m.begun = hold, fail, nil, make(chan struct{}, 100)
	return p
}

// What waits while the model is busy is joined, up to the limit; a first one never waits.
func TestPredictorJoinsWhatWaits(t *testing.T) {
	files := fixture.ColourFolders(t, 8, "blue", "red")
	m := &slowModel{hold: make(chan struct{})}
	p := slowPredictor(t, files, m, predictor.Batching(4, 0))
	var callers sync.WaitGroup
	predict := func() {
		callers.Go(func() {
			if _, err := p.Predict(t.Context(), files[0]); err != nil {
				t.Error(err)
			}
		})
	}
	predict()
	<-m.begun
	for range 6 {
		predict()
	}
	for p.Waiting() < 6 {
		time.Sleep(time.Millisecond)
	}
	for range 3 {
		m.hold <- struct{}{}
	}
	callers.Wait()
	p.Close()
	if got := fmt.Sprint(m.batches); got != "[1 4 2]" {
		t.Errorf("batches of %s, want [1 4 2]", got)
	}
}

// Without Batching the pictures of one PredictAll are joined, and no others.
func TestPredictorJoinsWhatBelongsTogether(t *testing.T) {
	files := fixture.ColourFolders(t, 8, "blue", "red")
	m := &slowModel{hold: make(chan struct{})}
	p := slowPredictor(t, files, m)
	var callers sync.WaitGroup
	alone := func() {
		callers.Go(func() {
			if _, err := p.Predict(t.Context(), files[0]); err != nil {
				t.Error(err)
			}
		})
	}
	waiting := func(n int) {
		for p.Waiting() < n {
			time.Sleep(time.Millisecond)
		}
	}
	alone()
	<-m.begun // the model is busy with it
	callers.Go(func() {
		for i, r := range p.PredictAll(t.Context(), files[:6]) {
			if r.Err != nil {
				t.Errorf("picture %d: %v", i, r.Err)
			}
		}
	})
	waiting(6)
	for i := range 2 {
		alone()
		waiting(7 + i)
	}
	close(m.hold)
	callers.Wait()
	p.Close()
	if got := fmt.Sprint(m.batches); got != "[1 6 1 1]" {
		t.Errorf("batches of %s, want [1 6 1 1]", got)
	}
}

// Close amid calls lets those that have begun end, and refuses the others.
func TestPredictorCloseAmidCalls(t *testing.T) {
	files := fixture.ColourFolders(t, 8, "blue", "red")
	for range 5 {
		_, p := smallPredictor(t, files, predictor.Batching(4, 0), predictor.Workers(2))
		var callers sync.WaitGroup
		for range 64 { // more than wait within
			callers.Go(func() {
				var err error
				for err == nil {
					_, err = p.Predict(t.Context(), files[0])
				}
				if !errors.Is(err, predictor.ErrClosed) {
					t.Error(err)
				}
			})
		}
		time.Sleep(5 * time.Millisecond)
		p.Close()
		callers.Wait()
	}
}

// A batch that fails is tried picture by picture, and a model that panics harms no other request.
func TestPredictorBlamesOne(t *testing.T) {
	files := fixture.ColourFolders(t, 8, "blue", "red")
	var bad atomic.Int64
	m := &slowModel{}
	m.fail = func(n int64) {
		if n > 1 {
			panic(&torch.Error{Op: "test", Msg: "no batches"})
		}
		if bad.Add(1) == 2 {
			panic("broken")
		}
	}
	p := slowPredictor(t, files, m, predictor.Batching(4, time.Minute))
	var failed, fine atomic.Int64
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			if _, err := p.Predict(t.Context(), files[0]); err != nil {
				failed.Add(1)
				if !strings.Contains(err.Error(), "broken") {
					t.Error(err)
				}
			} else {
				fine.Add(1)
			}
		})
	}
	callers.Wait()
	p.Close()
	if got := fmt.Sprint(m.batches); failed.Load() != 1 || fine.Load() != 3 || got != "[4 1 1 1 1]" {
		t.Errorf("%d failed, %d fine, want 1 and 3; batches of %s, want [4 1 1 1 1]", failed.Load(), fine.Load(), got)
	}
}

// A cancelled context returns at once, while the model is busy and before it; Close waits
// for what runs, and later calls say that it is closed.
func TestPredictorCancelAndClose(t *testing.T) {
	files := fixture.ColourFolders(t, 8, "blue", "red")
	m := &slowModel{hold: make(chan struct{})}
	p := slowPredictor(t, files, m)
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	for name, predict := range parity.Sorted(map[string]func() error{
		"file":   func() error { _, err := p.Predict(ctx, files[0]); return err },
		"bytes":  func() error { _, err := p.PredictBytes(ctx, data); return err },
		"after":  func() error { _, err := p.Predict(ctx, files[1]); return err },
		"of all": func() error { return p.PredictAll(ctx, files)[3].Err },
	}) {
		if err := predict(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
	}
	running, entered := make(chan error), make(chan struct{})
	go func() {
		_, err := p.Predict(&seenContext{Context: t.Context(), seen: sync.OnceFunc(func() { close(entered) })}, files[2])
		running <- err
	}()
	<-entered
	var closers sync.WaitGroup
	var closedAt atomic.Int64
	for range 3 {
		closers.Go(func() {
			if err := p.Close(); err != nil {
				t.Error(err)
			}
			closedAt.Store(time.Now().UnixNano())
		})
	}
	time.Sleep(20 * time.Millisecond)
	if closedAt.Load() != 0 {
		t.Error("Close did not wait for the call that runs")
	}
	close(m.hold)
	if err := <-running; err != nil {
		t.Errorf("the call that ran: %v", err)
	}
	closers.Wait()
	if _, err := p.Predict(t.Context(), files[0]); !errors.Is(err, predictor.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if err := p.PredictAll(t.Context(), files)[0].Err; !errors.Is(err, predictor.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if _, err := p.PredictImage(t.Context(), nil); err == nil {
		t.Error("a nil image")
	}
}
