package onnx

// reductions are the operations that make one number of many, along dimensions or of all.
var reductions = map[string]func(*call){
	"mean": reduction("ReduceMean"), "sum": reduction("ReduceSum"), "amax": reduction("ReduceMax"), "amin": reduction("ReduceMin"), "prod": reduction("ReduceProd"),
	"logsumexp": reduction("ReduceLogSumExp"),
	"max":       extreme("ReduceMax", "ArgMax", "Max"), "min": extreme("ReduceMin", "ArgMin", "Min"),
	"argmax": func(k *call) { k.give(k.arg("ArgMax")) }, "argmin": func(k *call) { k.give(k.arg("ArgMin")) },
	"linalg_vector_norm": func(k *call) { k.give(k.vectorNorm("ord")) },
	"norm":               func(k *call) { k.give(k.vectorNorm("p")) },
	"var":                func(k *call) { k.give(k.variance()) },
	"std":                func(k *call) { k.give(k.one("Sqrt", k.variance())) },
	"var_mean":           func(k *call) { k.give(k.variance(), k.reduce("ReduceMean", k.as("self"))) },
	"std_mean":           func(k *call) { k.give(k.one("Sqrt", k.variance()), k.reduce("ReduceMean", k.as("self"))) },
	"cumsum": func(k *call) {
		k.skip("dtype")
		d := axis(k.int("dim", 0), len(k.shape("self")))
		k.give(k.two("CumSum", k.as("self"), k.constant("int64", nil, float64(d))))
	},
	"topk": func(k *call) {
		sorted := int64(0)
		if get(k, "sorted", true) {
			sorted = 1
		}
		largest := int64(0)
		if get(k, "largest", true) {
			largest = 1
		}
		values, at := k.unique("topk"), k.unique("topk")
		k.emit("TopK", []string{k.in("self"), k.longs(k.int("k", 1))}, []string{values, at}, attrInt("axis", k.int("dim", -1)), attrInt("largest", largest), attrInt("sorted", sorted))
		k.give(values, at)
	},
}
