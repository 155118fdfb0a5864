package progress

import (
	"fmt"
	"os"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn/terminal"
)

const often = 30 * time.Second // how often a log gets a line

// meter shows one piece of work: as a bar in a terminal, elsewhere by a line now and then.
type meter struct {
	out   *os.File
	every time.Duration // between lines; 0 or less writes none

	now  status
	line *live // nil where there is no terminal, and while it is hidden
	said time.Time
	from time.Time
}

func newMeter(out *os.File, every time.Duration, s status) *meter {
	m := &meter{out: out, every: every, now: s, from: time.Now(), said: time.Now()}
	m.show()
	return m
}

// set takes the work on. What a pipe that was closed can't take is lost; the work goes on.
func (m *meter) set(s status) {
	s.took = time.Since(m.from)
	m.now = s
	switch {
	case m.line != nil:
		m.line.set(s)
	case m.every > 0 && time.Since(m.said) >= m.every:
		m.said = time.Now()
		fmt.Fprintln(m.out, s.line())
	}
}

// show puts the bar on the screen, if there is one.
func (m *meter) show() {
	if terminal.IsTerminal(m.out) {
		m.every = 0
		m.line = newLive(m.out, m.now)
		m.line.set(m.now)
	}
}

// hide takes the bar off the screen.
func (m *meter) hide() {
	if m.line != nil {
		m.line.end()
		m.line = nil
	}
}
