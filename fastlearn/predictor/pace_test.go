package predictor

import (
	"testing"
	"time"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// As many are joined as pays: the fewest whose pictures cost hardly more than the cheapest, also where costs change.
func TestPace(t *testing.T) {
	pass := func(alone, each float64) func(n int) float64 {
		return func(n int) float64 { return alone + each*float64(n) }
	}
	for name, c := range parity.Sorted(map[string]struct {
		costs []func(n int) float64 // of a batch of n, one after the other
		most  int
		want  int
	}{
		"each the same":       {[]func(int) float64{pass(0, 1)}, 16, 1},
		"a pass costs most":   {[]func(int) float64{pass(1, 0.05)}, 16, 16},
		"a pass costs some":   {[]func(int) float64{pass(0.2, 1)}, 16, 8},
		"large ones are slow": {[]func(int) float64{func(n int) float64 { return 0.5 + float64(n) + 0.1*float64(n*n) }}, 16, 2},
		"no power of two":     {[]func(int) float64{pass(1, 0.05)}, 12, 12},
		"alone":               {[]func(int) float64{pass(1, 0.05)}, 1, 1},
		"it changes":          {[]func(int) float64{pass(0, 1), pass(1, 0.05)}, 16, 16},
		"it changes back":     {[]func(int) float64{pass(1, 0.05), pass(0, 1)}, 16, 1},
	}) {
		var p pace
		for _, cost := range c.costs {
			for range 1000 {
				n := p.limit(c.most)
				if n < 1 || n > c.most {
					t.Fatalf("%s: %d of at most %d", name, n, c.most)
				}
				p.took(n, time.Duration(cost(n)*float64(time.Millisecond)))
			}
		}
		wanted := 0
		for range 320 {
			n := p.limit(c.most)
			if n == c.want {
				wanted++
			}
			p.took(n, time.Duration(c.costs[len(c.costs)-1](n)*float64(time.Millisecond)))
		}
		if wanted < 300 {
			t.Errorf("%s: %d of 320 batches are of %d", name, wanted, c.want)
		}
	}
}

// Before anything is known all that waits is joined.
func TestPaceBegins(t *testing.T) {
	var p pace
	for range 3 {
		if n := p.limit(16); n != 16 {
			t.Errorf("%d of 16", n)
		}
		p.took(16, time.Second)
	}
}
