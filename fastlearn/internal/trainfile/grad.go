package trainfile

import "github.com/fastlearn-go/fastlearn/torch"

// SaveGrad returns a parameter's gradient for a file: nil where there is none, 0 for zeros, which
// they are after each step; only accumulated gradients are more.
func SaveGrad(s *torch.Scope, p *torch.Tensor) (any, error) {
	g := p.Grad()
	if g == nil {
		return nil, nil
	}
	g.MoveTo(s)
	if largest := g.Abs().Max(); largest.Item() == 0 {
		return int64(0), nil
	}
	return torch.ToPTH(g)
}

// LoadGrad puts back what [SaveGrad] made, and whether the parameter is trained.
func LoadGrad(s *torch.Scope, f torch.Holder, v any, p *torch.Tensor, trained bool) error {
	var grad *torch.Tensor
	if v != nil {
		if err := torch.Try(func() { torch.NoGrad(func() { grad = torch.ZerosLike(p).MoveTo(s) }) }); err != nil {
			return err
		}
		if v != int64(0) {
			if err := torch.CopyPTH(grad, f, v); err != nil {
				return err
			}
		}
	}
	return torch.Try(func() {
		p.SetGrad(grad)
		p.RequiresGrad_(trained)
	})
}
