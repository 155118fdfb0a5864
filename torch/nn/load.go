package nn

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// LoadOptions say how the tensors of a file come to a module. The zero value loads as
// PyTorch's load_state_dict does.
type LoadOptions struct {
	// Key is the path to the state_dict in the file: "state_dict_ema", "model.state_dict", "[1]" for an item of a tuple (see
	// [pth.StateDictAt]). The default is to find it where frameworks keep it; an error lists the places that look like one.
	Key string
	// NonStrict forgives keys that are missing or unexpected (strict=False): they are
	// reported and no error. A tensor of another shape is an error all the same, and so is a file of which nothing fits.
	NonStrict bool
	// Ignore are beginnings of keys that are left alone on both sides.
	Ignore []string
	// Prefix is taken off each key of the file that begins with it. By default that is what
	// wrappers put before most keys, "module.", "_orig_mod." or "model.", unless the
	// model's own keys have it.
	Prefix string
	// KeyMap gives a key of the file, Prefix taken off, the module's name for it; "" drops
	// it. nil changes nothing.
	KeyMap func(key string) string
	// InOrder takes the file's tensors for the module's one after the other, whatever their keys are, as for a model that another
	// library built of the same layers. As many as the module has must be there, each of its shape; Ignore leaves keys out on both
	// sides first. It goes without Prefix and KeyMap, and needs torch.save's files: safetensors keep no order.
	InOrder bool
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
	// SkipCRC leaves checksums unread, for files of torch.save that have none, see [pth.SkipCRC].
	SkipCRC bool
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
	var opts []pth.Option
	if o.SkipCRC {
		opts = append(opts, pth.SkipCRC())
	}
	f, err := open(path, append(opts, pth.WithOpaque())...)
	var places []pth.Place
	if err == nil {
		if _, err = o.find(f); err == nil {
			return f, nil
		}
		places = pth.Places(f.Value())
		f.Close()
	}
	// Without the option, an error says what was saved in place of weights, and what to do in Python.
	f, plain := open(path, opts...)
	if plain == nil {
		return f, nil
	}
	if o.Key != "" && err != nil {
		return nil, err
	}
	if len(places) > 0 {
		return nil, fmt.Errorf("%w; or load what is in it, by LoadOptions.Key: %s", plain, pth.ListPlaces(places))
	}
	return nil, plain
}

// find is the state_dict in a file.
func (o LoadOptions) find(f *checkpoint.File) (pth.Found, error) {
	if o.Key != "" {
		return f.StateDictAt(o.Key)
	}
	return f.StateDict()
}

// Load is [LoadFile] for a file that is open.
func Load(m Module, f *checkpoint.File, o LoadOptions) (Mismatch, error) {
	if err := Check(m); err != nil {
		return Mismatch{}, err
	}
	if err := guard.Given("nn: Load", m, f); err != nil {
		return Mismatch{}, err
	}
	found, err := o.find(f)
	if err != nil {
		return Mismatch{}, err
	}
	rename := o.rename
	if o.InOrder {
		if f.Format == checkpoint.Safetensors {
			return Mismatch{}, errors.New("LoadOptions.InOrder needs a file of torch.save: safetensors keep no order")
		}
		rename = o.inOrder
	}
	state, plain, err := rename(m, found)
	if err != nil {
		return Mismatch{}, err
	}
	shapes := make(map[string][]int64, len(state))
	for name, t := range state {
		shapes[name] = t.Shape
	}
	bad := compare(m, shapes, o.Ignore)
	bad.Unexpected = append(bad.Unexpected, plain...)
	slices.Sort(bad.Unexpected)
	bad.Others = found.Others
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
	if own := StateDict(m); len(read) == 0 && len(own) > 0 {
		return bad, nothingFits(own, found)
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

// nothingFits is the error of a load that would change nothing.
func nothingFits(own []Named, found pth.Found) error {
	first := "no tensors"
	for k := range found.Dict.All() {
		first = fmt.Sprint(k)
		break
	}
	return fmt.Errorf("no tensor of the file is loaded: its keys begin with %s and the model's with %s, where Prefix or KeyMap may turn the one into the other", first, own[0].Name)
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

// rename gives the file's tensors the module's names; plain are the names of what else is among them.
func (o LoadOptions) rename(m Module, found pth.Found) (state map[string]*pth.Tensor, plain []string, err error) {
	prefix := o.Prefix
	if prefix == "" {
		prefix = o.wrapper(m, found)
	}
	state = map[string]*pth.Tensor{}
	from := map[string]string{}
	own := names(m)
	for k, v := range found.Dict.All() {
		key, _ := k.(string) // all keys of a state_dict are
		name := o.name(key, prefix)
		if name == "" || hasPrefix(name, o.Ignore) {
			continue
		}
		if unread, ok := v.(*pth.Object); ok && own[name] { // such as a sparse tensor
			return nil, nil, fmt.Errorf("%s: %w", key, unread.Refusal())
		}
		t, ok := v.(*pth.Tensor)
		if !ok {
			plain = append(plain, name)
			continue
		}
		if other, ok := from[name]; ok {
			return nil, nil, fmt.Errorf("the keys %s and %s both become %s", other, key, name)
		}
		state[name], from[name] = t, key
	}
	return state, plain, nil
}

func (o LoadOptions) name(key, prefix string) string {
	key = strings.TrimPrefix(key, prefix)
	if o.KeyMap != nil {
		return o.KeyMap(key)
	}
	return key
}

func names(m Module) map[string]bool {
	own := map[string]bool{}
	for _, n := range StateDict(m) {
		own[n.Name] = true
	}
	return own
}

// wrapper is how much of the prefix that wrappers added must go for the most keys to be m's; of equals the
// least, and all if none is.
func (o LoadOptions) wrapper(m Module, found pth.Found) string {
	own := names(m)
	best, most := found.Prefix, 0
	for i := 0; i <= len(found.Prefix); {
		fit := 0
		for k := range found.Dict.All() {
			if key, ok := k.(string); ok && own[o.name(key, found.Prefix[:i])] {
				fit++
			}
		}
		if fit > most {
			best, most = found.Prefix[:i], fit
		}
		if i == len(found.Prefix) {
			break
		}
		i += strings.Index(found.Prefix[i:], ".") + 1
	}
	return best
}
