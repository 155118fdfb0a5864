package nn

import (
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
)

// GradCAM returns, for each item of x, a map N×h×w of how much each place of layer's output, N×C×h×w, adds to a score: the sum of its channels,
// each weighted by the mean of the score's gradient over its places (Grad-CAM, as in chapter 18 of fastai's book; the paper's also drops what is below 0). layer is m or below it.
// score makes one number of m's output, such as the sum over the items of one class's output. The map lives in x's scope.
//
// The model should be in evaluation mode. Its parameters may be frozen, and their gradients stay as they are.
func GradCAM(m, layer Module, x *torch.Tensor, score func(y *torch.Tensor) *torch.Tensor) *torch.Tensor {
	if err := guard.Given("nn: GradCAM", m, layer, x, score); err != nil {
		panic(&torch.Error{Op: "grad_cam", Msg: err.Error()})
	}
	check("grad_cam", x.DType().IsFloatingPoint(), "the input is %v: it has no gradients", x.DType())
	s := torch.NewScope()
	defer s.Close()
	var seen, grad *torch.Tensor
	defer OnForward(layer, nil, func(_, y *torch.Tensor) {
		if !y.RequiresGrad() {
			return
		}
		seen = y.Detach().MoveTo(s).Clone() // what follows may work in place on it
		y.RegisterHook(func(g *torch.Tensor) *torch.Tensor {
			grad = g.Detach().Keep()
			return nil
		})
	})()
	defer frozen(m)()
	torch.EnableGrad(func() { score(Call(m, x.Detach().MoveTo(s).RequiresGrad_(true).Clone())).Backward() })
	check("grad_cam", seen != nil, "the layer didn't run where the model's output comes from: want one that the model runs by nn.Call, such as the model's body")
	check("grad_cam", grad != nil, "the score doesn't depend on the layer")
	grad.MoveTo(s)
	check("grad_cam", seen.Dim() == 4, "the layer's output has the shape %v: want N×C×h×w, as of a convolution", seen.Shape())
	return grad.KeepDim().Mean(2, 3).Mul(seen).Sum(1).MoveTo(x.Scope())
}

// frozen turns the gradients of m's parameters off until thaw is called.
func frozen(m Module) (thaw func()) {
	var trained []*torch.Tensor
	for _, p := range Parameters(m) {
		if p.RequiresGrad() {
			trained = append(trained, p.RequiresGrad_(false))
		}
	}
	return func() {
		for _, p := range trained {
			p.RequiresGrad_(true)
		}
	}
}
