package optim

import (
	"testing"

	"github.com/fastlearn-go/fastlearn/torch"
)

// A step whose lists don't fit changes nothing; without parameters it does nothing.
func TestStepsTakeListsOfOneLength(t *testing.T) {
	type tensors = []*torch.Tensor
	steps := []struct {
		name string
		step func(p, a, b, n tensors)
	}{
		{"AdamW", func(p, a, b, n tensors) { fusedAdamW(p, a, b, n, 1, .9, .99, 0, 1e-5) }},
		{"SGD", func(p, a, b, n tensors) { fusedSGD(p, a, 1, .9) }},
		{"RMSProp", func(p, a, b, n tensors) { stepRMSProp(p, a, b, 1, .9, .9, 1e-5) }},
		{"RAdam", func(p, a, b, n tensors) { stepRAdam(p, a, b, n, 1, .9, .9, 1e-5, 0) }},
		{"QHAdam", func(p, a, b, n tensors) { stepQHAdam(p, a, b, n, 1, .9, .9, 1, 1, 1e-5) }},
		{"Lamb", func(p, a, b, n tensors) { stepLamb(p, a, b, n, 1, .9, .9, 1e-5) }},
		{"Larc", func(p, a, b, n tensors) { stepLarc(p, a, 1, .9, 1, 0, 1e-5, true) }},
		{"Lookahead", func(p, a, b, n tensors) { stepLookahead(p, a, .5) }},
	}
	for _, c := range steps {
		t.Run(c.name, func(t *testing.T) {
			s := torch.NewScope()
			defer s.Close()
			some := func(n int, size int64) (out tensors) {
				for range n {
					out = append(out, s.Ones(size))
				}
				return out
			}
			p := some(3, 4)
			for _, x := range p {
				x.SetGrad(s.Ones(4))
			}
			counts := some(3, 1)
			for _, wrong := range []struct {
				name  string
				state tensors
			}{
				{"fewer", some(2, 4)}, {"smaller", some(3, 1)}, {"nil", tensors{p[0], nil, p[2]}},
				{"other dtype", tensors{p[0], p[1], s.With(torch.Float64).Ones(4)}},
			} {
				if err := torch.Try(func() { c.step(p, wrong.state, wrong.state, counts) }); err == nil {
					t.Errorf("%s: no error", wrong.name)
				}
			}
			for _, x := range append(p, counts...) {
				if torch.ToSlice[float32](x)[0] != 1 {
					t.Error("a step that was refused changed something")
				}
			}
			if err := torch.Try(func() { c.step(nil, nil, nil, nil) }); err != nil {
				t.Errorf("without parameters: %v", err)
			}
		})
	}
}
