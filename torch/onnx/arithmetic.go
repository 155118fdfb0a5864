package onnx

// arithmetic are the operations of two tensors, or of a tensor and a number.
var arithmetic = map[string]func(*call){
	"add": func(k *call) { k.give(k.two("Add", k.as("self"), k.scaled("other"))) },
	"sub": func(k *call) { k.give(k.two("Sub", k.as("self"), k.scaled("other"))) },
	"rsub": func(k *call) {
		k.give(k.two("Sub", k.operand("other", k.result().DType), k.times(k.as("self"), k.scalar("alpha", 1))))
	},
	"mul": func(k *call) { k.give(k.two("Mul", k.as("self"), k.operand("other", k.result().DType))) },
	"div": func(k *call) {
		x := k.two("Div", k.as("self"), k.operand("other", k.result().DType))
		switch mode := get(k, "rounding_mode", ""); {
		case mode == "":
		case k.result().DType != "float32" && k.result().DType != "float64":
			k.refuse("its rounding_mode is %q, for %s", mode, k.result().DType)
		case mode == "floor":
			x = k.one("Floor", x)
		case mode == "trunc":
			x = k.truncated(x)
		}
		k.give(x)
	},
	"lerp": func(k *call) {
		x := k.as("self")
		k.give(k.two("Add", x, k.two("Mul", k.two("Sub", k.as("end"), x), k.operand("weight", k.result().DType))))
	},
	"fmod": func(k *call) {
		k.give(k.op("Mod", []string{k.as("self"), k.operand("other", k.result().DType)}, attrInt("fmod", 1)))
	},
	"remainder": func(k *call) {
		x, by := k.as("self"), k.operand("other", k.result().DType)
		if t := k.result().DType; t != "float32" && t != "float64" {
			k.give(k.two("Mod", x, by))
			return
		}
		k.give(k.two("Sub", x, k.two("Mul", k.one("Floor", k.two("Div", x, by)), by)))
	},
	"pow": func(k *call) {
		t := k.result().DType
		k.give(k.two("Pow", k.operand("self", t), k.operand("exponent", t)))
	},
	"addcmul": func(k *call) { k.give(k.combined("Mul")) },
	"addcdiv": func(k *call) { k.give(k.combined("Div")) },
	"maximum": func(k *call) { k.give(k.two("Max", k.as("self"), k.operand("other", k.result().DType))) },
	"minimum": func(k *call) { k.give(k.two("Min", k.as("self"), k.operand("other", k.result().DType))) },

	"eq": comparison("Equal"), "gt": comparison("Greater"), "lt": comparison("Less"), "ge": comparison("GreaterOrEqual"), "le": comparison("LessOrEqual"),
	"ne":          func(k *call) { k.give(k.one("Not", k.compare("Equal"))) },
	"logical_and": func(k *call) { k.give(k.two("And", k.as("self"), k.operand("other", "bool"))) },
	"logical_or":  func(k *call) { k.give(k.two("Or", k.as("self"), k.operand("other", "bool"))) },
	"logical_xor": func(k *call) { k.give(k.two("Xor", k.as("self"), k.operand("other", "bool"))) },
	"where": func(k *call) {
		t := k.result().DType
		k.give(k.op("Where", []string{k.cast(k.in("condition"), k.dtype("condition"), "bool"), k.operand("self", t), k.operand("other", t)}))
	},
	"masked_fill": func(k *call) {
		k.give(k.op("Where", []string{k.in("mask"), k.operand("value", k.result().DType), k.as("self")}))
	},

	"matmul": func(k *call) { k.give(k.two("MatMul", k.in("self"), k.in("other"))) },
	"mv":     func(k *call) { k.give(k.two("MatMul", k.in("self"), k.in("vec"))) },
	"dot":    func(k *call) { k.give(k.two("MatMul", k.in("self"), k.in("tensor"))) },
	"mm":     func(k *call) { k.give(k.two("MatMul", k.in("self"), k.in("mat2"))) },
	"bmm":    func(k *call) { k.give(k.two("MatMul", k.in("self"), k.in("mat2"))) },
	"addmm": func(k *call) {
		k.give(k.op("Gemm", []string{k.in("mat1"), k.in("mat2"), k.in("self")}, attrFloat("alpha", k.scalar("alpha", 1)), attrFloat("beta", k.scalar("beta", 1))))
	},
	"baddbmm": func(k *call) {
		product := k.times(k.two("MatMul", k.in("batch1"), k.in("batch2")), k.scalar("alpha", 1))
		k.give(k.two("Add", k.times(k.in("self"), k.scalar("beta", 1)), product))
	},
	"einsum": func(k *call) {
		var in []string
		for _, r := range k.refs("tensors") {
			in = append(in, k.value(r))
		}
		k.give(k.op("Einsum", in, attrString("equation", get(k, "equation", ""))))
	},
}
