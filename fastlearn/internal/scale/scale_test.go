package scale

import (
	"fmt"
	"math"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		n      int
		whole  bool
		want   string
	}{
		{0, 1, 5, false, "[0 0.2 0.4 0.6 0.8 1.0]"},
		{0.0001, 0.0031, 4, false, "[0.001 0.002 0.003]"},
		{0, 3, 6, true, "[0 1 2 3]"},
		{1, 340, 4, true, "[100 200 300]"},
		{5, 5, 4, false, "[5]"},
		{math.NaN(), 1, 4, false, "[NaN]"},
	} {
		if s := labels(Ticks(c.lo, c.hi, c.n, c.whole)); s != c.want {
			t.Errorf("%v: %v, want %v", c, s, c.want)
		}
	}
	if s := labels(Decades(0.03, 150)) + labels(Decades(3, 8)) + labels(Decades(4, 25)); s != "[0.1 1 10 100][3 8][5 10 20]" {
		t.Error(s)
	}
}

func labels(ticks []Tick) string {
	var got []string
	for _, t := range ticks {
		got = append(got, t.Label)
	}
	return fmt.Sprint(got)
}

func TestShort(t *testing.T) {
	for v, want := range parity.Sorted(map[float64]string{0: "0", 3e-5: "3e-5", 0.002: "0.002", 12: "12", 1.5e6: "1.5e6", -2.5e-7: "-2.5e-7", 0.123456: "0.1235"}) {
		if got := Short(v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
}
