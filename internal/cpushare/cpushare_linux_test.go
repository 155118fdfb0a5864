package cpushare

import (
	"testing"
	"time"
)

func TestIdle(t *testing.T) {
	for _, c := range []struct {
		name, stat string
		want       time.Duration
		fails      bool
	}{
		{"two processors", "cpu  10 20 30 4000 500 0 7 8 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n", 45 * time.Second, false},
		{"another system's", "intr 1 2 3 4 5 6", 0, true},
		{"no numbers", "cpu a b c d e f", 0, true},
		{"empty", "", 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := idle(c.stat)
			if got != c.want || (err != nil) != c.fails {
				t.Errorf("got %v, %v, want %v", got, err, c.want)
			}
		})
	}
}

func TestThreads(t *testing.T) {
	for _, c := range []struct {
		name  string
		cores float64
		most  int
		want  int
	}{
		{"alone on two cores", 1.97, 2, 2},
		{"beside one busy loop", 1.5, 2, 1},
		{"beside two", 1, 2, 1},
		{"beside many", 0.2, 2, 1},
		{"four of sixteen are taken", 12.1, 16, 12},
		{"a part of a larger machine", 60, 2, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Threads(c.cores, c.most); got != c.want {
				t.Errorf("%v cores, at most %d threads: got %d, want %d", c.cores, c.most, got, c.want)
			}
		})
	}
}

var sink uint32

func TestMeter(t *testing.T) {
	var m Meter
	if _, ok := m.Cores(0); ok {
		t.Error("a first call has nothing to compare with")
	}
	if _, ok := m.Cores(time.Hour); ok {
		t.Error("an hour has not passed")
	}
	var sum uint32
	for i := range uint32(200_000_000) { // takes some of a core
		sum += i * i
	}
	sink = sum
	if cores, ok := m.Cores(0); !ok || cores <= 0 {
		t.Errorf("got %v, %v, want some of a core", cores, ok)
	}
}
