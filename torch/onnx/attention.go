package onnx

import "math"

func attention(k *call) {
	q, key, v := k.in("query"), k.in("key"), k.in("value")
	shape := k.shape("query")
	rank := len(shape)
	if k.scalar("dropout_p", 0) != 0 || get(k, "enable_gqa", false) {
		k.refuse("it drops out, or groups queries")
	}
	perm := make([]int64, rank)
	for i := range perm {
		perm[i] = int64(i)
	}
	perm[rank-1], perm[rank-2] = perm[rank-2], perm[rank-1]
	scale := k.scalar("scale", 1/math.Sqrt(float64(shape[rank-1].Const)))
	scores := k.two("MatMul", k.times(q, scale), k.op("Transpose", []string{key}, attrInts("perm", perm...)))
	switch mask := k.opt("attn_mask"); {
	case mask != "" && k.dtype("attn_mask") == "bool":
		scores = k.op("Where", []string{mask, scores, k.n1(math.Inf(-1))})
	case mask != "":
		scores = k.two("Add", scores, mask)
	}
	if get(k, "is_causal", false) {
		l, s := k.fixed("query", shape[rank-2]), k.fixed("key", k.shape("key")[rank-2])
		seen := make([]float64, l*s)
		for i := range seen {
			if int64(i)%s > int64(i)/s {
				seen[i] = math.Inf(-1)
			}
		}
		scores = k.two("Add", scores, k.constant(k.result().DType, []int64{l, s}, seen...))
	}
	k.give(k.two("MatMul", k.one("Softmax", scores, attrInt("axis", -1)), v))
}
