package progress

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/fastlearn-go/fastlearn/fastlearn/terminal"
)

const often = 30 * time.Second // how often a log gets a line

// meter shows one piece of work: as a bar in a terminal, elsewhere by a line now and then.
type meter struct {
	out   *os.File
	every time.Duration // between lines; 0 or less writes none
	bar   bool          // it has one, where the screen is free
	ends  bool          // it is told of its end, also where that is an error

	now  status
	line *live // nil while it isn't on the screen
	said time.Time
	from time.Time
	last time.Time // when it moved
	over bool
}

func newMeter(out *os.File, every time.Duration, ends bool, s status) *meter {
	m := &meter{out: out, every: every, bar: hasRoom(out), ends: ends, now: s, from: time.Now(), said: time.Now(), last: time.Now()}
	onScreen.Lock()
	defer onScreen.Unlock()
	m.show()
	return m
}

// hasRoom tells whether a bar can be drawn: on a terminal, which may have no size, as some that
// programs make for other programs.
func hasRoom(out *os.File) bool {
	if !terminal.IsTerminal(out) {
		return false
	}
	columns, rows, err := term.GetSize(int(out.Fd()))
	return err == nil && columns > 0 && rows > 0
}

// due tells whether the next set shows anything.
func (m *meter) due() bool {
	onScreen.Lock()
	defer onScreen.Unlock()
	if m.bar {
		return m.line == nil || time.Since(m.line.drawn) >= redraw
	}
	return m.every > 0 && time.Since(m.said) >= m.every
}

// set takes the work on. What a pipe that was closed can't take is lost; the work goes on.
func (m *meter) set(s status) {
	onScreen.Lock()
	defer onScreen.Unlock()
	m.last = time.Now()
	s.took = m.last.Sub(m.from)
	m.now = s
	m.show()
	switch {
	case m.line != nil:
		m.line.set(s)
	case !m.bar && m.every > 0 && time.Since(m.said) >= m.every:
		m.said = time.Now()
		fmt.Fprintln(m.out, s.line())
	}
}

// end takes the bar off the screen for good.
func (m *meter) end() {
	onScreen.Lock()
	defer onScreen.Unlock()
	m.over = true
	m.hide()
}
