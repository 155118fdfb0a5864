package torch_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
)

// A tensor prints as PyTorch prints it, to the letter.
func TestPrintsAsPyTorch(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	nan, inf := math.NaN(), math.Inf(1)
	of := func(shape []int64, values ...float64) *torch.Tensor { return torch.FromSlice(s, values, shape...) }
	ramp := func(shape ...int64) *torch.Tensor {
		n := int64(1)
		for _, d := range shape {
			n *= d
		}
		return s.Arange(n).View(shape...)
	}
	cases := []*torch.Tensor{
		of([]int64{}, 1.5), of([]int64{}, 2), of([]int64{1}, 0), of([]int64{2}, 0, 0), of([]int64{3}, 1, 2, -3), of([]int64{3}, 1, 2.25, -3),
		of([]int64{2}, 1e-5, 1), of([]int64{2}, 1e9, 1), of([]int64{2}, 123456, 1), of([]int64{2}, 1e-5, 2e-5), of([]int64{3}, nan, inf, -inf), of([]int64{2}, nan, 5), of([]int64{3}, -inf, 0.5, 0), of([]int64{2}, 5, math.Copysign(0, -1)),
		of([]int64{3}, nan, 1, -2), of([]int64{4}, nan, 0.5, inf, -100), of([]int64{2, 2}, 1, 2, 3, 4), of([]int64{1, 1, 1}, math.Copysign(0, -1)),
		of([]int64{2}, 999.99, 1), of([]int64{2}, 1000, 1), of([]int64{2}, 1001, 1), of([]int64{2}, 1e8, 1e6), of([]int64{2}, 0.12345678, 12.5),
		ramp(3), ramp(2, 3), ramp(2, 2, 2), ramp(2, 1, 2, 2), ramp(40), ramp(1000), ramp(1001), ramp(40, 40), ramp(7, 30, 30), ramp(2, 600), ramp(600, 2),
		ramp(50).To(torch.Float64).MulScalar(0.37), ramp(25, 50).To(torch.Float64).MulScalar(-1.01),
		s.Zeros(0), s.Zeros(0, 3), s.With(torch.Int64).Zeros(2, 0),
		s.With(torch.Bool).Ones(2), ramp(4).Gt(s.With(torch.Int64).Ones(1)), ramp(3).To(torch.Uint8), ramp(3).To(torch.Int32), ramp(100).To(torch.Int16),
		of([]int64{3}, 1.1, 2.7, -3).To(torch.BFloat16), of([]int64{3}, 1.1, 2.7, -3).To(torch.Float16), of([]int64{2}, 1.1, 2).To(torch.Float32),
		of([]int64{2, 4}, 1, 2, 3, 4, 5, 6, 7, 8).Transpose(0, 1),
	}
	in := make([]map[string]any, len(cases))
	for i, x := range cases {
		values := make([]any, 0, x.Numel()) // JSON has neither NaN nor infinity
		for _, v := range doubles(x) {
			values = append(values, fmt.Sprint(v))
		}
		in[i] = map[string]any{"dtype": x.DType().String(), "shape": x.Shape(), "values": values}
	}
	var want []string
	parity.Python(t, "printed.py", in, &want)
	collector.Off(t)
	live := torch.LiveTensors()
	for i, x := range cases {
		if got := x.String(); got != want[i] {
			t.Errorf("%s %v prints as\n%s\nwant\n%s", x.DType(), x.Shape(), got, want[i])
		}
	}
	if n := torch.LiveTensors() - live; n != 0 {
		t.Errorf("%d tensors are left", n)
	}
}

func TestPrintsWhatIsNoTensor(t *testing.T) {
	s := torch.NewScope()
	x := s.Ones(2).RequiresGrad_(true)
	if got := fmt.Sprint(x); got != "tensor([1., 1.], requires_grad=True)" {
		t.Error(got)
	}
	s.Close()
	if got := fmt.Sprint(x, (*torch.Tensor)(nil)); got != "tensor(closed) tensor(nil)" {
		t.Error(got)
	}
}
