package fastlearn

import (
	"fmt"
	"math"

	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// Schedule is a hyperparameter's value at a point of the training, 0 … 1.
type Schedule func(pos float64) float64

// SchedLin goes from start to end in a line.
func SchedLin(start, end float64) Schedule {
	return func(pos float64) float64 { return start + pos*(end-start) }
}

// SchedCos goes from start to end along half a cosine.
func SchedCos(start, end float64) Schedule {
	return func(pos float64) float64 { return start + (1+math.Cos(math.Pi*(1-pos)))*(end-start)/2 }
}

// SchedNo stays at start.
func SchedNo(start, _ float64) Schedule { return func(float64) float64 { return start } }

// SchedExp goes from start to end by equal factors.
func SchedExp(start, end float64) Schedule {
	return func(pos float64) float64 { return start * math.Pow(end/start, pos) }
}

// SchedPoly goes from start to end by a power.
func SchedPoly(start, end, power float64) Schedule {
	return func(pos float64) float64 { return start + (end-start)*math.Pow(pos, power) }
}

// CombineScheds runs schedules one after the other, each for its part of the
// training; the parts add up to 1 (fastai's combine_scheds).
//
// fastai keeps the parts in float32 tensors, so positions within a part are
// rounded to float32; so are they here, to give its very numbers.
func CombineScheds(parts []float64, scheds []Schedule) (Schedule, error) {
	if len(parts) != len(scheds) || len(parts) == 0 {
		return nil, fmt.Errorf("fastlearn: %d parts for %d schedules", len(parts), len(scheds))
	}
	sum := 0.0
	for _, p := range parts {
		if !(p >= 0) {
			return nil, fmt.Errorf("fastlearn: a schedule's part isn't 0 or more: %v", parts)
		}
		sum += p
	}
	if math.Abs(sum-1) > 1e-9 {
		return nil, fmt.Errorf("fastlearn: the schedules' parts %v add up to %v, not 1", parts, sum)
	}
	if err := guard.All("fastlearn: CombineScheds", "schedule", scheds, func(Schedule) {}); err != nil {
		return nil, err
	}
	return combine(parts, scheds), nil
}

func combine(parts []float64, scheds []Schedule) Schedule {
	starts := make([]float32, len(parts)+1)
	total := 0.0
	for i, p := range parts {
		total += float64(float32(p))
		starts[i+1] = float32(total)
	}
	return func(pos float64) float64 {
		p, i := float32(pos), 0
		for j := range scheds {
			if p >= starts[j] {
				i = j
			}
		}
		return scheds[i](float64((p - starts[i]) / (starts[i+1] - starts[i])))
	}
}

// CombinedCos goes by cosines from start to middle in the first part of the
// training and from there to end (fastai's combined_cos).
func CombinedCos(part, start, middle, end float64) Schedule {
	return combine([]float64{part, 1 - part}, []Schedule{SchedCos(start, middle), SchedCos(middle, end)})
}
