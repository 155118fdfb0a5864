package pth

import (
	"fmt"
	"strings"
)

// CheckpointKind names a kind of checkpoint by how its state_dict is kept in it.
type CheckpointKind string

const (
	BareStateDict       CheckpointKind = "state_dict" // the file is a state_dict and nothing else
	FastaiCheckpoint    CheckpointKind = "fastai"     // {"model": state_dict, "opt": …}, from learn.save
	LightningCheckpoint CheckpointKind = "lightning"  // {"state_dict": state_dict, "pytorch-lightning_version": …, …}
	NestedStateDict     CheckpointKind = "nested"     // a state_dict under a key, as timm and many training scripts have it
	WholeModule         CheckpointKind = "module"     // a pickled module, whose parameters and buffers were put together
)

// Found is a state_dict and where in a file's tree it was.
type Found struct {
	Dict *Dict
	Kind CheckpointKind
	// Where is the path to it: "" for a bare one, ".model" for fastai's.
	Where string
	// Prefix is what more than half of the tensors' keys begin with of the prefixes that wrappers add:
	// "module." (DataParallel, SWA), "model." (Lightning), "_orig_mod." (torch.compile), several of them or "".
	Prefix string
	// Others are the other places of the file that look like a state_dict, such as the averaged weights (EMA) of timm and torchvision.
	Others []Place
}

// stateDictKeys are where frameworks keep a state_dict, in the order of preference.
var stateDictKeys = []string{"model", "state_dict", "model_state_dict", "model_state", "net", "network", "module", "weights", "params"}

// StateDict finds the state_dict in a tree, bare or in the layouts of fastai, Lightning, timm and their like; of a file that is a whole module, read
// with [WithOpaque], it is made of the parameters and buffers. Where there is none
// in a place that is known, the error lists the places that look like one, for [StateDictAt].
func StateDict(v any) (Found, error) {
	places := Places(v)
	found, ok := known(v)
	if !ok {
		return Found{}, errorf("%s", noneKnown(v, places))
	}
	found.Prefix = wrapperPrefix(found.Dict)
	for _, p := range places {
		if p.Where != found.Where {
			found.Others = append(found.Others, p)
		}
	}
	return found, nil
}

// known finds a state_dict in the places of known layouts.
func known(v any) (Found, bool) {
	if state := ModuleStateDict(v); state.Len() > 0 {
		return Found{Dict: state, Kind: WholeModule}, true
	}
	d, ok := v.(*Dict)
	if !ok {
		return Found{}, false
	}
	if isStateDict(d) {
		return Found{Dict: d, Kind: BareStateDict}, true
	}
	for _, key := range stateDictKeys {
		inner, ok := Get[*Dict](d, key)
		if !ok || !isStateDict(inner) {
			continue
		}
		found := Found{Dict: inner, Kind: NestedStateDict, Where: step(key)}
		if _, hasOpt := d.Get("opt"); hasOpt && key == "model" {
			found.Kind = FastaiCheckpoint
		} else if _, hasVersion := d.Get("pytorch-lightning_version"); hasVersion {
			found.Kind = LightningCheckpoint
		}
		return found, true
	}
	return Found{}, false
}

func noneKnown(v any, places []Place) string {
	what := fmt.Sprintf("the file holds a %s, and no state_dict in a place that is known", describe(v))
	if d, ok := v.(*Dict); ok {
		what = fmt.Sprintf("the file holds a dict with the keys %s, and none of them is known to hold a state_dict", someKeys(d))
	}
	if len(places) == 0 {
		return what + ": nothing in it looks like one"
	}
	return what + ": say which of its places to take: " + ListPlaces(places)
}

// StateDictAt returns the state_dict at a place of the tree, by a path of keys and indices: "state_dict_ema",
// "model.state_dict", "[1]" or "1" for an item of a tuple. A whole module, which is read with [WithOpaque], gives its parameters and buffers.
func StateDictAt(v any, path string) (Found, error) {
	at, err := lookup(v, path)
	if err != nil {
		return Found{}, errorf("there is no %s in the file: %v; what looks like a state_dict: %s", path, err, ListPlaces(Places(v)))
	}
	found := Found{Kind: NestedStateDict, Where: at.where}
	switch inner := at.value.(type) {
	case *Dict:
		if isStateDict(inner) {
			found.Dict = inner
		}
	case *Object:
		if found.Dict = moduleState(inner); found.Dict != nil {
			found.Kind = WholeModule
		}
	}
	if found.Dict == nil {
		return Found{}, errorf("%s in the file is a %s, and not a state_dict; what looks like one: %s", path, describe(at.value), ListPlaces(Places(v)))
	}
	if found.Where == "" && found.Kind == NestedStateDict {
		found.Kind = BareStateDict
	}
	found.Prefix = wrapperPrefix(found.Dict)
	for _, p := range Places(v) {
		if p.Where != found.Where {
			found.Others = append(found.Others, p)
		}
	}
	return found, nil
}

// maxWrappers is more than anyone puts around a model.
const maxWrappers = 16

// wrapperPrefix is the longest sequence of wrappers' prefixes that more than half of the tensors' keys begin with.
func wrapperPrefix(d *Dict) string {
	prefix := ""
	for range maxWrappers {
		longer := ""
		for _, p := range []string{"module.", "model.", "_orig_mod."} {
			if mostKeysBegin(d, prefix+p) {
				longer = prefix + p
			}
		}
		if longer == "" {
			return prefix
		}
		prefix = longer
	}
	return prefix
}

func mostKeysBegin(d *Dict, prefix string) bool {
	with, all := 0, 0
	for k, v := range d.All() {
		if _, ok := v.(*Tensor); !ok {
			continue
		}
		all++
		if name, ok := k.(string); ok && strings.HasPrefix(name, prefix) {
			with++
		}
	}
	return 2*with > all
}

func someKeys(d *Dict) string {
	var names []string
	for i, k := range d.keys {
		if i == 6 {
			names = append(names, "…")
			break
		}
		names = append(names, strings.TrimPrefix(step(k), "."))
	}
	return strings.Join(names, ", ")
}
