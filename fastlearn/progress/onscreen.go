package progress

import (
	"sync"
	"time"
)

// onScreen is what bars share: two that draw in the same terminal would erase each other, and the
// rows between them. So a process shows one at a time; another comes when that one is done.
var onScreen struct {
	sync.Mutex
	meter *meter // whose bar is on it
	rows  int    // that are being printed: no bar comes in between
}

const abandoned = 10 * time.Second // a bar that moves no more is one whose work ended with an error

// show puts m's bar on the screen, if it is free, or has a bar that was abandoned, or one that may
// have been where m's will not. The screen is locked.
func (m *meter) show() {
	if !m.bar || m.over || m.line != nil || onScreen.rows > 0 {
		return
	}
	if other := onScreen.meter; other != nil {
		if time.Since(other.last) < abandoned && !(m.ends && !other.ends) {
			return
		}
		other.leave()
	}
	onScreen.meter = m
	m.line = newLive(m.out, m.now)
	m.line.set(m.now)
}

// hide takes m's bar off the screen, which is locked.
func (m *meter) hide() {
	if m.line != nil {
		m.line.end()
		m.line, onScreen.meter = nil, nil
	}
}

// leave leaves m's bar where it is, on the screen, which is locked: it may have been abandoned, and
// what was printed below it since is none of ours to erase.
func (m *meter) leave() {
	if m.line != nil {
		m.line.stop()
		m.line, onScreen.meter = nil, nil
	}
}

// Above has print write above the bar that is on the screen, if there is one: what goes to its terminal otherwise is erased when the bar moves.
func Above(print func()) {
	onScreen.Lock()
	m := onScreen.meter
	switch {
	case m == nil:
	case m.ends:
		m.hide()
	default:
		m.leave()
		m = nil
	}
	onScreen.rows++
	onScreen.Unlock()
	defer func() {
		onScreen.Lock()
		defer onScreen.Unlock()
		if onScreen.rows--; m != nil {
			m.show()
		}
	}()
	print()
}
