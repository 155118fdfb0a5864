package rebuild

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// maxDepth is more than modules are nested.
const maxDepth = 100

// builder makes modules of the objects of one file.
type builder struct {
	above []*pth.Object // that the one being made lies in
}

// module makes the module that an object stands for, at this path in the model.
func (b *builder) module(o *pth.Object, path string) (nn.Module, error) {
	if slices.Contains(b.above, o) || len(b.above) > maxDepth {
		return nil, fmt.Errorf("%s: the modules contain themselves, or are nested more than %d deep", place(path), maxDepth)
	}
	b.above = append(b.above, o)
	defer func() { b.above = b.above[:len(b.above)-1] }()
	key := classKey(o)
	a := &attrs{o: o, where: fmt.Sprintf("%s: the %s.%s", place(path), o.Module, o.Name)}
	a.checkPlain()
	layer, isLayer := layers[key]
	recipe, isBlock := blocks[key]
	var m nn.Module
	switch {
	case a.err != nil:
	case isLayer:
		if a.modules().Len() > 0 {
			return nil, a.fault("has parts, %s among them, which the usual one hasn't", a.modules().Keys()[0])
		}
		failure := torch.Try(func() { m = layer(a) })
		a.fail(failure)
	case isBlock:
		return b.block(a, recipe, path)
	default:
		return nil, fmt.Errorf("%s: the class %s.%s isn't known here: its model can't be rebuilt. In Python, export it as ONNX or TorchScript, or build the same model in Go and load the weights by nn.LoadFile", place(path), o.Module, o.Name)
	}
	if a.err != nil {
		if m != nil {
			nn.Close(m)
		}
		return nil, a.err
	}
	return m, nil
}

// place names a module's path as errors do.
func place(path string) string {
	if path == "" {
		return "the model"
	}
	return "the model's part " + path
}

// classKey is what the tables know a class by: the library, the last part of the module's name and the class. What lies between differs
// with the library's version.
func classKey(o *pth.Object) string {
	library, _, _ := strings.Cut(o.Module, ".")
	last := o.Module[strings.LastIndex(o.Module, ".")+1:]
	return library + ":" + strings.TrimPrefix(last, "_") + "." + o.Name
}
