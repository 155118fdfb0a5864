package inspect

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// A Setting is a value in the file that isn't a tensor, with its place.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"` // as Python writes it
}

// hyperKeys are where frameworks keep hyperparameters, and inner keys where their optimizers do.
var (
	hyperKeys = []string{"hyper_parameters", "hparams", "hypers", "args", "config"}
	groupKeys = []string{"opt", "optimizer", "optimizers", "optimizer_states", "optimizer_state_dict"}
)

// hyperparameters lists those of fastai's optimizer, of Lightning's and timm's checkpoints and of torch.optim's
// parameter groups.
func (f *file) hyperparameters() []Setting {
	out := settingList{}
	for _, key := range hyperKeys {
		if v, ok := f.root().Get(key); ok {
			out.add(v, key)
		}
	}
	for _, key := range groupKeys {
		if v, ok := f.root().Get(key); ok {
			out.groups(v, key)
		}
	}
	return out
}

// values lists the plain values beside the state_dict: epoch, versions.
func (f *file) values() []Setting {
	out := settingList{}
	for k, v := range f.root().All() {
		name := strings.TrimPrefix(step(k), ".")
		if _, whole := f.Value().(*pth.Object); whole && (v == nil || strings.HasPrefix(name, "_")) {
			continue
		}
		switch v.(type) {
		case *pth.Tensor, *pth.Dict, *pth.List, *pth.Object:
		default:
			if !slices.Contains(hyperKeys, name) {
				out = append(out, Setting{name, text(v)})
			}
		}
	}
	return out
}

type settingList []Setting

// add lists what is in v, dicts by their keys.
func (l *settingList) add(v any, at string) {
	switch v := v.(type) {
	case *pth.Dict:
		for k, item := range v.All() {
			l.add(item, at+step(k))
		}
		return
	case *pth.List:
		if slices.ContainsFunc(v.Items, func(item any) bool { _, ok := item.(*pth.Dict); return ok }) {
			for i, item := range v.Items {
				l.add(item, fmt.Sprintf("%s[%d]", at, i))
			}
			return
		}
	case *pth.Tensor:
		if v.Len() != 1 {
			return
		}
	}
	*l = append(*l, Setting{at, text(v)})
}

// groups lists the hypers of fastai's optimizers and the param_groups of PyTorch's, but for the parameters' numbers.
func (l *settingList) groups(v any, at string) {
	switch v := v.(type) {
	case *pth.List:
		for i, item := range v.Items {
			l.groups(item, fmt.Sprintf("%s[%d]", at, i))
		}
	case *pth.Dict:
		if hypers, ok := v.Get("hypers"); ok {
			l.add(hypers, at+".hypers")
		}
		groups, _ := pth.Get[*pth.List](v, "param_groups")
		if groups == nil {
			return
		}
		for i, item := range groups.Items {
			d, ok := item.(*pth.Dict)
			if !ok {
				continue
			}
			for k, value := range d.All() {
				if k != "params" {
					l.add(value, fmt.Sprintf("%s.param_groups[%d]%s", at, i, step(k)))
				}
			}
		}
	}
}

// maxText is how long a value's text gets.
const maxText = 100

// text is a value about as Python writes it, shortened.
func text(v any) string {
	s := python(v, 0)
	if len(s) > maxText {
		cut := maxText
		for !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	return s
}

func python(v any, depth int) string {
	if depth > 3 {
		return "…"
	}
	list := func(items []any) string {
		var parts []string
		for i, item := range items {
			if i == maxText/3 { // more don't fit
				break
			}
			parts = append(parts, python(item, depth+1))
		}
		return strings.Join(parts, ", ")
	}
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case string:
		return strconv.Quote(v[:min(len(v), 2*maxText)])
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case []byte:
		return fmt.Sprintf("%d bytes", len(v))
	case pth.ByteArray:
		return fmt.Sprintf("%d bytes", len(v))
	case *pth.List:
		return "[" + list(v.Items) + "]"
	case pth.Tuple:
		return "(" + list(v) + ")"
	case *pth.Set:
		return "{" + list(v.Items) + "}"
	case *pth.Dict:
		var items []any
		for k, item := range v.All() {
			items = append(items, pth.Tuple{k, item})
		}
		return "{" + list(items) + "}"
	case pth.Scalar:
		return python(v.Value, depth+1)
	case *big.Int:
		if v.BitLen() > 4*maxText {
			return fmt.Sprintf("an int of %d bits", v.BitLen())
		}
	case *pth.Array:
		return fmt.Sprintf("array of %s, shape %v", v.DType, v.Shape)
	case *pth.Tensor:
		if data, err := v.Bytes(0); err == nil && v.Len() == 1 {
			return numbers(v.DType).format(data)
		}
		return fmt.Sprintf("tensor of %v, shape %v", v.DType, v.Shape)
	}
	return fmt.Sprint(v)
}
