// Package redraw draws a model's parameters and buffers anew, as internal/parity/python/models.py does, so that a wrong one shows.
package redraw

import (
	"math"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Entry draws one of them, by its name; integers stay.
func Entry(n nn.Named) {
	last := n.Name[strings.LastIndex(n.Name, ".")+1:]
	torch.NoGrad(func() {
		switch {
		case !n.DType().IsFloatingPoint():
		case last == "running_var" || last == "weight" && n.Dim() == 1:
			n.Uniform_(0.5, 1.5)
		case strings.HasSuffix(last, "weight") && n.Dim() > 1:
			bound := math.Sqrt(3 / (float64(n.Numel()) / float64(n.Size(0))))
			n.Uniform_(-bound, bound)
		default:
			n.Uniform_(-1, 1)
		}
	})
}
