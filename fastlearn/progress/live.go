package progress

import (
	"os"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// live is a bar at the bottom of a terminal. It is drawn when it moves and never by itself, so
// that one whose work ended with an error does not draw over what comes after.
type live struct {
	container *mpb.Progress
	bar       *mpb.Bar
	now       atomic.Pointer[status] // mpb draws on a goroutine of its own
	refresh   chan any
	over      chan any // closed when the container is done, as when the terminal is gone
	drawn     time.Time
}

const redraw = 100 * time.Millisecond // a bar moves no faster

func newLive(out *os.File, s status) *live {
	l := &live{refresh: make(chan any), over: make(chan any)}
	l.now.Store(&s)
	l.container = mpb.New(mpb.WithOutput(out), mpb.WithWidth(40), mpb.WithManualRefresh(l.refresh), mpb.WithShutdownNotifier(l.over))
	l.bar = l.container.AddBar(0, // which never ends by itself, whatever its total becomes
		mpb.PrependDecorators(decor.Any(func(w decor.Statistics) string { return cut(l.now.Load().head(), w.AvailableWidth) })),
		mpb.AppendDecorators(decor.Any(func(w decor.Statistics) string { return l.now.Load().tail(w.AvailableWidth) })))
	return l
}

// set moves the bar and draws it, if it wasn't drawn just now.
func (l *live) set(s status) {
	l.now.Store(&s)
	if time.Since(l.drawn) < redraw {
		return
	}
	l.drawn = time.Now()
	l.bar.SetTotal(max(s.total, 0), false)
	l.bar.SetCurrent(s.done)
	select {
	case l.refresh <- l.drawn:
	case <-l.over:
	}
}

// end takes the bar off the screen and leaves the cursor where it was.
func (l *live) end() {
	l.bar.Abort(true)
	l.container.Wait()
}

// stop leaves the bar on the screen as it was drawn last.
func (l *live) stop() { l.container.Shutdown() }
