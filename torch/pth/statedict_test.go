package pth

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// tensors is a state_dict with these keys.
func tensors(keys ...string) *Dict {
	d := NewOrderedDict()
	for _, k := range keys {
		d.Set(k, NewTensor(Float32, []int64{1}, make([]byte, 4)))
	}
	return d
}

// dict is a dict of keys and values in turn.
func dict(items ...any) *Dict {
	d := NewDict()
	for i := 0; i < len(items); i += 2 {
		d.Set(items[i], items[i+1])
	}
	return d
}

func TestStateDictIsFoundInEveryLayout(t *testing.T) {
	sd := tensors("conv.weight", "fc.bias")
	extra := tensors("a.weight")
	extra.Set("a._extra_state", []byte{1})
	for name, c := range parity.Sorted(map[string]struct {
		tree   any
		kind   CheckpointKind
		where  string
		prefix string
	}{
		"bare":         {sd, BareStateDict, "", ""},
		"extra state":  {extra, BareStateDict, "", ""},
		"fastai":       {dict("model", sd, "opt", NewDict()), FastaiCheckpoint, ".model", ""},
		"Lightning":    {dict("epoch", int64(1), "pytorch-lightning_version", "2.0", "state_dict", tensors("model.a", "model.b")), LightningCheckpoint, ".state_dict", "model."},
		"timm":         {dict("epoch", int64(1), "arch", "resnet50", "state_dict", sd), NestedStateDict, ".state_dict", ""},
		"script":       {dict("model_state_dict", sd, "loss", 0.5), NestedStateDict, ".model_state_dict", ""},
		"DataParallel": {tensors("module.a", "module.b"), BareStateDict, "", "module."},
		"compiled":     {tensors("_orig_mod.a", "_orig_mod.b"), BareStateDict, "", "_orig_mod."},
		"both":         {tensors("module._orig_mod.a", "module._orig_mod.b"), BareStateDict, "", "module._orig_mod."},
		"partly":       {tensors("module.a", "head.b"), BareStateDict, "", ""},
		"mostly":       {tensors("n_averaged", "module.a", "module.b"), BareStateDict, "", "module."},
		"plain values": {dict("w", NewTensor(Float32, []int64{1}, make([]byte, 4)), "step", int64(3)), BareStateDict, "", ""},
	}) {
		found, err := StateDict(c.tree)
		if err != nil || found.Kind != c.kind || found.Where != c.where || found.Prefix != c.prefix {
			t.Errorf("%s: %v %q %q, %v", name, found.Kind, found.Where, found.Prefix, err)
		}
	}
	for _, tree := range []any{NewList(), dict("loss", 0.5), NewDict(), dict("model", dict("a", int64(1)))} {
		if found, err := StateDict(tree); err == nil {
			t.Errorf("a state_dict was found in %v: %v", tree, found)
		}
	}
}

// A key of many prefixes costs no more than its length.
func TestAKeyOfManyPrefixes(t *testing.T) {
	sd := tensors(strings.Repeat("model.", 100_000) + "w")
	var found Found
	var err error
	_ = refuse(t, 600_000, func() error { found, err = StateDict(sd); return errors.New("to be measured") })
	if err != nil || found.Prefix != strings.Repeat("model.", maxWrappers) {
		t.Errorf("a prefix of %d letters, %v", len(found.Prefix), err)
	}
}

// An object may be made of many arguments.
func TestOpaqueObjectsOfManyArguments(t *testing.T) {
	pickle := []byte("\x80\x02cmodule\nClass\n(" + strings.Repeat("N", 5000) + "tR.")
	v, _, err := unpickle(pickle, len(pickle), nil, true)
	if o, ok := v.(*Object); err != nil || !ok || len(o.Args) != 5000 {
		t.Errorf("%T, %v", v, err)
	}
}

// What is refused for its classes alone can be had with WithOpaque: the tensors around and in the objects.
func TestOpaqueKeepsUnknownObjectsAsData(t *testing.T) {
	for _, name := range []string{"object", "module", "function", "export", "jagged", "sparse", "quantized", "csr", "structured", "quantized dtype"} {
		path := filepath.Join(corpus, name+".pth")
		if _, err := Open(path); err == nil {
			t.Errorf("%s is read without WithOpaque", name)
		}
		f := open(t, path, WithOpaque())
		if strings.Contains(describeJSON(t, f.Value()), `"unknown":"*pth.global"`) {
			t.Errorf("%s: a class that is known is left in the tree", name)
		}
	}
	hp, _ := Get[*Dict](open(t, filepath.Join(corpus, "object.pth"), WithOpaque()).Value().(*Dict), "hp")
	when, _ := Get[*Object](hp, "when")
	if when == nil || when.String() != "<datetime.date object>" || len(when.Args) != 1 {
		t.Errorf("hp.when is %#v", when)
	}
	module, _ := open(t, filepath.Join(corpus, "module.pth"), WithOpaque()).Value().(*Dict)
	net, _ := Get[*Object](module, "net")
	state, _ := net.State.(*Dict)
	inner, _ := Get[*Dict](state, "_modules")
	first, _ := Get[*Object](inner, "0")
	parameters, _ := Get[*Dict](first.State.(*Dict), "_parameters")
	if w, _ := Get[*Tensor](parameters, "weight"); w == nil || !w.IsParameter || len(w.Shape) != 4 {
		t.Errorf("the weight of the first module is %v", w)
	}
	system := open(t, filepath.Join(corpus, "function.pth"), WithOpaque())
	list, _ := Get[*List](system.Value().(*Dict), "a")
	inert, _ := Get[*Object](list.Items[1].(*Dict), "f")
	if inert == nil || inert.Call || inert.String() != "<posix.system>" {
		t.Errorf("os.system became %#v", inert)
	}
}
