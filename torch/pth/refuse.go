package pth

import (
	"errors"
	"strings"
)

// unpickle runs a pickle and finishes its value. When the pickle asks for a class that is not read, the
// message tells where in the tree it stands, which other ones there are, and what to do.
//
// fileSize bounds the memory that finding the place may take.
func unpickle(data []byte, fileSize int, storage func(Tuple) (*Storage, error), opaque bool) (any, []byte, error) {
	run := func(opaque bool, most int64) (any, []unknown, []byte, error) {
		m := newMachine(data, storage, opaque)
		v, rest, err := m.Run(most)
		if err != nil {
			e := asError(err)
			if e.Where == "" {
				e.Where = m.where()
			}
			return nil, nil, nil, e
		}
		v, found, err := finish(v, max(minNodes, int64(expansion*m.Pos())), opaque)
		return v, found, rest, err
	}
	v, _, rest, err := run(opaque, 0)
	var refused *Refused
	if !errors.As(err, &refused) {
		return v, rest, err
	}
	refusal := asError(err)
	// Once more, with inert objects in place of what is refused: they stand where they would have stood.
	if _, found, _, err := run(true, int64(2*fileSize+1<<20)/valueSize); err == nil {
		refusal.explain(found)
	}
	refusal.Msg = hint(refused)
	return nil, nil, refusal
}

// valueSize is about how many bytes a value of a tree takes, with its place on the stack.
const valueSize = 100

// minNodes is the number of values, counting each as often as it is referred to, that any file may have.
const minNodes = 1 << 20

// explain names the first refused object of the tree and its place, and the classes of the others.
func (e *Error) explain(found []unknown) {
	if len(found) == 0 {
		return
	}
	first := &Refused{Module: found[0].Module, Name: found[0].Name}
	for _, o := range found[1:] {
		first.Others = append(first.Others, o.Module+"."+o.Name)
	}
	e.Where, e.Err = found[0].where, first
}

// hint says what a file with such a class is, and what to do in Python.
func hint(r *Refused) string {
	top, _, _ := strings.Cut(r.Module, ".")
	switch {
	case top == "fastai" && r.Name == "Learner":
		return "this is a whole Learner, from learn.export(): in Python, load_learner(file).save('name') writes what can be read"
	case r.Module == "torch._utils" && strings.HasPrefix(r.Name, "_rebuild_"), strings.HasPrefix(r.Module, "torch.nested"):
		return "it rebuilds a tensor that is sparse, quantized, nested or without data: in Python, save tensor.to_dense() or tensor.dequantize()"
	case strings.HasPrefix(r.Module, "torch.nn.modules") || top == "torchvision" || top == "timm":
		return "this is a whole pickled module: in Python, save its state_dict() instead"
	}
	return "in Python, save the state_dict alone, or open the file with WithOpaque to have unknown objects as inert data"
}
