package nn_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// The training loop of the book's chapter 4: parameters that are plain tensors, a model that is a function, and a step
// that is arithmetic.
func Example_chapter4() {
	torch.ManualSeed(42)
	s := torch.NewScope()
	defer s.Close()
	x := s.Randn(256, 4)
	y := x.KeepDim().Sum(1).GtScalar(0).To(torch.Float32)

	weights := s.Randn(4, 1).RequiresGrad_(true)
	bias := s.Randn(1).RequiresGrad_(true)

	linear := func(x *torch.Tensor) *torch.Tensor { return x.MatMul(weights).Add(bias) }
	accuracy := func(x, y *torch.Tensor) float64 {
		return linear(x).GtScalar(0).To(torch.Float32).Eq(y).To(torch.Float32).Mean().Item()
	}
	mnistLoss := func(preds, y *torch.Tensor) *torch.Tensor {
		preds = preds.Sigmoid()
		return preds.Neg().AddScalar(1).Where(y.EqScalar(1), preds).Mean()
	}

	for range 20 { // epochs
		for from := int64(0); from < 256; from += 64 {
			step := s.Child()
			xb, yb := x.Narrow(0, from, 64).MoveTo(step), y.Narrow(0, from, 64).MoveTo(step)
			mnistLoss(linear(xb), yb).Backward()
			for _, p := range []*torch.Tensor{weights, bias} {
				torch.NoGrad(func() { p.Sub_(p.Grad().MulScalar(4)) }) // p.data -= p.grad * lr
				p.Grad().Zero_()
			}
			step.Close()
		}
	}
	fmt.Println(accuracy(x, y) > 0.95)
	// Output: true
}

// mlp is a module: its fields are its layers, and give the keys of its state_dict.
type mlp struct {
	nn.Base
	Hidden, Out *nn.Linear
	Temperature *torch.Tensor
}

func newMLP(in, hidden, out int64) *mlp {
	return &mlp{
		Hidden:      nn.NewLinear(in, hidden),
		Out:         nn.NewLinear(hidden, out),
		Temperature: torch.Scalar(nil, float32(1)).RequiresGrad_(true),
	}
}

func (m *mlp) Forward(x *torch.Tensor) *torch.Tensor {
	x = nn.Call(m.Hidden, x).Relu()
	return nn.Call(m.Out, x).Div(m.Temperature)
}

// Hooks look at activations and gradients, of a module and of a tensor.
func Example_hooks() {
	model := newMLP(4, 8, 2)
	defer nn.Close(model)
	s := torch.NewScope()
	defer s.Close()
	x := s.Ones(3, 4)

	removeForward := nn.OnForward(model.Hidden, nil, func(x, y *torch.Tensor) {
		fmt.Println("activations", y.Shape())
	})
	defer removeForward()

	removeBackward := nn.OnBackward(model.Out, func(gradIn, gradOut *torch.Tensor) {
		fmt.Println("gradients", gradIn.Shape(), gradOut.Shape())
	})
	defer removeBackward()

	y := nn.Call(model, x)
	removeHook := y.RegisterHook(func(grad *torch.Tensor) *torch.Tensor { return grad.MulScalar(2) })
	defer removeHook()

	y.Sum().Backward()
	fmt.Println(model.Out.Bias.Grad())
	for _, t := range nn.StateDict(model) {
		fmt.Println(t.Name)
	}
	// Output:
	// activations [3 8]
	// gradients [3 8] [3 2]
	// tensor([6., 6.])
	// temperature
	// hidden.weight
	// hidden.bias
	// out.weight
	// out.bias
}

// A loop that keeps what it should free, and the line that made it.
func Example_leak() {
	s := torch.NewScope()
	defer s.Close()
	x := s.Ones(2, 3)
	var losses []*torch.Tensor

	leaky := func() {
		losses = append(losses, x.Mean()) // a tensor for each step, in the scope of the data
	}

	for _, made := range torch.Leaks(leaky) {
		fmt.Println(made.Count, made.Tensor, strings.HasPrefix(made.Where, "example_byhand_test.go:"))
	}
	// Output: 1 float32[] true
}

// Within an expression an operation panics; Try makes an error of it.
func Example_errors() {
	s := torch.NewScope()
	defer s.Close()

	var y *torch.Tensor
	err := torch.Try(func() { y = s.Ones(2, 3).MatMul(s.Ones(2, 3)) })

	var wrong *torch.Error
	fmt.Println(errors.As(err, &wrong), wrong.Op, wrong.Operands, y == nil)
	// Output: true matmul [float32[2×3] float32[2×3]] true
}
