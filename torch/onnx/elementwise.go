package onnx

import "math"

// elementwise are the operations on each element of one tensor.
var elementwise = merge(direct("self", map[string]string{
	"relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh", "exp": "Exp", "log": "Log", "sqrt": "Sqrt", "abs": "Abs", "neg": "Neg", "floor": "Floor", "ceil": "Ceil",
	"round": "Round", "erf": "Erf", "sin": "Sin", "cos": "Cos", "tan": "Tan", "asin": "Asin", "acos": "Acos", "atan": "Atan", "sinh": "Sinh", "cosh": "Cosh", "reciprocal": "Reciprocal",
	"sign": "Sign", "logical_not": "Not", "hardswish": "HardSwish",
	"asinh": "Asinh", "acosh": "Acosh", "atanh": "Atanh", "sgn": "Sign", "positive": "Identity",
}), map[string]func(*call){
	"silu":        func(k *call) { x := k.as("self"); k.give(k.two("Mul", x, k.one("Sigmoid", x))) },
	"mish":        func(k *call) { x := k.as("self"); k.give(k.two("Mul", x, k.one("Tanh", k.one("Softplus", x)))) },
	"rsqrt":       func(k *call) { k.give(k.one("Reciprocal", k.one("Sqrt", k.as("self")))) },
	"square":      func(k *call) { x := k.as("self"); k.give(k.two("Mul", x, x)) },
	"log_sigmoid": func(k *call) { k.give(k.one("Neg", k.one("Softplus", k.one("Neg", k.as("self"))))) },
	"log1p":       func(k *call) { k.give(k.one("Log", k.two("Add", k.as("self"), k.n1(1)))) },
	"expm1":       func(k *call) { k.give(k.two("Sub", k.one("Exp", k.as("self")), k.n1(1))) },
	"log2":        func(k *call) { k.give(k.two("Div", k.one("Log", k.as("self")), k.n1(math.Ln2))) },
	"log10":       func(k *call) { k.give(k.two("Div", k.one("Log", k.as("self")), k.n1(math.Ln10))) },
	"exp2":        func(k *call) { k.give(k.two("Pow", k.n1(2), k.as("self"))) },
	"erfc":        func(k *call) { k.give(k.two("Sub", k.n1(1), k.one("Erf", k.as("self")))) },
	"trunc":       func(k *call) { k.give(k.truncated(k.as("self"))) },
	"frac":        func(k *call) { x := k.as("self"); k.give(k.two("Sub", x, k.truncated(x))) },
	"isnan":       func(k *call) { k.give(k.one("IsNaN", k.in("self"))) },
	"isinf":       func(k *call) { k.give(k.one("IsInf", k.in("self"))) },
	"tanhshrink":  func(k *call) { x := k.as("self"); k.give(k.two("Sub", x, k.one("Tanh", x))) },
	"hardshrink": func(k *call) {
		k.give(k.one("Shrink", k.as("self"), attrFloat("lambd", k.scalar("lambd", 0.5))))
	},
	"softshrink": func(k *call) {
		by := k.scalar("lambd", 0.5)
		k.give(k.one("Shrink", k.as("self"), attrFloat("lambd", by), attrFloat("bias", by)))
	},
	"threshold": func(k *call) {
		x := k.as("self")
		k.give(k.op("Where", []string{k.two("Greater", x, k.n1(k.scalar("threshold", 0))), x, k.n1(k.scalar("value", 0))}))
	},
	"hardsigmoid": func(k *call) {
		k.give(k.one("HardSigmoid", k.as("self"), attrFloat("alpha", 1./6), attrFloat("beta", 0.5)))
	},
	"relu6":    func(k *call) { k.give(k.clip(k.as("self"), 0, 6)) },
	"hardtanh": func(k *call) { k.give(k.clip(k.as("self"), k.scalar("min_val", -1), k.scalar("max_val", 1))) },
	"clamp": func(k *call) {
		k.give(k.clip(k.as("self"), k.scalar("min", math.Inf(-1)), k.scalar("max", math.Inf(1))))
	},
	"clamp_min": func(k *call) { k.give(k.clip(k.as("self"), k.scalar("min", math.Inf(-1)), math.Inf(1))) },
	"clamp_max": func(k *call) { k.give(k.clip(k.as("self"), math.Inf(-1), k.scalar("max", math.Inf(1)))) },
	"leaky_relu": func(k *call) {
		k.give(k.one("LeakyRelu", k.as("self"), attrFloat("alpha", k.scalar("negative_slope", 0.01))))
	},
	"selu": func(k *call) { k.give(k.one("Selu", k.as("self"))) },
	"celu": func(k *call) { k.give(k.one("Celu", k.as("self"), attrFloat("alpha", k.scalar("alpha", 1)))) },
	"elu": func(k *call) {
		if k.scalar("scale", 1) != 1 || k.scalar("input_scale", 1) != 1 {
			k.refuse("its scale isn't 1")
		}
		k.give(k.one("Elu", k.as("self"), attrFloat("alpha", k.scalar("alpha", 1))))
	},
	"softplus": func(k *call) {
		k.skip("threshold") // beyond which both are the identity, in float32
		beta := k.n1(k.scalar("beta", 1))
		k.give(k.two("Div", k.one("Softplus", k.two("Mul", k.as("self"), beta)), beta))
	},
	"gelu": func(k *call) {
		x := k.as("self")
		if approximate := get(k, "approximate", "none"); approximate == "none" {
			erf := k.one("Erf", k.two("Div", x, k.n1(math.Sqrt2)))
			k.give(k.two("Mul", k.two("Mul", x, k.two("Add", erf, k.n1(1))), k.n1(0.5)))
			return
		}
		cube := k.two("Mul", k.two("Mul", x, x), x)
		inner := k.two("Mul", k.two("Add", x, k.two("Mul", cube, k.n1(0.044715))), k.n1(math.Sqrt(2/math.Pi)))
		k.give(k.two("Mul", k.two("Mul", x, k.two("Add", k.one("Tanh", inner), k.n1(1))), k.n1(0.5)))
	},
	"prelu": func(k *call) {
		w, of := k.in("weight"), k.shape("weight")
		if rank := len(k.shape("self")); len(of) == 1 && of[0].Const != 1 && rank > 2 { // of the channels
			dims := make([]int64, rank-1)
			for i := range dims {
				dims[i] = 1
			}
			dims[0] = -1
			w = k.op("Reshape", []string{w, k.longs(dims...)})
		}
		k.give(k.two("PRelu", k.in("self"), w))
	},
	"glu": func(k *call) {
		half, gate := k.unique("glu"), k.unique("glu")
		d := axis(k.int("dim", -1), len(k.shape("self")))
		size := k.result().Shape[d]
		k.emit("Split", []string{k.in("self"), k.sizes(repeat(size, 2))}, []string{half, gate}, attrInt("axis", d))
		k.give(k.two("Mul", half, k.one("Sigmoid", gate)))
	},
	"softmax": func(k *call) {
		k.skip("dtype")
		k.give(k.one("Softmax", k.as("self"), attrInt("axis", k.int("dim", -1))))
	},
	"_softmax": func(k *call) {
		k.skip("half_to_float")
		k.give(k.one("Softmax", k.as("self"), attrInt("axis", k.int("dim", -1))))
	},
	"log_softmax": func(k *call) {
		k.skip("dtype")
		k.give(k.one("LogSoftmax", k.as("self"), attrInt("axis", k.int("dim", -1))))
	},
})

// truncated leaves what is behind the point away.
func (k *call) truncated(x string) string {
	return k.two("Mul", k.one("Sign", x), k.one("Floor", k.one("Abs", x)))
}
