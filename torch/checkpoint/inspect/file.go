package inspect

import (
	"errors"
	"fmt"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch/checkpoint"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// A file is a file of weights with its tensors listed.
type file struct {
	*checkpoint.File
	path  string
	found *pth.Found // where its state_dict is; nil if it has none
	// tensors are those of the state_dict by key, or if there is none all of the file by their
	// place; others are the rest, by place.
	tensors, others []entry
	places          []pth.Place // others that look like a state_dict
	objects         []string    // classes whose objects are kept as inert data
}

type entry struct {
	key string
	*pth.Tensor
}

// open opens a file by as and lists what is in it.
func open(path string, as func(string, ...pth.Option) (*checkpoint.File, error), opts []pth.Option) (*file, error) {
	f, err := as(path, append([]pth.Option{pth.WithOpaque()}, opts...)...)
	if err != nil {
		// A class that is not read even so: without the option the error says what to do.
		var refused *pth.Refused
		if _, plain := as(path, opts...); errors.As(plain, &refused) {
			err = plain
		}
		return nil, err
	}
	out := &file{File: f, path: path, places: pth.Places(f.Value())}
	var state *pth.Dict
	found, err := f.StateDict()
	if model, at := exported(f.Value()); model != nil {
		found, err = f.StateDictAt(at)
		found.Others = nil // transforms and callbacks have tensors, too
	}
	if err == nil {
		out.found, out.places, state = &found, found.Others, found.Dict
		for k, v := range state.All() {
			if t, ok := v.(*pth.Tensor); ok {
				out.tensors = append(out.tensors, entry{k.(string), t})
			}
		}
	}
	w := walker{skip: map[any]bool{state: true}, seen: map[any]bool{}, classes: map[string]bool{}, objects: []string{}}
	if out.found != nil && out.found.Kind == pth.WholeModule { // whose state_dict isn't in the tree, but its tensors are
		for _, t := range out.tensors {
			w.skip[t.Tensor] = true
		}
	}
	w.walk(f.Value(), "")
	if out.objects = w.objects; state == nil {
		out.tensors = w.tensors
	} else {
		out.others = w.tensors
	}
	return out, nil
}

// A walker lists the tensors of a tree, each container once.
type walker struct {
	skip    map[any]bool // the state_dict, or its tensors
	seen    map[any]bool
	classes map[string]bool
	tensors []entry
	objects []string
}

func (w *walker) walk(v any, at string) {
	switch v.(type) {
	case *pth.Dict, *pth.List, *pth.Object, *pth.Set:
		if w.seen[v] {
			return
		}
		w.seen[v] = true
	}
	switch v := v.(type) {
	case *pth.Tensor:
		if w.skip[v] {
			return
		}
		w.tensors = append(w.tensors, entry{strings.TrimPrefix(at, "."), v})
	case *pth.Dict:
		if w.skip[v] {
			return
		}
		for k, item := range v.All() {
			w.walk(item, at+step(k))
		}
	case *pth.List:
		w.items(v.Items, at)
	case pth.Tuple:
		w.items(v, at)
	case *pth.Set:
		w.items(v.Items, at)
	case *pth.Object:
		if name := v.Module + "." + v.Name; !w.classes[name] {
			w.classes[name] = true
			w.objects = append(w.objects, name)
		}
		w.items(v.Args, at)
		w.walk(v.State, at)
		w.walk(&v.Dict, at)
		w.items(v.Items, at)
	}
}

func (w *walker) items(items []any, at string) {
	for i, item := range items {
		w.walk(item, fmt.Sprintf("%s[%d]", at, i))
	}
}

// step is a key as it stands in a place: ".opt", "[3]".
func step(key any) string {
	if name, ok := key.(string); ok {
		return "." + name
	}
	return "[" + text(key) + "]"
}

// root is the outermost dict, or the attributes of a whole object; an empty one if the file holds something else.
func (f *file) root() *pth.Dict {
	if o, ok := f.Value().(*pth.Object); ok && o.Attrs() != nil {
		return o.Attrs()
	}
	if d, ok := f.Value().(*pth.Dict); ok {
		return d
	}
	return pth.NewDict()
}

// kind says what the file is, as its users would.
func (f *file) kind() string {
	format := map[pth.Format]string{pth.Zip: "torch.save", pth.Legacy: "torch.save before 1.6", checkpoint.Safetensors: "safetensors"}[f.Format]
	has := func(key string) bool { _, ok := f.root().Get(key); return ok }
	layout := "no state_dict"
	switch {
	case f.Format == checkpoint.Safetensors:
		return format
	case has("pytorch-lightning_version"):
		layout = "a Lightning checkpoint"
	case f.found == nil:
	case f.found.Kind == pth.WholeModule && f.found.Where == "":
		layout = "a whole module"
	case f.found.Kind == pth.WholeModule:
		layout = "a whole Learner, of fastai's learn.export"
	case f.found.Kind == pth.FastaiCheckpoint:
		layout = "fastai's learn.save, with the optimizer"
	case f.found.Kind == pth.BareStateDict:
		layout = "a bare state_dict"
	case has("arch") && has("state_dict"):
		layout = "a checkpoint as timm writes them"
	default:
		layout = "a checkpoint"
	}
	return layout + " (" + format + ")"
}
