package fastlearn

import (
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// Every value of a schedule equals fastai's, its float32 positions included.
func TestSchedulesEqualFastai(t *testing.T) {
	positions := make([]float64, 0, 203)
	for i := range 201 {
		positions = append(positions, float64(i)/200)
	}
	positions = append(positions, 1.0/3, 0.1+0.2)
	type spec struct {
		Kind  string    `json:"kind"`
		Args  []float64 `json:"args"`
		Parts []float64 `json:"parts"`
	}
	combined, err := CombineScheds([]float64{0.2, 0.3, 0.5}, []Schedule{SchedLin(0, 1), SchedCos(1, 0.5), SchedExp(0.5, 0.01)})
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		spec  spec
		sched Schedule
	}{
		{spec{Kind: "lin", Args: []float64{1, 3}}, SchedLin(1, 3)},
		{spec{Kind: "cos", Args: []float64{0.3, 2e-5}}, SchedCos(0.3, 2e-5)},
		{spec{Kind: "no", Args: []float64{1, 3}}, SchedNo(1, 3)},
		{spec{Kind: "exp", Args: []float64{1e-7, 10}}, SchedExp(1e-7, 10)},
		{spec{Kind: "poly", Args: []float64{1, 2, 3}}, SchedPoly(1, 2, 3)},
		{spec{Kind: "combined_cos", Args: []float64{0.25, 4e-4, 1e-2, 1e-7}}, CombinedCos(0.25, 4e-4, 1e-2, 1e-7)},
		{spec{Kind: "combined_cos", Args: []float64{0.3, 0.95, 0.85, 0.95}}, CombinedCos(0.3, 0.95, 0.85, 0.95)},
		{spec{Kind: "combined_cos", Args: []float64{0.99, 1e-3, 2e-3, 1e-8}}, CombinedCos(0.99, 1e-3, 2e-3, 1e-8)},
		{spec{Kind: "three", Parts: []float64{0.2, 0.3, 0.5}}, combined},
	}
	in := struct {
		Positions []float64 `json:"positions"`
		Cases     []spec    `json:"cases"`
	}{Positions: positions}
	for _, c := range cases {
		in.Cases = append(in.Cases, c.spec)
	}
	var want [][]float64
	parity.Python(t, "schedules.py", in, &want)
	for i, c := range cases {
		got := make([]float64, len(positions))
		for j, p := range positions {
			got[j] = c.sched(p)
		}
		// Two libraries' cosines may differ in their last bit: 1e-15 of the largest value.
		parity.Close(t, c.spec.Kind, got, want[i], 1e-15*slices.Max(want[i]))
	}
	if _, err := CombineScheds([]float64{0.5, 0.4}, []Schedule{SchedNo(1, 1), SchedNo(1, 1)}); err == nil {
		t.Error("parts that don't add up to 1 must be refused")
	}
}

func TestLearningRates(t *testing.T) {
	for _, c := range []struct {
		lr   LearningRate
		n    int
		want []float64
	}{
		{LR(1e-3), 3, []float64{1e-3, 1e-3, 1e-3}},
		{SliceTo(1e-3), 3, []float64{1e-4, 1e-4, 1e-3}},
		{Slice(1e-6, 1e-4), 3, []float64{1e-6, 1e-5, 1e-4}},
		{Slice(1e-6, 1e-4), 1, []float64{1e-4}},
		{LRs(1, 2, 3), 3, []float64{1, 2, 3}},
	} {
		got, err := c.lr.rates(c.n)
		if err != nil {
			t.Error(err)
		}
		parity.Relative(t, "rates", got, c.want, 1e-12)
	}
	for _, bad := range []LearningRate{LR(-1), LRs(1, 2), LR(0 / zero())} {
		if _, err := bad.rates(3); err == nil {
			t.Errorf("%v must be refused", bad)
		}
	}
}

func zero() float64 { return 0 }
