package nn

import (
	"errors"
	"fmt"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// LoadOptions say how the tensors of a file come to a module. The zero value loads as
// PyTorch's load_state_dict does.
type LoadOptions struct {
	// NonStrict forgives keys that are missing or unexpected (strict=False): they are
	// reported and no error. A tensor of another shape is an error all the same.
	NonStrict bool
	// Ignore are beginnings of keys that are left alone on both sides.
	Ignore []string
	// Prefix is taken off each key of the file that begins with it. Without one, what
	// wrappers put before all keys goes, "module.", "_orig_mod." or "model.", unless the
	// model's own keys have it.
	Prefix string
	// KeyMap gives a key of the file, Prefix taken off, the module's name for it; "" drops
	// it. nil changes nothing.
	KeyMap func(key string) string
	// To are a dtype of floating point, a device or both that the module gets, as by [To],
	// before it is loaded. Without it the module keeps what it has.
	To []torch.Option
	// Assign makes the file's tensors the module's own in place of copying them
	// (assign=True). [LoadFile] then maps the file and trusts it to stay as it is: the tensors
	// look at it, and only what is written to is copied. The
	// module takes over their dtypes; To converts them, and what it converts is copied.
	// Replacing the file by a rename, as all of this library does, is safe; writing it over
	// in place, as torch.save does, changes the module or ends the program.
	Assign bool
}

// LoadFile loads the weights in a file into m: torch.save's or safetensors, a bare
// state_dict or one within a checkpoint (see [pth.StateDict]), whatever else is in it. It
// reports all in which the two differ. If they don't fit, the error is a [*StateError] and
// m is as it was.
func LoadFile(m Module, path string, o LoadOptions) (Mismatch, error) {
	if err := guard.Given("nn: LoadFile", m); err != nil {
		return Mismatch{}, err
	}
	f, err := openWeights(path, o)
	if err != nil {
		return Mismatch{}, err
	}
	defer f.Close()
	bad, err := Load(m, f, o)
	if err != nil {
		return bad, fmt.Errorf("%s: %w", path, err)
	}
	return bad, nil
}

// openWeights opens a file for its state_dict: objects of unknown classes beside it, as
// Lightning's and timm's checkpoints hold them, do not matter.
func openWeights(path string, o LoadOptions) (*checkpoint.File, error) {
	open := checkpoint.Open
	if o.Assign {
		open = checkpoint.OpenMapped
	}
	f, err := open(path)
	var refused *pth.Refused
	if !errors.As(err, &refused) {
		return f, err
	}
	f, opaqueErr := open(path, pth.WithOpaque())
	if opaqueErr != nil {
		return nil, err
	}
	if _, opaqueErr := f.StateDict(); opaqueErr != nil {
		f.Close()
		return nil, err // which says what to do
	}
	return f, nil
}

// Load is [LoadFile] for a file that is open.
func Load(m Module, f *checkpoint.File, o LoadOptions) (Mismatch, error) {
	if err := Check(m); err != nil {
		return Mismatch{}, err
	}
	if err := guard.Given("nn: Load", m, f); err != nil {
		return Mismatch{}, err
	}
	found, err := f.StateDict()
	if err != nil {
		return Mismatch{}, err
	}
	state, err := o.rename(m, found)
	if err != nil {
		return Mismatch{}, err
	}
	shapes := make(map[string][]int64, len(state))
	for name, t := range state {
		shapes[name] = t.Shape
	}
	bad := compare(m, shapes, o.Ignore)
	if len(bad.Misshapen) > 0 || !o.NonStrict && !bad.empty() {
		return bad, &StateError{bad}
	}
	s := torch.NewScope()
	defer s.Close()
	read := make(map[string]*torch.Tensor, len(state))
	for _, n := range StateDict(m) {
		t, ok := state[n.Name]
		if !ok {
			continue
		}
		if read[n.Name], err = torch.FromPTH(s, f, t); err != nil {
			return bad, fmt.Errorf("%s: %w", n.Name, err)
		}
	}
	return bad, torch.Try(func() {
		if len(o.To) > 0 {
			To(m, o.To...)
		}
		torch.NoGrad(func() {
			for _, n := range StateDict(m) {
				if src, ok := read[n.Name]; ok && o.Assign {
					o.assign(n.Tensor, src)
				} else if ok {
					n.Copy_(src)
				}
			}
		})
	})
}

// assign makes src the tensor that t is a handle of, on t's device.
func (o LoadOptions) assign(t, src *torch.Tensor) {
	grad := t.RequiresGrad()
	opts := []torch.Option{t.Device()}
	if src.DType().IsFloatingPoint() {
		opts = append(opts, o.To...)
	}
	t.Assign(src.To(opts...))
	t.RequiresGrad_(grad)
}

// rename gives the file's tensors the module's names.
func (o LoadOptions) rename(m Module, found pth.Found) (map[string]*pth.Tensor, error) {
	prefix := o.Prefix
	if prefix == "" {
		prefix = o.wrapper(m, found)
	}
	state, from := map[string]*pth.Tensor{}, map[string]string{}
	for k, v := range found.Dict.All() {
		key, _ := k.(string) // all keys of a state_dict are
		name := o.name(key, prefix)
		if name == "" || hasPrefix(name, o.Ignore) {
			continue
		}
		t, ok := v.(*pth.Tensor)
		if !ok {
			return nil, fmt.Errorf("%s is not a tensor but a module's extra state: to load the rest, put it into Ignore", key)
		}
		if other, ok := from[name]; ok {
			return nil, fmt.Errorf("the keys %s and %s both become %s", other, key, name)
		}
		state[name], from[name] = t, key
	}
	return state, nil
}

func (o LoadOptions) name(key, prefix string) string {
	key = strings.TrimPrefix(key, prefix)
	if o.KeyMap != nil {
		return o.KeyMap(key)
	}
	return key
}

// wrapper is how much of the prefix that wrappers added must go for a key to be one of
// m's: the least of it; all if none does.
func (o LoadOptions) wrapper(m Module, found pth.Found) string {
	own := map[string]bool{}
	for _, n := range StateDict(m) {
		own[n.Name] = true
	}
	for i := 0; i < len(found.Prefix); {
		for k := range found.Dict.All() {
			if key, ok := k.(string); ok && own[o.name(key, found.Prefix[:i])] {
				return found.Prefix[:i]
			}
		}
		i += strings.Index(found.Prefix[i:], ".") + 1
	}
	return found.Prefix
}
