package onnx

import "github.com/fastlearn-go/fastlearn/torch/graph"

func reduction(op string) func(*call) {
	return func(k *call) {
		k.skip("dtype")
		k.give(k.reduce(op, k.as("self")))
	}
}

// reduce is along dim, or of all.
func (k *call) reduce(op, x string) string {
	attrs := []attr{attrInt("keepdims", k.keepDim())}
	dims := k.axes("dim")
	switch {
	case len(k.shape("self")) == 0 || len(dims) == 0:
		return k.one(op, x, attrs...)
	case op == "ReduceSum":
		return k.op(op, []string{x, k.longs(dims...)}, attrs...)
	}
	return k.one(op, x, append(attrs, attrInts("axes", dims...))...)
}

func (k *call) keepDim() int64 { return int64(k.scalar("keepdim", 0)) }

// extreme is the largest of all, along a dimension, with its place, or of two tensors.
func extreme(op, place, ofTwo string) func(*call) {
	return func(k *call) {
		if k.has("other") {
			k.give(k.two(ofTwo, k.as("self"), k.operand("other", k.result().DType)))
			return
		}
		k.give(k.reduce(op, k.as("self")))
		if len(k.n.Results) > 1 && k.n.Results[1] != graph.None {
			k.give(k.names[k.n.Results[0]], k.arg(place))
		}
	}
}

func (k *call) arg(op string) string {
	dims := k.axes("dim")
	if len(dims) == 0 {
		if k.keepDim() != 0 {
			k.refuse("it keeps dimensions without a dim")
		}
		return k.one(op, k.op("Reshape", []string{k.in("self"), k.longs(-1)}), attrInt("axis", 0), attrInt("keepdims", 0))
	}
	return k.one(op, k.in("self"), attrInt("axis", dims[0]), attrInt("keepdims", k.keepDim()))
}

func (k *call) vectorNorm(order string) string {
	k.skip("dtype")
	op, ok := map[float64]string{1: "ReduceL1", 2: "ReduceL2"}[k.scalar(order, 2)]
	if !ok {
		k.refuse("its order is %v, want 1 or 2", k.n.Args[order])
	}
	return k.reduce(op, k.as("self"))
}

// variance divides by the number of elements less correction, or less one where it is unbiased.
func (k *call) variance() string {
	x, shape := k.as("self"), k.shape("self")
	dims := k.axes("dim")
	if len(dims) == 0 {
		for i := range shape {
			dims = append(dims, int64(i))
		}
	}
	n := int64(1)
	for _, d := range dims {
		n *= k.fixed("dim", shape[d])
	}
	less := k.scalar("correction", 1)
	if k.has("unbiased") {
		less = k.scalar("unbiased", 1)
	}
	apart := k.two("Sub", x, k.one("ReduceMean", x, attrInts("axes", dims...)))
	sum := k.op("ReduceSum", []string{k.two("Mul", apart, apart), k.longs(dims...)}, attrInt("keepdims", k.keepDim()))
	return k.two("Div", sum, k.n1(float64(n)-less))
}
