package nn

import (
	"fmt"
	"slices"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// ToPTH is m's state_dict for [pth.WriteFile], with the _metadata that PyTorch writes.
// Its tensors are m's own memory where they can be, see [torch.ToPTH]: what is written to m before the
// file is lands in the file. A tensor of several names, as tied weights are, has one storage.
func ToPTH(m Module) (*pth.Dict, error) {
	if err := Check(m); err != nil {
		return nil, err
	}
	state, metadata := pth.NewOrderedDict(), pth.NewOrderedDict()
	seen := map[*torch.Tensor]*pth.Tensor{}
	for _, n := range StateDict(m) {
		t, ok := seen[n.Tensor]
		if ok {
			again := *t // a tensor of its own over that storage, as Python's state_dict has it
			t = &again
		} else {
			var err error
			if t, err = torch.ToPTH(n.Tensor); err != nil {
				return nil, fmt.Errorf("%s: %w", n.Name, err)
			}
			seen[n.Tensor] = t
		}
		state.Set(n.Name, t)
	}
	for _, n := range inspect(m) {
		version := int64(1)
		if slices.ContainsFunc(n.buffers, func(b Named) bool { return b.Name == "num_batches_tracked" }) {
			version = 2 // of a batch norm: since then it counts batches
		}
		entry := pth.NewDict()
		entry.Set("version", version)
		metadata.Set(n.name, entry)
	}
	state.SetMetadata(metadata)
	return state, nil
}

// FromPTH makes tensors in scope s of a state_dict that was read from f, for [LoadStateDict].
// They look at f's own bytes, see [torch.FromPTH].
func FromPTH(s *torch.Scope, f torch.Holder, state *pth.Dict) (map[string]*torch.Tensor, error) {
	if err := guard.Given("nn: FromPTH", f, state); err != nil {
		return nil, err
	}
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
