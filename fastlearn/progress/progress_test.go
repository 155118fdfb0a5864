package progress

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// slow makes each batch take a while, and says something in the midst of training.
type slow struct {
	say  bool
	then func(l *fastlearn.Learner) // after each batch; may be nil
}

func (slow) Order() int { return 70 }

func (s slow) AfterBatch(l *fastlearn.Learner) error {
	time.Sleep(25 * time.Millisecond)
	if s.say && l.Training && l.Iter == 5 {
		l.Logger([]string{"a word between"})
	}
	if s.then != nil {
		s.then(l)
	}
	return nil
}

// breaks is a loader that fails after its third batch.
type breaks struct{ *data.TensorLoader }

var errBroken = errors.New("broken")

func (b breaks) Batches(ctx context.Context) iter.Seq2[*data.Batch, error] {
	return func(yield func(*data.Batch, error) bool) {
		n := 0
		for batch, err := range b.TensorLoader.Batches(ctx) {
			if n++; n > 3 {
				batch.Close()
				yield(nil, errBroken)
				return
			}
			if !yield(batch, err) {
				return
			}
		}
	}
}

// learner is one of "pictures" in 12 batches and of 6 to validate on, logging to table.
func learner(t *testing.T, table io.Writer, cbs ...fastlearn.Callback) *fastlearn.Learner {
	t.Helper()
	torch.ManualSeed(1)
	var own *torch.Scope
	x, y := own.Randn(48, 1, 2, 2), own.Randn(48, 1)
	dls := data.NewLoaders(&data.TensorLoader{X: x, Y: y, BatchSize: 4}, &data.TensorLoader{X: x, Y: y, BatchSize: 8}, torch.CPU)
	learn, err := fastlearn.NewLearner(dls, nn.NewSequential(&nn.Flatten{}, nn.NewLinear(4, 1)),
		fastlearn.LossFunc(loss.MSE{}), fastlearn.Logger(fastlearn.TableLogger(table)), fastlearn.Callbacks(cbs...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { learn.Close(); x.Close(); y.Close() })
	return learn
}

// A bar shows what it promises as far as the terminal is wide, never wraps, leaves the table
// whole with what is said amid it, and nothing of itself; the cursor is at a line's start.
func TestBarInATerminal(t *testing.T) {
	for width, want := range parity.Sorted(map[int][]string{
		12: {"epoch 1/2 t"}, 40: {"epoch 1/2 train ", "/12"}, 60: {"epoch 1/2 train ", "[", "loss "},
		80: {"epoch 1/2 train ", "[=", "loss ", " left", "lr 1.0e-03", "img/s"}, 120: {"epoch 2/2 train ", "[=", "loss ", " left", "lr 1.0e-03", "img/s"},
	}) {
		s := newScreen(t, width)
		var table io.Writer = s.tty
		if width < 50 { // the table itself is as wide as it is
			table = io.Discard
		}
		learn := learner(t, table, Bar(s.tty), slow{say: width > 50})
		if err := learn.Fit(t.Context(), 2, nil); err != nil {
			t.Fatal(err)
		}
		lines, row, col := s.text(t)
		if s.wrapped || col != 0 || row != len(lines)-1 || lines[row] != "" {
			t.Errorf("%d columns: wrapped %v, cursor %d,%d\n%s", width, s.wrapped, row, col, strings.Join(lines, "\n"))
		}
		if !s.saw(want...) || width > 50 && !s.saw("epoch 2/2 valid", "/6") {
			t.Errorf("%d columns: no line with %q was seen among\n%s", width, want, strings.Join(s.seen, "\n"))
		}
		if width < 50 {
			continue
		}
		firsts := make([]string, len(lines))
		for i, l := range lines {
			firsts[i], _, _ = strings.Cut(l, "  ")
		}
		if !slices.Equal(firsts, []string{"epoch", "a word between", "0", "a word between", "1", ""}) {
			t.Errorf("%d columns: what is left on the screen:\n%s", width, strings.Join(lines, "\n"))
		}
	}
}

// A fit that is cancelled, a validation that fails and one that ends leave a clean screen; so
// does NoBar, which shows nothing at all.
func TestBarGoesAway(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	for name, run := range parity.Sorted(map[string]func(l *fastlearn.Learner) error{
		"cancelled": func(l *fastlearn.Learner) error {
			err := l.Fit(ctx, 2, nil, fastlearn.Callbacks(slow{then: func(l *fastlearn.Learner) {
				if l.Iter == 6 {
					cancel()
				}
			}}))
			if !errors.Is(err, context.Canceled) {
				return errors.New("not cancelled")
			}
			return nil
		},
		"failed": func(l *fastlearn.Learner) error {
			_, err := l.Validate(t.Context(), breaks{l.DLs.Train.(*data.TensorLoader)})
			if !errors.Is(err, errBroken) {
				return errors.New("it didn't fail")
			}
			return nil
		},
		"valid": func(l *fastlearn.Learner) error { _, err := l.Validate(t.Context(), nil); return err },
		"NoBar": func(l *fastlearn.Learner) error { return l.Fit(t.Context(), 1, nil, fastlearn.NoBar()) },
	}) {
		before := runtime.NumGoroutine()
		s := newScreen(t, 80)
		learn := learner(t, io.Discard, Bar(s.tty), slow{})
		if err := run(learn); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		io.WriteString(s.tty, "after\n")
		lines, _, col := s.text(t)
		if !slices.Equal(lines, []string{"after", ""}) || col != 0 {
			t.Errorf("%s: the screen is %q", name, lines)
		}
		if s.saw("[") == (name == "NoBar") {
			t.Errorf("%s: a bar was seen: %v", name, s.saw("["))
		}
		if n := runtime.NumGoroutine() - before; n > 2 { // of the screen
			t.Errorf("%s: %d goroutines are left", name, n)
		}
	}
}

// A terminal that is closed doesn't stop the training.
func TestBarOutlivesItsTerminal(t *testing.T) {
	s := newScreen(t, 80)
	learn := learner(t, io.Discard, Bar(s.tty), slow{then: func(l *fastlearn.Learner) {
		if l.TrainIter == 4 {
			s.master.Close()
		}
	}})
	if err := learn.Fit(t.Context(), 1, nil); err != nil {
		t.Error(err)
	}
}

// A log gets lines of plain text now and then, or none, and the table's rows as they come.
func TestBarInALog(t *testing.T) {
	for _, c := range []struct {
		opts []Option
		tty  bool
		want bool
	}{{[]Option{Every(50 * time.Millisecond)}, false, true}, {nil, false, false}, {[]Option{Every(0)}, false, false}, {[]Option{Every(50 * time.Millisecond)}, true, true}} {
		var out *os.File
		var text func() string
		if c.tty { // one that knows no controls
			s := newScreen(t, 80)
			t.Setenv("TERM", "dumb")
			out, text = s.tty, func() string { s.text(t); return strings.ReplaceAll(s.raw.String(), "\r\n", "\n") }
		} else {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			out, text = w, func() string { w.Close(); data, _ := io.ReadAll(r); return string(data) }
		}
		learn := learner(t, out, Bar(out, c.opts...), slow{})
		if err := learn.Fit(t.Context(), 1, nil); err != nil {
			t.Fatal(err)
		}
		got := text()
		if strings.ContainsAny(got, "\x1b\r\t") || !strings.HasPrefix(got, "epoch     train_loss") {
			t.Errorf("%q", got)
		}
		lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
		if said := len(lines) > 4; said != c.want {
			t.Errorf("every %v: %q", c.opts, lines)
		}
		if c.want && !(strings.HasPrefix(lines[1], "epoch 1/1 train ") && strings.Contains(lines[1], "/12  loss ") && strings.Contains(lines[1], " img/s")) {
			t.Errorf("a line is %q", lines[1])
		}
	}
}

// A count and a download go away when they are done; elsewhere than in a terminal they are
// silent as long as they are quick.
func TestCountAndDownload(t *testing.T) {
	s := newScreen(t, 80)
	count, download := Count(s.tty, "checking"), Download(s.tty, "flowers")
	for i := range 11 {
		count(i, 10)
		time.Sleep(20 * time.Millisecond)
	}
	for i := range int64(5) {
		download(i*1e6, -1)
		time.Sleep(60 * time.Millisecond)
	}
	download(5e6, 5e6)
	lines, _, _ := s.text(t)
	if !slices.Equal(lines, []string{""}) || s.wrapped {
		t.Errorf("the screen is %q", lines)
	}
	if !s.saw("checking", "/10", "left") || !s.saw("flowers", " MB", " MB/s") {
		t.Errorf("seen: %q", s.seen)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	Count(w, "checking")(1, 1)
	m := newMeter(w, time.Nanosecond, false, status{label: "flowers", bytes: true, total: 2e6})
	m.set(status{label: "flowers", bytes: true, done: 1e6, total: 2e6})
	w.Close()
	got, err := io.ReadAll(r)
	if err != nil || !bytes.HasPrefix(got, []byte("flowers 1.0/2.0 MB  00:00 left  ")) {
		t.Errorf("%q, %v", got, err)
	}
}

// Two learners at once: the rows of both stay, whosever bar is drawn, and nothing of the bars.
func TestTwoBars(t *testing.T) {
	s := newScreen(t, 80)
	log := func(row []string) { io.WriteString(s.tty, strings.Join(row, " ")+"\n") }
	var fits sync.WaitGroup
	for range 2 {
		learn := learner(t, io.Discard, Bar(s.tty), slow{})
		learn.Logger = log
		fits.Go(func() {
			if err := learn.Fit(t.Context(), 3, nil); err != nil {
				t.Error(err)
			}
		})
	}
	fits.Wait()
	lines, _, _ := s.text(t)
	var firsts []string
	for _, l := range lines {
		first, _, _ := strings.Cut(l, " ")
		firsts = append(firsts, first)
	}
	slices.Sort(firsts)
	if !slices.Equal(firsts, []string{"", "0", "0", "1", "1", "2", "2", "epoch", "epoch"}) || !s.saw("[=") {
		t.Errorf("what is left on the screen:\n%s", strings.Join(lines, "\n"))
	}
}

// A bar whose work ended with an error keeps others from the screen no longer than a while, and
// what was printed below it stays.
func TestAbandonedBar(t *testing.T) {
	s := newScreen(t, 80)
	first := newMeter(s.tty, often, false, status{label: "first", total: 9})
	s.text(t) // which waits until it is drawn
	io.WriteString(s.tty, "an error\n")
	second := newMeter(s.tty, often, false, status{label: "second", total: 9})
	if second.line != nil {
		t.Error("two bars at a time")
	}
	first.last = time.Now().Add(-abandoned)
	second.set(status{label: "second", done: 1, total: 9})
	second.end()
	if lines, _, _ := s.text(t); !s.saw("second 1/9") || !strings.HasPrefix(lines[0], "first 0/9") || lines[1] != "an error" {
		t.Errorf("the screen is %q, seen %q", lines, s.seen)
	}
	newMeter(s.tty, often, false, status{label: "third", total: 9})
	s.text(t)
	io.WriteString(s.tty, "another\n")
	Above(func() { io.WriteString(s.tty, "a row\n") })
	if lines, _, _ := s.text(t); len(lines) != 6 || !strings.HasPrefix(lines[2], "third 0/9") || lines[3] != "another" || lines[4] != "a row" {
		t.Errorf("the screen is %q", lines)
	}
}

// A training after a count that failed has its bar at once, and erases nothing of what was said of that.
func TestBarAfterAFailedCount(t *testing.T) {
	before := runtime.NumGoroutine()
	s := newScreen(t, 80)
	Count(s.tty, "checking")(3, 9)
	s.text(t)
	io.WriteString(s.tty, "an error\n")
	learn := learner(t, s.tty, Bar(s.tty), slow{})
	if err := learn.Fit(t.Context(), 1, nil); err != nil {
		t.Fatal(err)
	}
	lines, _, _ := s.text(t)
	var firsts []string
	for _, l := range lines {
		first, _, _ := strings.Cut(l, " ")
		firsts = append(firsts, first)
	}
	if !slices.Equal(firsts, []string{"checking", "an", "epoch", "0", ""}) || !s.saw("epoch 1/1 train ", "[=") {
		t.Errorf("the screen is %q, seen %q", lines, s.seen)
	}
	if n := runtime.NumGoroutine() - before; n > 2 { // of the screen
		t.Errorf("%d goroutines are left", n)
	}
}

// A loader with more batches than the learner's own has a bar to its end.
func TestBarOfALongerLoader(t *testing.T) {
	s := newScreen(t, 80)
	learn := learner(t, io.Discard, Bar(s.tty), slow{then: func(*fastlearn.Learner) { time.Sleep(100 * time.Millisecond) }})
	learn.DLs.Valid.(*data.TensorLoader).BatchSize = 16 // 3 batches, where train has 12
	if _, err := learn.Validate(t.Context(), learn.DLs.Train); err != nil {
		t.Fatal(err)
	}
	s.text(t)
	if !s.saw("valid 10/12") {
		t.Errorf("seen: %q", s.seen)
	}
}

// A terminal that says it has no columns has no room for a bar, and gets lines.
func TestTerminalWithoutASize(t *testing.T) {
	s := newScreen(t, 0)
	learn := learner(t, io.Discard, Bar(s.tty, Every(50*time.Millisecond)), slow{})
	if err := learn.Fit(t.Context(), 1, nil); err != nil {
		t.Fatal(err)
	}
	s.text(t)
	if text := s.raw.String(); !s.saw("epoch 1/1 train ", " img/s") || strings.Contains(text, "\x1b") {
		t.Errorf("%q", text)
	}
}

// A terminal narrower than the bar's head has as much of it as fits, in ASCII.
func TestNarrowBarIsASCII(t *testing.T) {
	for _, width := range []int{1, 2, 5, 12, 20} {
		s := newScreen(t, width)
		learn := learner(t, io.Discard, Bar(s.tty), slow{})
		if err := learn.Fit(t.Context(), 1, nil); err != nil {
			t.Fatal(err)
		}
		s.text(t)
		for _, r := range s.raw.String() {
			if r > '~' {
				t.Fatalf("%d columns: %q", width, s.raw.String())
			}
		}
		if s.wrapped || !s.saw("epoch 1/1 train "[:min(width, 16)]) {
			t.Errorf("%d columns: wrapped %v, seen %q", width, s.wrapped, s.seen)
		}
	}
}

// Losses that explode or aren't numbers are still read.
func TestLossText(t *testing.T) {
	for loss, want := range parity.Sorted(map[float64]string{0.12345: "0.1235", 99999: "99999.0000", 1.5e30: "1.5e+30", math.Inf(1): "+Inf", -2e5: "-2e+05"}) {
		if got := lossText(loss); got != want {
			t.Errorf("%v: %s, want %s", loss, got, want)
		}
	}
	if got := lossText(math.NaN()); got != "NaN" {
		t.Error(got)
	}
}
