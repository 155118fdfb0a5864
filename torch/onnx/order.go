package onnx

import "github.com/fastlearn-go/fastlearn/torch/graph"

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
