package nn_test

import (
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
)

// chapter4 is the end-to-end gradient descent of the book's chapter 4, and its BasicOptim on a linear layer.
var chapter4 = []string{`t = torch.arange(0, 20).double()
y = 0.75*(t - 9.5)**2 + 1
params = torch.tensor([1., -2., .5]).double().requires_grad_()
out = []
for i in range(10):
    a, b, c = params
    loss = ((a*(t**2) + b*t + c - y)**2).mean().sqrt()
    loss.backward()
    params.data -= 1e-5 * params.grad.data
    params.grad = None
    out.append(loss.item())
; out + params.tolist()`,
	`x = torch.sin(torch.arange(12).double()).reshape(4, 3)
y = torch.tensor([0., 1., 1., 0.]).double().reshape(4, 1)
weights = torch.tensor([[.5], [-1.], [2.]]).double().requires_grad_()
bias = torch.zeros(1).double().requires_grad_()
out = []
for i in range(10):
    preds = (x@weights + bias).sigmoid()
    loss = torch.where(y == 1, 1 - preds, preds).mean()
    loss.backward()
    for p in (weights, bias):
        p.data -= p.grad.data * .5
        p.grad = None
    out.append(loss.item())
; out + weights.flatten().tolist() + bias.tolist()`}

// Parameters without a module are trained by arithmetic as in the book, to Python's numbers, and a step leaves no tensor.
func TestChapter4(t *testing.T) {
	collector.Off(t)
	var wants []struct {
		Value []float64
		Error string
	}
	parity.Python(t, "checks.py", chapter4, &wants)
	s := torch.NewScope()
	defer s.Close()
	param := func(v []float64, shape ...int64) *torch.Tensor {
		return torch.FromSlice(nil, v, shape...).RequiresGrad_(true)
	}
	descend := func(want []float64, lr float64, params []*torch.Tensor, loss func(step *torch.Scope) *torch.Tensor) {
		t.Helper()
		var out []float64
		before := torch.LiveTensors()
		for range 10 {
			step := s.Child()
			l := loss(step)
			l.Backward()
			torch.NoGrad(func() {
				for _, p := range params {
					p.Sub_(p.In(step).Grad().MulScalar(lr)) // p.data -= p.grad * lr
					p.SetGrad(nil)                          // p.grad = None
				}
			})
			out = append(out, l.Item())
			step.Close()
		}
		if n := torch.LiveTensors() - before; n != 0 {
			t.Errorf("%d tensors are left", n)
		}
		for _, p := range params {
			out = append(out, numbers(p.In(s))...)
			p.Close()
		}
		parity.Close(t, "losses and parameters", out, want, 1e-10)
	}

	time := s.With(torch.Float64).Arange(20)
	speed := time.AddScalar(-9.5).PowScalar(2).MulScalar(.75).AddScalar(1)
	params := param([]float64{1, -2, .5}, 3)
	descend(wants[0].Value, 1e-5, []*torch.Tensor{params}, func(step *torch.Scope) *torch.Tensor {
		abc := params.In(step).Unbind(0) // params alone has no scope
		preds := abc[0].Mul(time.PowScalar(2).MoveTo(step)).Add(abc[1].Mul(time)).Add(abc[2])
		return preds.Sub(speed).PowScalar(2).Mean().Sqrt()
	})

	x := s.With(torch.Float64).Arange(12).Sin().View(4, 3)
	y := torch.FromSlice(s, []float64{0, 1, 1, 0}, 4, 1)
	weights, bias := param([]float64{.5, -1, 2}, 3, 1), param([]float64{0}, 1)
	descend(wants[1].Value, .5, []*torch.Tensor{weights, bias}, func(step *torch.Scope) *torch.Tensor {
		preds := x.In(step).MatMul(weights).Add(bias).Sigmoid()
		return preds.Neg().AddScalar(1).Where(y.In(step).EqScalar(1), preds).Mean()
	})
}
