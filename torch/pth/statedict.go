package pth

import (
	"strings"
)

// CheckpointKind names a kind of checkpoint by how its state_dict is kept in it.
type CheckpointKind string

const (
	BareStateDict       CheckpointKind = "state_dict" // the file is a state_dict and nothing else
	FastaiCheckpoint    CheckpointKind = "fastai"     // {"model": state_dict, "opt": …}, from learn.save
	LightningCheckpoint CheckpointKind = "lightning"  // {"state_dict": state_dict, "pytorch-lightning_version": …, …}
	NestedStateDict     CheckpointKind = "nested"     // a state_dict under a key, as timm and many training scripts have it
)

// Found is a state_dict and where in a file's tree it was.
type Found struct {
	Dict *Dict
	Kind CheckpointKind
	// Where is the path to it: "" for a bare one, ".model" for fastai's.
	Where string
	// Prefix is what all keys of tensors have in common of the prefixes that wrappers add:
	// "module." (DataParallel), "model." (Lightning), "_orig_mod." (torch.compile), several of them or "".
	Prefix string
}

// stateDictKeys are where frameworks keep a state_dict, in the order of preference.
var stateDictKeys = []string{"model", "state_dict", "model_state_dict", "model_state", "net", "network", "module", "weights", "params"}

// StateDict finds the state_dict in a tree, bare or in the layouts of fastai, Lightning, timm and their like.
func StateDict(v any) (Found, error) {
	d, ok := v.(*Dict)
	if !ok {
		return Found{}, errorf("the file holds a %s, and no state_dict", describe(v))
	}
	if isStateDict(d) {
		return Found{Dict: d, Kind: BareStateDict, Prefix: wrapperPrefix(d)}, nil
	}
	for _, key := range stateDictKeys {
		inner, ok := Get[*Dict](d, key)
		if !ok || !isStateDict(inner) {
			continue
		}
		found := Found{Dict: inner, Kind: NestedStateDict, Where: step(key), Prefix: wrapperPrefix(inner)}
		if _, hasOpt := d.Get("opt"); hasOpt && key == "model" {
			found.Kind = FastaiCheckpoint
		} else if _, hasVersion := d.Get("pytorch-lightning_version"); hasVersion {
			found.Kind = LightningCheckpoint
		}
		return found, nil
	}
	return Found{}, errorf("the file holds a dict with the keys %s, and none of them is a state_dict", someKeys(d))
}

// isStateDict tells whether all keys are strings and values are tensors, at least one, but for
// the extra state that modules may add.
func isStateDict(d *Dict) bool {
	tensors := 0
	for k, v := range d.All() {
		name, ok := k.(string)
		if !ok {
			return false
		}
		if _, ok := v.(*Tensor); ok {
			tensors++
		} else if !strings.HasSuffix(name, "_extra_state") {
			return false
		}
	}
	return tensors > 0 || d.Len() == 0 && d.Metadata() != nil
}

// maxWrappers is more than anyone puts around a model.
const maxWrappers = 16

// wrapperPrefix is the longest sequence of wrappers' prefixes that all keys begin with.
func wrapperPrefix(d *Dict) string {
	prefix := ""
	for range maxWrappers {
		longer := ""
		for _, p := range []string{"module.", "model.", "_orig_mod."} {
			if d.Len() > 0 && allKeysBegin(d, prefix+p) {
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

func allKeysBegin(d *Dict, prefix string) bool {
	for _, k := range d.keys {
		if name, ok := k.(string); !ok || !strings.HasPrefix(name, prefix) {
			return false
		}
	}
	return true
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
