package nn

import (
	"fmt"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// ToPTH is m's state_dict for [pth.WriteFile], with the _metadata that PyTorch writes.
// Its tensors are m's own memory where they can be: keep m open and untouched until
// the file is written.
func ToPTH(m Module) (*pth.Dict, error) {
	state, metadata := pth.NewOrderedDict(), pth.NewOrderedDict()
	for _, n := range StateDict(m) {
		t, err := torch.ToPTH(n.Tensor)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", n.Name, err)
		}
		state.Set(n.Name, t)
	}
	Walk(m, func(name string, m Module) {
		version := int64(1)
		if _, ok := m.(*BatchNorm); ok {
			version = 2 // since then it counts batches
		}
		entry := pth.NewDict()
		entry.Set("version", version)
		metadata.Set(name, entry)
	})
	state.SetMetadata(metadata)
	return state, nil
}

// FromPTH makes tensors in scope s of a state_dict that was read from f, for [LoadStateDict].
// They look at f's own bytes, see [torch.FromPTH].
func FromPTH(s *torch.Scope, f torch.Holder, state *pth.Dict) (map[string]*torch.Tensor, error) {
	out := make(map[string]*torch.Tensor, state.Len())
	for k, v := range state.All() {
		key, isString := k.(string)
		t, isTensor := v.(*pth.Tensor)
		if !isString || !isTensor {
			return nil, fmt.Errorf("not a state_dict: %v is %T, want names of tensors", k, v)
		}
		var err error
		if out[key], err = torch.FromPTH(s, f, t); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	return out, nil
}
