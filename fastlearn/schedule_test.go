package fastlearn_test

import (
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
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
	combined, err := fastlearn.CombineScheds([]float64{0.2, 0.3, 0.5}, []fastlearn.Schedule{fastlearn.SchedLin(0, 1), fastlearn.SchedCos(1, 0.5), fastlearn.SchedExp(0.5, 0.01)})
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		spec  spec
		sched fastlearn.Schedule
	}{
		{spec{Kind: "lin", Args: []float64{1, 3}}, fastlearn.SchedLin(1, 3)},
		{spec{Kind: "cos", Args: []float64{0.3, 2e-5}}, fastlearn.SchedCos(0.3, 2e-5)},
		{spec{Kind: "no", Args: []float64{1, 3}}, fastlearn.SchedNo(1, 3)},
		{spec{Kind: "exp", Args: []float64{1e-7, 10}}, fastlearn.SchedExp(1e-7, 10)},
		{spec{Kind: "poly", Args: []float64{1, 2, 3}}, fastlearn.SchedPoly(1, 2, 3)},
		{spec{Kind: "combined_cos", Args: []float64{0.25, 4e-4, 1e-2, 1e-7}}, fastlearn.CombinedCos(0.25, 4e-4, 1e-2, 1e-7)},
		{spec{Kind: "combined_cos", Args: []float64{0.3, 0.95, 0.85, 0.95}}, fastlearn.CombinedCos(0.3, 0.95, 0.85, 0.95)},
		{spec{Kind: "combined_cos", Args: []float64{0.99, 1e-3, 2e-3, 1e-8}}, fastlearn.CombinedCos(0.99, 1e-3, 2e-3, 1e-8)},
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
	if _, err := fastlearn.CombineScheds([]float64{0.5, 0.4}, []fastlearn.Schedule{fastlearn.SchedNo(1, 1), fastlearn.SchedNo(1, 1)}); err == nil {
		t.Error("parts that don't add up to 1 must be refused")
	}
}

func TestLearningRates(t *testing.T) {
	for _, c := range []struct {
		lr   fastlearn.LearningRate
		n    int
		want []float64
	}{
		{fastlearn.LR(1e-3), 3, []float64{1e-3, 1e-3, 1e-3}},
		{fastlearn.SliceTo(1e-3), 3, []float64{1e-4, 1e-4, 1e-3}},
		{fastlearn.Slice(1e-6, 1e-4), 3, []float64{1e-6, 1e-5, 1e-4}},
		{fastlearn.Slice(1e-6, 1e-4), 1, []float64{1e-4}},
		{fastlearn.LR(1, 2, 3), 3, []float64{1, 2, 3}},
	} {
		got, err := fastlearn.RatesOf(c.lr, c.n)
		if err != nil {
			t.Error(err)
		}
		parity.Relative(t, "rates", got, c.want, 1e-12)
	}
	for _, bad := range []fastlearn.LearningRate{fastlearn.LR(-1), fastlearn.LR(1, 2), fastlearn.LR(0 / zero())} {
		if _, err := fastlearn.RatesOf(bad, 3); err == nil {
			t.Errorf("%v must be refused", bad)
		}
	}
}

func zero() float64 { return 0 }
