package onnx

import "math"

// direct are operations that ONNX has under another name.
func direct(arg string, names map[string]string) map[string]func(*call) {
	all := map[string]func(*call){}
	for ours, theirs := range names {
		all[ours] = func(k *call) { k.give(k.one(theirs, k.as(arg))) }
	}
	return all
}

func (k *call) one(op, x string, attrs ...attr) string { return k.op(op, []string{x}, attrs...) }
func (k *call) two(op, x, y string) string             { return k.op(op, []string{x, y}) }

// n1 is a number in the dtype of the result.
func (k *call) n1(v float64) string { return k.num(k.result().DType, v) }

// clip leaves bounds out that are infinite.
func (k *call) clip(x string, low, high float64) string {
	in := []string{x, "", ""}
	if !math.IsInf(low, -1) {
		in[1] = k.n1(low)
	}
	if !math.IsInf(high, 1) {
		in[2] = k.n1(high)
	}
	if in[1] == "" && in[2] == "" {
		return x
	}
	return k.op("Clip", in)
}

func repeat[T any](v T, n int) []T {
	all := make([]T, n)
	for i := range all {
		all[i] = v
	}
	return all
}
