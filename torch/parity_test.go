package torch_test

import (
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
)

func TestEqualToPyTorch(t *testing.T) {
	ns := []int64{1, 10, 1000, 8189}
	var want struct {
		RandPerm      [][]int64 `json:"randperm"`
		Normal        []float64 `json:"normal"`
		Dropout       []float64 `json:"dropout"`
		AutocastDType string    `json:"autocast_dtype"`
		Loss          float64   `json:"loss"`
		Grad          []float64 `json:"grad"`
	}
	parity.Python(t, "torch_ops.py", map[string]any{"randperm": ns}, &want)
	s := torch.NewScope()
	defer s.Close()
	for i, n := range ns {
		torch.ManualSeed(42)
		got := torch.ToSlice[int64](s.RandPerm(n))
		for j := range got {
			if got[j] != want.RandPerm[i][j] {
				t.Fatalf("randperm(%d)[%d] = %d, want %d", n, j, got[j], want.RandPerm[i][j])
			}
		}
	}
	torch.ManualSeed(7)
	parity.Close(t, "randn", doubles(s.Randn(20)), want.Normal, 0)
	parity.Close(t, "dropout", doubles(torch.Dropout(s.Ones(40), 0.3)), want.Dropout, 0)

	torch.ManualSeed(3)
	x, w := s.Randn(4, 8), s.Randn(5, 8).RequiresGrad_(true)
	var y *torch.Tensor
	torch.Autocast(x.Device(), torch.BFloat16, func() { y = torch.Linear(x, w, nil) })
	if got := "torch." + y.DType().String(); got != want.AutocastDType {
		t.Errorf("autocast gives %s, want %s", got, want.AutocastDType)
	}
	loss := torch.CrossEntropy(y.To(torch.Float32), torch.FromSlice(s, []int64{0, 1, 2, 3}),
		torch.CrossEntropyOptions{Reduction: torch.ReductionMean, LabelSmoothing: 0.1})
	loss.Backward()
	// Both run the same bfloat16 kernel on the same processor; what follows it, in float32, may add in another order.
	parity.Close(t, "loss", []float64{loss.Item()}, []float64{want.Loss}, parity.Rounding(parity.Float32, 4*5, want.Loss))
	parity.Close(t, "gradient", doubles(w.Grad()), want.Grad, parity.Rounding(parity.Float32, 4*5, parity.Largest(want.Grad)))
}

func doubles(x *torch.Tensor) []float64 { return torch.ToSlice[float64](x.To(torch.Float64)) }
