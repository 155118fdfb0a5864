package onnx

import (
	"slices"

	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// operand is a tensor or a number in a dtype.
func (k *call) operand(name, dtype string) string {
	if k.isTensor(name) {
		return k.cast(k.in(name), k.dtype(name), dtype)
	}
	return k.num(dtype, k.scalar(name, 0))
}

func (k *call) isTensor(name string) bool { _, ok := k.n.Args[name].(graph.Ref); return ok }

// scaled is an operand times alpha.
func (k *call) scaled(name string) string {
	return k.times(k.operand(name, k.result().DType), k.scalar("alpha", 1))
}

func (k *call) times(x string, by float64) string {
	if by == 1 {
		return x
	}
	return k.two("Mul", x, k.n1(by))
}

func (k *call) combined(op string) string {
	return k.two("Add", k.as("self"), k.times(k.two(op, k.as("tensor1"), k.as("tensor2")), k.scalar("value", 1)))
}

func comparison(op string) func(*call) { return func(k *call) { k.give(k.compare(op)) } }

// compare compares in the dtype of both.
func (k *call) compare(op string) string {
	t := k.dtype("self")
	if k.isTensor("other") {
		t = wider(t, k.dtype("other"))
	} else if _, fractional := k.n.Args["other"].(float64); fractional {
		t = wider(t, "float32")
	}
	return k.two(op, k.operand("self", t), k.operand("other", t))
}

// wider is the dtype that holds the values of both.
func wider(a, b string) string {
	order := []string{"bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64"}
	return order[max(slices.Index(order, a), slices.Index(order, b))]
}
