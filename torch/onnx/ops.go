package onnx

import "maps"

// operations are the converters, by the names of PyTorch's operations without their overloads: an overload's arguments are told apart
// by their names and types, and one that a converter doesn't read is refused. One in place is that without its underscore.
var operations = merge(elementwise, arithmetic, layers, pooling, shapes, parts, reductions, tensors)

// views are the operations whose result may share memory with their argument self.
var views = map[string]bool{}

func init() {
	for _, name := range []string{
		"view", "reshape", "flatten", "unflatten", "view_as", "reshape_as", "_unsafe_view", "ravel", "squeeze", "unsqueeze", "permute", "transpose", "t", "swapaxes",
		"swapdims", "movedim", "moveaxis", "numpy_T", "mT", "adjoint", "expand", "expand_as", "slice", "select", "narrow", "chunk", "split", "split_with_sizes", "unsafe_chunk", "unsafe_split",
		"tensor_split", "unbind", "contiguous", "alias", "detach", "dropout", "feature_dropout", "alpha_dropout", "to", "type_as", "diagonal", "identity", "broadcast_to",
	} {
		views[name] = true
	}
}

func merge(tables ...map[string]func(*call)) map[string]func(*call) {
	all := map[string]func(*call){}
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}
