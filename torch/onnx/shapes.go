package onnx

import (
	"slices"

	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// shapes are the operations that leave the elements as they are, and give them another shape or order.
var shapes = merge(all(reshape, "view", "reshape", "flatten", "unflatten", "view_as", "reshape_as", "_unsafe_view", "ravel", "squeeze", "unsqueeze", "_reshape_alias"),
	all(identity, "contiguous", "clone", "alias", "detach", "dropout", "feature_dropout", "alpha_dropout", "to", "type_as", "_to_copy", "identity", "lift_fresh"),
	all(expand, "expand", "expand_as", "broadcast_to"), all(swap, "transpose", "swapaxes", "swapdims"),
	map[string]func(*call){
		"permute": func(k *call) { k.give(k.transpose(k.in("self"), k.axes("dims")...)) },
		"t":       func(k *call) { k.give(k.op("Transpose", []string{k.in("self")})) },
		"numpy_T": func(k *call) { k.give(k.op("Transpose", []string{k.in("self")})) },
		"mT":      func(k *call) { k.give(k.swapped(-1, -2)) },
		"movedim": func(k *call) {
			from, to := k.axes("source"), k.axes("destination")
			perm := repeat[int64](-1, len(k.shape("self")))
			for i := range from {
				perm[to[i]] = from[i]
			}
			next := int64(0)
			for i := range perm {
				for perm[i] < 0 {
					if !slices.Contains(from, next) {
						perm[i] = next
					}
					next++
				}
			}
			k.give(k.transpose(k.in("self"), perm...))
		},
		"repeat": func(k *call) {
			repeats := get(k, "repeats", []graph.Int(nil))
			x, shape := k.in("self"), k.shape("self")
			if extra := len(repeats) - len(shape); extra > 0 {
				x = k.reshaped(x, append(repeat(graph.Int{Const: 1}, extra), shape...))
			}
			k.give(k.op("Tile", []string{x, k.sizes(repeats)}))
		},
		"pixel_unshuffle": func(k *call) {
			r, s := k.int("downscale_factor", 1), k.shape("self")
			of := func(v int64) graph.Int { return graph.Int{Const: v} }
			x := k.reshaped(k.in("self"), []graph.Int{s[0], s[1], of(s[2].Const / r), of(r), of(s[3].Const / r), of(r)})
			k.give(k.reshaped(k.transpose(x, 0, 1, 3, 5, 2, 4), k.result().Shape))
		},
		"channel_shuffle": shuffle, "native_channel_shuffle": shuffle,
	})

func all(convert func(*call), names ...string) map[string]func(*call) {
	table := map[string]func(*call){}
	for _, name := range names {
		table[name] = convert
	}
	return table
}

// reshape goes by the result's shape, whatever the arguments call it.
func reshape(k *call) {
	for name := range k.n.Args {
		k.skip(name)
	}
	k.give(k.reshaped(k.in("self"), k.result().Shape))
}

// reshaped gives a tensor another shape. One size that depends on the batch follows from the others.
func (k *call) reshaped(x string, shape []graph.Int) string {
	open := -1
	dims := make([]int64, len(shape))
	for i, s := range shape {
		switch dims[i] = s.Const; {
		case s.Batch == 0 && s.Const == 0:
			k.refuse("its result is empty")
		case s.Batch != 0 && open >= 0:
			return k.op("Reshape", []string{x, k.sizes(shape)})
		case s.Batch != 0:
			dims[i], open = -1, i
		}
	}
	return k.op("Reshape", []string{x, k.longs(dims...)})
}

// identity is what leaves the elements alone or gives them another dtype.
func identity(k *call) {
	k.skip("dtype", "other", "p")
	if get(k, "train", false) || get(k, "training", false) {
		k.refuse("it drops out: put the model into evaluation mode before it is recorded")
	}
	arg := "self"
	if !k.has(arg) {
		arg = "input"
	}
	if x := k.as(arg); x != k.value(k.ref(arg)) {
		k.give(x)
	} else {
		k.give(k.one("Identity", x))
	}
}

func expand(k *call) {
	k.skip("size", "other")
	k.give(k.op("Expand", []string{k.in("self"), k.sizes(k.result().Shape)}))
}

func swap(k *call) {
	a, b := "dim0", "dim1"
	if k.has("axis0") {
		a, b = "axis0", "axis1"
	}
	k.give(k.swapped(k.int(a, 0), k.int(b, 0)))
}

func (k *call) swapped(a, b int64) string {
	rank := len(k.shape("self"))
	if rank == 0 {
		return k.in("self")
	}
	perm := make([]int64, rank)
	for i := range perm {
		perm[i] = int64(i)
	}
	a, b = axis(a, rank), axis(b, rank)
	perm[a], perm[b] = b, a
	return k.transpose(k.in("self"), perm...)
}

func (k *call) transpose(x string, perm ...int64) string {
	return k.op("Transpose", []string{x}, attrInts("perm", perm...))
}

// axes is a list of the dimensions of self, counted from the beginning.
func (k *call) axes(name string) []int64 {
	if !k.has(name) {
		k.skip(name)
		return nil
	}
	var list []int64
	for _, d := range k.ints(name, 0, 0) {
		list = append(list, axis(d, len(k.shape("self"))))
	}
	if ints, ok := k.n.Args[name].([]graph.Int); ok && len(ints) == 0 {
		return nil
	}
	return list
}

func shuffle(k *call) {
	groups, s := graph.Int{Const: k.int("groups", 1)}, k.shape("self")
	x := k.reshaped(k.in("self"), append([]graph.Int{s[0], groups, {Const: s[1].Const / groups.Const}}, s[2:]...))
	perm := []int64{0, 2, 1}
	for i := 3; i <= len(s); i++ {
		perm = append(perm, int64(i))
	}
	k.give(k.reshaped(k.transpose(x, perm...), k.result().Shape))
}
