package loss_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
)

type lossCase struct {
	Loss      string         `json:"loss"`
	Args      map[string]any `json:"args"`
	Reduction string         `json:"reduction"`
	loss      loss.Loss
}

// Losses, their gradients, activations and decoded predictions are fastai's in float32, by each reduction.
func TestLossesEqualFastai(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	const n, c = 6, 4
	rnd := rand.New(rand.NewPCG(1, 2))
	row := func(f func() float32) (out []float32) {
		for range c {
			out = append(out, f())
		}
		return out
	}
	var pred, labels, numbers [][]float32
	var classes []int64
	for range n {
		pred = append(pred, row(func() float32 { return float32(3 * rnd.NormFloat64()) }))
		labels = append(labels, row(func() float32 { return float32(rnd.IntN(2)) }))
		numbers = append(numbers, row(func() float32 { return float32(rnd.NormFloat64()) }))
		classes = append(classes, int64(rnd.IntN(c)))
	}
	weight, posWeight := row(rnd.Float32), row(func() float32 { return 1 + 3*rnd.Float32() })
	w, pw := torch.FromSlice(s, weight), torch.FromSlice(s, posWeight)
	w.Keep()
	pw.Keep()
	defer w.Close()
	defer pw.Close()
	type args = map[string]any
	var cases []lossCase
	for _, reduction := range []string{"mean", "sum", "none"} {
		for _, k := range []lossCase{
			{"ce", args{}, "", loss.CrossEntropy{}},
			{"ce", args{"weight": true}, "", loss.CrossEntropy{Weight: w}},
			{"ce", args{"weight": true, "label_smoothing": 0.2}, "", loss.CrossEntropy{Weight: w, LabelSmoothing: 0.2}},
			{"smooth", args{}, "", loss.LabelSmoothing{}},
			{"smooth", args{}, "", loss.CrossEntropy{LabelSmoothing: 0.1}},
			{"smooth", args{"eps": 0.3, "weight": true}, "", loss.LabelSmoothing{Eps: 0.3, Weight: w}},
			{"focal", args{}, "", loss.Focal{}},
			{"focal", args{"gamma": 1.5, "weight": true}, "", loss.Focal{Gamma: 1.5, Weight: w}},
			{"bce", args{}, "", loss.BCEWithLogits{}},
			{"bce", args{"thresh": 0.2}, "", loss.BCEWithLogits{Threshold: 0.2}},
			{"bce", args{"pos_weight": true}, "", loss.BCEWithLogits{PosWeight: pw}},
			{"bce", args{"weight": true, "flatten": false}, "", loss.BCEWithLogits{Weight: w}},
			{"bce", args{"weight": true, "pos_weight": true}, "", loss.BCEWithLogits{Weight: w, PosWeight: pw}},
			{"mse", args{}, "", loss.MSE{}},
			{"l1", args{}, "", loss.L1{}},
		} {
			k.Reduction = reduction
			cases = append(cases, k)
		}
	}
	var want []struct{ Value, Grad, Activated, Decoded []float64 }
	parity.Python(t, "losses.py", map[string]any{"pred": pred, "classes": classes, "labels": labels, "numbers": numbers,
		"weight": weight, "pos_weight": posWeight, "cases": cases}, &want)
	flat := func(rows [][]float32) *torch.Tensor {
		var all []float32
		for _, r := range rows {
			all = append(all, r...)
		}
		return torch.FromSlice(s, all, n, c)
	}
	targets := map[string]*torch.Tensor{"ce": torch.FromSlice(s, classes), "bce": flat(labels), "mse": flat(numbers)}
	targets["smooth"], targets["focal"], targets["l1"] = targets["ce"], targets["ce"], targets["mse"]
	reductions := map[string]torch.Reduction{"mean": torch.ReductionMean, "sum": torch.ReductionSum, "none": torch.ReductionNone}
	for i, k := range cases {
		name := fmt.Sprint(k.Loss, k.Args, k.Reduction)
		x := flat(pred)
		x.RequiresGrad_(true)
		value := k.loss.Loss(x, targets[k.Loss], reductions[k.Reduction])
		value.Sum().Backward()
		numbers := func(t *torch.Tensor) []float64 { return torch.ToSlice[float64](t.Detach().To(torch.Float64)) }
		grad := x.Grad()
		activated := k.loss.Activation(x)
		parity.Close(t, name, numbers(value), want[i].Value, parity.Rounding(parity.Float32, n*c, parity.Largest(want[i].Value)))
		parity.Close(t, name+" gradient", numbers(grad), want[i].Grad, parity.Rounding(parity.Float32, n*c, parity.Largest(want[i].Grad)))
		parity.Close(t, name+" activation", numbers(activated), want[i].Activated, parity.Rounding(parity.Float32, c, parity.Largest(want[i].Activated)))
		parity.Close(t, name+" decoded", numbers(k.loss.Decode(activated)), want[i].Decoded, 0)
		grad.Close()
	}
}
