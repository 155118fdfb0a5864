package models

import (
	"math"
	"strconv"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// fill draws the weights of all convolutions and linear layers anew, in order, and makes their biases 0; a nil function leaves
// that kind of layer as it is.
func fill(m nn.Module, conv, linear func(weight *torch.Tensor)) {
	nn.Walk(m, func(_ string, m nn.Module) {
		switch m := m.(type) {
		case *nn.Conv2d:
			refill(m.Weight, m.Bias, conv)
		case *nn.Linear:
			refill(m.Weight, m.Bias, linear)
		case *nn.Parametrized: // a convolution without a bias
			refill(nn.Own(m)[0].Tensor, nil, conv)
		}
	})
}

func refill(weight, bias *torch.Tensor, draw func(weight *torch.Tensor)) {
	if draw == nil {
		return
	}
	draw(weight)
	if bias != nil {
		nn.Constant_(bias, 0)
	}
}

func kaimingOut(w *torch.Tensor) { nn.KaimingNormal_(w, nn.FanOut) }
func kaimingIn(w *torch.Tensor)  { nn.KaimingNormal_(w, nn.FanIn) }

func normal(std float64) func(w *torch.Tensor) {
	return func(w *torch.Tensor) { nn.Normal_(w, 0, std) }
}

func truncated(std float64) func(w *torch.Tensor) {
	return func(w *torch.Tensor) { nn.TruncNormal_(w, 0, std) }
}

// divisible rounds v to a multiple of divisor that is not much below it (torchvision's _make_divisible).
func divisible(v float64, divisor int64) int64 {
	d := float64(divisor)
	n := max(d, math.Floor((v+d/2)/d)*d)
	if n < 0.9*v {
		n += d
	}
	return int64(n)
}

func itoa(i int) string { return strconv.Itoa(i) }
