// Package cpushare measures how many of the machine's cores a process can have.
package cpushare

import "time"

// Meter measures between two calls of Cores.
type Meter struct {
	at   time.Time
	last usage
}

// usage is processor time: what the process used, and what the machine didn't.
type usage struct{ own, idle time.Duration }

// Cores returns how many cores' worth of time the process used or nobody did since it last returned, and false the first time, before least has
// passed, or where the system doesn't tell.
func (m *Meter) Cores(least time.Duration) (cores float64, ok bool) {
	now := time.Now()
	passed := now.Sub(m.at)
	if !m.at.IsZero() && passed < least {
		return 0, false
	}
	u, err := read()
	if err != nil {
		return 0, false
	}
	if !m.at.IsZero() {
		cores, ok = (u.own+u.idle-m.last.own-m.last.idle).Seconds()/passed.Seconds(), true
	}
	m.at, m.last = now, u
	return cores, ok
}

// Threads returns how many of at most most threads run at once on that many cores: a parallel region waits for the slowest, so
// a part of a core doesn't help unless it is most of one.
func Threads(cores float64, most int) int { return min(max(int(cores+0.3), 1), most) }
