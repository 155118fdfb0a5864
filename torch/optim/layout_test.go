package optim_test

import (
	"path/filepath"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/optim"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// A step is the same whatever the order of elements in memory, also when the state is from before the parameter
// got its channels last, or from a file of either order.
func TestStateFollowsTheParametersLayout(t *testing.T) {
	for name, rule := range parity.Sorted(map[string]optim.Rule{
		"Adam": optim.Adam{}, "SGD": optim.SGD{}, "RMSProp": optim.RMSProp{Momentum: 0.9}, "RAdam": optim.RAdam{}, "QHAdam": optim.QHAdam{},
		"Lamb": optim.Lamb{}, "Larc": optim.Larc{}, "Lookahead": optim.Lookahead{Rule: optim.Larc{}, K: 2},
	}) {
		t.Run(name, func(t *testing.T) {
			s := torch.NewScope()
			defer s.Close()
			torch.ManualSeed(1)
			start, grad := s.Randn(4, 3, 5, 5), s.Randn(4, 3, 5, 5)
			set := func(p *torch.Tensor, f torch.MemoryFormat) {
				lain := p.Detach().ToFormat(f)
				p.Assign(lain)
				p.RequiresGrad_(true)
				p.SetGrad(grad.ToFormat(f))
			}
			// steps makes a step in one order, then another one in the other, the state going through a file in between or not.
			steps := func(first, second torch.MemoryFormat, file bool) *torch.Tensor {
				p := start.Clone()
				set(p, first)
				opt := optim.New(rule, []*torch.Tensor{p})
				defer func() { opt.Close() }()
				if err := opt.Set("lr", 0.1); err != nil {
					t.Fatal(err)
				}
				if err := opt.Set("mom", 0.9); err != nil {
					t.Fatal(err)
				}
				opt.Step()
				if file {
					state, err := opt.ToPTH()
					if err != nil {
						t.Fatal(err)
					}
					path := filepath.Join(t.TempDir(), "opt.pth")
					if err := pth.WriteFile(path, state, pth.NoSync()); err != nil {
						t.Fatal(err)
					}
					f, err := pth.Open(path)
					if err != nil {
						t.Fatal(err)
					}
					defer f.Close()
					opt.Close()
					opt = optim.New(rule, []*torch.Tensor{p})
					if err := opt.LoadPTH(f, f.Value().(*pth.Dict)); err != nil {
						t.Fatal(err)
					}
				}
				set(p, second)
				opt.Step()
				return p.Detach()
			}
			want := steps(torch.Contiguous, torch.Contiguous, false)
			for _, first := range []torch.MemoryFormat{torch.Contiguous, torch.ChannelsLast} {
				for _, second := range []torch.MemoryFormat{torch.Contiguous, torch.ChannelsLast} {
					for _, file := range []bool{false, true} {
						if by := steps(first, second, file).Sub(want).Abs().Max().Item(); by > 1e-6 {
							t.Errorf("format %d then %d, through a file %v: the parameter is off by %g", first, second, file, by)
						}
					}
				}
			}
		})
	}
}
