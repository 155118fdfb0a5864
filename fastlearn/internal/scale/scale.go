// Package scale divides axes at round numbers, and writes numbers as people read them.
package scale

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Tick is a place on an axis, with what is written there.
type Tick struct {
	Value float64
	Label string
}

// Ticks are round numbers from lo to hi, both included where they are round: about n of them,
// 1, 2 or 5 times a power of ten apart, and at least one apart if whole is set.
func Ticks(lo, hi float64, n int, whole bool) []Tick {
	step := step(lo, hi, n)
	if whole {
		step = math.Max(1, step)
	}
	if step == 0 || math.IsInf(step, 0) || math.IsNaN(step) {
		return []Tick{{lo, Short(lo)}}
	}
	var ticks []Tick
	first, last := math.Ceil(lo/step-1e-9), math.Floor(hi/step+1e-9)
	for k := first; k <= last && len(ticks) < 100; k++ {
		ticks = append(ticks, Tick{k * step, label(k*step, step)})
	}
	return ticks
}

// step is the distance of about n round numbers from lo to hi.
func step(lo, hi float64, n int) float64 {
	rough := (hi - lo) / float64(max(n, 1))
	if !(rough > 0) {
		return 0
	}
	power := math.Pow(10, math.Floor(math.Log10(rough)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= rough*0.999 {
			return m * power
		}
	}
	return 10 * power
}

// label writes a tick with as many digits as tell it from its neighbours.
func label(v, step float64) string {
	if v == 0 {
		return "0"
	}
	if step < 1e-4 || math.Abs(v) >= 1e6 {
		return Short(v)
	}
	return strconv.FormatFloat(v, 'f', max(0, int(math.Ceil(-math.Log10(step)-1e-9))), 64)
}

// Short writes a number in few characters: 3e-5, 0.002, 12, 1.5e6.
func Short(v float64) string {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Sprint(v)
	}
	if a := math.Abs(v); a >= 1e-3 && a < 1e6 {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	exp := math.Floor(math.Log10(math.Abs(v)))
	return fmt.Sprintf("%se%d", strconv.FormatFloat(v/math.Pow(10, exp), 'g', 2, 64), int(exp))
}

// Thousands groups an integer's digits: 11,689,512.
func Thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Shape writes a tensor's: 1×64×112×112.
func Shape(shape []int64) string {
	if len(shape) == 0 {
		return "scalar"
	}
	parts := make([]string, len(shape))
	for i, n := range shape {
		parts[i] = strconv.FormatInt(n, 10)
	}
	return strings.Join(parts, "×")
}

// Clock writes how long an epoch took, in minutes and seconds as fastai's table has it: 01:05.
func Clock(d time.Duration) string {
	d = d.Round(time.Second)
	return fmt.Sprintf("%02d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}

// Decades are the powers of ten from lo to hi, which are positive; of fewer than two, also their
// 2- and 5-fold.
func Decades(lo, hi float64) []Tick {
	for _, factors := range [][]float64{{1}, {1, 2, 5}} {
		var ticks []Tick
		for e := math.Floor(math.Log10(lo)); e <= math.Log10(hi); e++ {
			for _, f := range factors {
				if v := f * math.Pow(10, e); v >= lo*0.999 && v <= hi*1.001 {
					ticks = append(ticks, Tick{v, Short(v)})
				}
			}
		}
		if len(ticks) >= 2 {
			return ticks
		}
	}
	return []Tick{{lo, Short(lo)}, {hi, Short(hi)}}
}
