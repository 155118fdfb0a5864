package onnx

import "github.com/fastlearn-go/fastlearn/torch/graph"

// list are the tensors of an argument tensors in the result's dtype.
func (k *call) list() (all []string) {
	for _, r := range k.refs("tensors") {
		all = append(all, k.cast(k.value(r), k.g.Values[r].DType, k.result().DType))
	}
	return all
}

// slice is a part of one axis.
func (k *call) slice(x string, axis int64, start, end graph.Int, step int64) string {
	return k.op("Slice", []string{x, k.sizes([]graph.Int{start}), k.sizes([]graph.Int{end}), k.longs(axis), k.longs(step)})
}

// split goes by the results' shapes, whatever the arguments say.
func split(k *call) {
	k.skip("chunks", "split_size", "split_sizes", "sections", "indices")
	d := axis(k.int("dim", 0), len(k.shape("self")))
	sizes := make([]graph.Int, len(k.n.Results))
	for i, r := range k.n.Results {
		if r == graph.None {
			k.refuse("one of its results is absent")
		}
		sizes[i] = k.g.Values[r].Shape[d]
	}
	k.give(k.split(d, sizes)...)
}

func (k *call) split(d int64, sizes []graph.Int) []string {
	out := make([]string, len(sizes))
	for i := range out {
		out[i] = k.unique(k.n.Module + "/Split")
	}
	k.emit("Split", []string{k.in("self"), k.sizes(sizes)}, out, attrInt("axis", d))
	return out
}

// trilu keeps one triangle of each matrix.
func trilu(upper int64) func(*call) {
	return func(k *call) {
		k.give(k.op("Trilu", []string{k.in("self"), k.constant("int64", nil, float64(k.int("diagonal", 0)))}, attrInt("upper", upper)))
	}
}
