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
		if isOdd(err) && !opaque {
			asError(err).Msg += "; WithOpaque keeps it as inert data"
		}
		return v, rest, err
	}
	refusal := asError(err)
	// Once more, with inert objects in place of what is refused: they stand where they would have stood.
	o := &Object{Module: refused.Module, Name: refused.Name}
	if _, found, _, err := run(true, int64(2*fileSize+1<<20)/valueSize); err == nil && len(found) > 0 {
		refusal.explain(found)
		o = found[0].Object
	}
	refusal.Msg = o.hint()
	return nil, nil, refusal
}

// valueSize is about how many bytes a value of a tree takes, with its place on the stack.
const valueSize = 100

// minNodes is the number of values, counting each as often as it is referred to, that any file may have.
const minNodes = 1 << 20

// explain names the first refused object of the tree and its place, and the classes of the others.
func (e *Error) explain(found []unknown) {
	first := &Refused{Module: found[0].Module, Name: found[0].Name}
	for _, o := range found[1:] {
		first.Others = append(first.Others, o.Module+"."+o.Name)
	}
	e.Where, e.Err = found[0].where, first
}

// hints say what an object of such a class is, by how its name begins, and what to do in Python.
var hints = []struct{ class, hint string }{
	{"fastai.learner.Learner", "this is a whole Learner, from learn.export(): WithOpaque reads it as inert data, with its weights; " +
		"in Python, load_learner(file).save('name') writes what can be read"},
	{"torch._utils._rebuild_sparse", "this is a sparse tensor: in Python, save tensor.to_dense()"},
	{"torch._utils._rebuild_qtensor", "this is a quantized tensor: in Python, save tensor.dequantize()"},
	{"torch._utils._rebuild_nested", "this is a nested tensor: in Python, save list(tensor.unbind())"},
	{"torch.nested.", "this is a nested tensor: in Python, save list(tensor.unbind())"},
	{"torch._utils._rebuild_meta", "this is a tensor on the meta device, which has a shape and no data: in Python, load its model's weights before saving it"},
	{"torch.distributed._shard.", "this is one rank's shard of a tensor, from FSDP: in Python, save the model's state under StateDictType.FULL_STATE_DICT"},
	{"torch.distributed.", "this is one rank's part of a DTensor: in Python, save tensor.full_tensor() of each"},
	{"torch._utils._rebuild_wrapper_subclass", "this is a tensor of a subclass that packs its numbers: in Python, save tensor.dequantize()"},
	{"deepspeed.", "this is a part of DeepSpeed's state: in Python, its zero_to_fp32.py makes one file of a folder of them"},
	{"torchao.", "this is a tensor that torchao packed: in Python, save tensor.dequantize()"},
	{"torch.nn.modules.", wholeModule},
	{"torchvision.", wholeModule},
	{"timm.", wholeModule},
}

const wholeModule = "this is a whole pickled module: in Python, save its state_dict() instead, or open the file with WithOpaque, which finds its parameters and buffers"

// hint says what an object of an unknown class is, and what to do.
func (o *Object) hint() string {
	for _, h := range hints {
		if strings.HasPrefix(o.Module+"."+o.Name, h.class) {
			return h.hint
		}
	}
	if isModule(o) {
		return wholeModule
	}
	return "in Python, save the state_dict alone, or open the file with WithOpaque to have unknown objects as inert data"
}
