// Package progress shows a bar while a learner trains, as fastai does in a terminal:
// the epoch, batches done and to do, the smoothed loss, pictures a second and the
// time left. The learner knows nothing of it: it is a callback.
//
//	learn, err := fastlearn.VisionLearner(dls, arch, fastlearn.Callbacks(progress.Bar(os.Stderr)))
package progress

import (
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// Bar makes the callback. Where out is no terminal it shows nothing, and the table's
// plain rows are all there is; nor does it under [fastlearn.NoBar].
func Bar(out *os.File) fastlearn.Callback { return &bar{out: out} }

type bar struct {
	out       *os.File
	container *mpb.Progress
	line      *mpb.Bar
	text      atomic.Pointer[string] // loss and speed; the bar is drawn on a goroutine of its own
	start     time.Time
	pictures  int
	last      time.Time
}

// Order is fastai's, after the recorder's.
func (*bar) Order() int { return 60 }

func (b *bar) BeforeTrain(l *fastlearn.Learner) error    { return b.begin(l, "train") }
func (b *bar) BeforeValidate(l *fastlearn.Learner) error { return b.begin(l, "valid") }
func (b *bar) AfterTrain(*fastlearn.Learner) error       { return b.end() }
func (b *bar) AfterValidate(*fastlearn.Learner) error    { return b.end() }
func (b *bar) AfterFit(*fastlearn.Learner) error         { return b.end() }

func (b *bar) begin(l *fastlearn.Learner, part string) error {
	_ = b.end()
	if l.NoBar || !term.IsTerminal(int(b.out.Fd())) {
		return nil
	}
	total := int64(l.DLs.Train.Len())
	if part == "valid" {
		total = int64(l.DLs.Valid.Len())
	}
	b.start, b.pictures, b.last = time.Now(), 0, time.Now()
	b.text.Store(new(string))
	b.container = mpb.New(mpb.WithOutput(b.out), mpb.WithWidth(40), mpb.WithRefreshRate(100*time.Millisecond))
	b.line = b.container.AddBar(total, mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(
			decor.Name(fmt.Sprintf("epoch %d/%d %s ", l.Epoch+1, l.NEpoch, part)),
			decor.CountersNoUnit("%d/%d"),
		),
		mpb.AppendDecorators(
			decor.Any(func(decor.Statistics) string { return *b.text.Load() }),
			decor.EwmaETA(decor.ET_STYLE_MMSS, 10),
		))
	return nil
}

// AfterBatch moves the bar on by a batch.
func (b *bar) AfterBatch(l *fastlearn.Learner) error {
	if b.line == nil {
		return nil
	}
	loss := l.LossValue
	if l.Training {
		loss = l.Recorder.SmoothLoss()
	}
	now := time.Now()
	b.pictures += len(l.Batch.Items)
	text := fmt.Sprintf(" loss %.4f  %.0f img/s ", loss, float64(b.pictures)/now.Sub(b.start).Seconds())
	b.text.Store(&text)
	b.line.EwmaIncrement(now.Sub(b.last))
	b.last = now
	return nil
}

func (b *bar) end() error {
	if b.line != nil {
		b.line.Abort(true)
		b.container.Wait()
		b.line, b.container = nil, nil
	}
	return nil
}
