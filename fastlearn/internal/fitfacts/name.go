package fitfacts

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/internal/identity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Name returns the identity of a loss, a loader or a module.
func Name(v any) (name string, err error) {
	namer := identity.Namer{Names: map[reflect.Type]string{
		reflect.TypeFor[loss.CrossEntropy](): "CrossEntropy", reflect.TypeFor[loss.BCEWithLogits](): "BCEWithLogits", reflect.TypeFor[loss.MSE](): "MSE",
		reflect.TypeFor[loss.Focal](): "Focal", reflect.TypeFor[loss.LabelSmoothing](): "LabelSmoothing", reflect.TypeFor[loss.L1](): "L1",
		reflect.TypeFor[data.TensorLoader](): "TensorLoader",
	}}
	namer.Field = func(v any) (string, bool) {
		t, ok := v.(*torch.Tensor)
		if !ok {
			return "", false
		}
		hash, failed := tensorHash(t)
		err = errors.Join(err, failed)
		return hash, true
	}
	failed := torch.Try(func() { name = namer.Of(v) })
	return name, errors.Join(err, failed)
}

// tensorHash is the shape and a hash of the numbers of a tensor.
func tensorHash(t *torch.Tensor) (hash string, err error) {
	err = torch.Try(func() {
		c := t.Contiguous()
		saved, failed := torch.ToPTH(c)
		if err = failed; err == nil {
			hash = fmt.Sprint(t.Shape(), identity.HashBytes(saved.Storage.Data))
		}
		if c != t {
			c.Close()
		}
	})
	return hash, err
}

// Model returns a line for each of a model's parts, the first one its architecture where that has a name.
func Model(arch string, m nn.Module) (lines []string, err error) {
	lines = []string{}
	if arch != "" {
		lines = append(lines, arch)
	}
	var describe func(path string, m nn.Module)
	describe = func(path string, m nn.Module) {
		children := nn.Children(m)
		if len(children) == 0 {
			lines = append(lines, path+layer(m))
			return
		}
		for _, c := range children {
			describe(path+c.Name+" ", c.Module)
		}
	}
	err = torch.Try(func() { describe("", m) })
	return lines, err
}

// layer is a layer's name with its settings; those that its tensors' shapes tell are compared there.
func layer(m nn.Module) string {
	spec, err := nn.Describe(m, nil)
	if err != nil {
		name, _ := Name(m)
		return name
	}
	args := make([]string, 0, len(spec.Args))
	for _, key := range slices.Sorted(maps.Keys(spec.Args)) {
		args = append(args, fmt.Sprintf("%s %v", key, spec.Args[key]))
	}
	return spec.Type + "(" + strings.Join(args, ", ") + ")"
}
