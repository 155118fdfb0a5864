package nn

import "github.com/fastlearn-go/fastlearn/torch"

// ClipGradNorm_ scales the gradients of params down where their norm of order normType, which may be infinite, of all
// together is above maxNorm, and returns the norm that they had (torch.nn.utils.clip_grad_norm_): a scalar in scope s, so
// that nothing waits for the device, or nil without gradients.
func ClipGradNorm_(s *torch.Scope, params []*torch.Tensor, maxNorm, normType float64) *torch.Tensor {
	temporary := s.Child()
	defer temporary.Close()
	var total *torch.Tensor
	torch.NoGrad(func() {
		var grads, norms []*torch.Tensor
		for _, p := range params {
			if grad := p.Grad(); grad != nil {
				grad.Keep().MoveTo(temporary)
				grads, norms = append(grads, grad), append(norms, grad.Norm(normType))
			}
		}
		if len(grads) == 0 {
			return
		}
		total = torch.Stack(0, norms...).Norm(normType)
		scale := total.AddScalar(1e-6).PowScalar(-1).MulScalar(maxNorm)
		scale = scale.Minimum(temporary.With(total.DType(), total.Device()).Ones())
		for _, grad := range grads {
			grad.Mul_(scale)
		}
		total.MoveTo(s)
	})
	return total
}
