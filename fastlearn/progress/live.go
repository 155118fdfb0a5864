package progress

import (
	"fmt"
	"os"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// live is a bar at the bottom of a terminal. It is drawn when it moves and never by itself, so
// that one whose work ended with an error does not draw over what comes after.
type live struct {
	out       *os.File
	length    atomic.Int64 // of the line that was drawn last
	container *mpb.Progress
	bar       *mpb.Bar
	now       atomic.Pointer[status] // mpb draws on a goroutine of its own
	refresh   chan any
	over      chan any // closed when the container is done, as when the terminal is gone
	drawn     time.Time
}

const (
	redraw   = 100 * time.Millisecond // a bar moves no faster
	barWidth = 40
)

func newLive(out *os.File, s status) *live {
	l := &live{out: out, refresh: make(chan any), over: make(chan any)}
	l.now.Store(&s)
	l.container = mpb.New(mpb.WithOutput(out), mpb.WithWidth(barWidth), mpb.WithManualRefresh(l.refresh), mpb.WithShutdownNotifier(l.over))
	l.bar = l.container.AddBar(0, // which never ends by itself, whatever its total becomes
		mpb.PrependDecorators(decor.Any(func(w decor.Statistics) string {
			head := cut(l.now.Load().head(), w.AvailableWidth)
			l.length.Store(int64(utf8.RuneCountInString(head)))
			return head
		})),
		mpb.AppendDecorators(decor.Any(func(w decor.Statistics) string {
			tail := l.now.Load().tail(w.AvailableWidth)
			n := utf8.RuneCountInString(tail)
			l.length.Add(int64(n + min(barWidth, w.AvailableWidth-n)))
			return tail
		})))
	return l
}

// set moves the bar and draws it, if it wasn't drawn just now.
func (l *live) set(s status) {
	l.now.Store(&s)
	if time.Since(l.drawn) < redraw {
		return
	}
	l.drawn = time.Now()
	l.unfold()
	l.bar.SetTotal(max(s.total, 0), false)
	l.bar.SetCurrent(s.done)
	select {
	case l.refresh <- l.drawn:
	case <-l.over:
	}
}

// unfold goes to where what draws next, which erases from one row above on, is to begin: to the first column, which the terminal's echo of
// Ctrl-C has left, and up to the bar's beginning, where a terminal that has become narrower has folded it into several rows.
// xterm itself cuts such lines off instead.
func (l *live) unfold() {
	fmt.Fprint(l.out, "\r")
	width, _, err := term.GetSize(int(l.out.Fd()))
	if err != nil || width < 1 || os.Getenv("XTERM_VERSION") != "" {
		return
	}
	if more := (int(l.length.Load()) - 1) / width; more > 0 {
		fmt.Fprintf(l.out, "\x1b[%dA", more)
	}
}

// end takes the bar off the screen and leaves the cursor where it was.
func (l *live) end() {
	l.unfold()
	l.bar.Abort(true)
	l.container.Wait()
}

// stop leaves the bar on the screen as it was drawn last.
func (l *live) stop() { l.container.Shutdown() }
