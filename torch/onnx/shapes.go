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
