package onnx

// layers are convolutions, norms, linear and recurrent layers, and attention.
var layers = map[string]func(*call){
	"conv1d": conv, "conv2d": conv, "conv3d": conv, "convolution": conv, "_convolution": conv,
	"conv_transpose1d": convTranspose, "conv_transpose2d": convTranspose, "conv_transpose3d": convTranspose,
	"linear":     linear,
	"batch_norm": batchNorm, "native_batch_norm": batchNorm, "_native_batch_norm_legit_no_training": batchNorm,
	"instance_norm": instanceNorm, "group_norm": groupNorm, "rms_norm": rmsNorm,
	"layer_norm": layerNorm, "native_layer_norm": layerNorm,
	"lstm": recurrent("LSTM", []int64{0, 3, 1, 2}), "gru": recurrent("GRU", []int64{1, 0, 2}, attrInt("linear_before_reset", 1)),
	"rnn_tanh": recurrent("RNN", []int64{0}), "rnn_relu": recurrent("RNN", []int64{0}),
	"_weight_norm": func(k *call) {
		v, dim := k.in("v"), axis(k.int("dim", 0), len(k.shape("v")))
		var others []int64
		for d := range k.shape("v") {
			if int64(d) != dim {
				others = append(others, int64(d))
			}
		}
		k.give(k.two("Mul", k.two("Div", v, k.one("ReduceL2", v, attrInts("axes", others...))), k.in("g")))
	},
	"scaled_dot_product_attention": attention,
}

func linear(k *call) {
	x, w, b := k.in("input"), k.in("weight"), k.opt("bias")
	if len(k.shape("input")) == 2 && len(k.shape("weight")) == 2 {
		k.give(k.op("Gemm", []string{x, w, b}, attrInt("transB", 1)))
		return
	}
	k.give(k.product(x, k.op("Transpose", []string{w}), b))
}

// product is x times a matrix, plus a bias where there is one.
func (k *call) product(x, w, bias string) string {
	y := k.two("MatMul", x, w)
	if bias != "" {
		y = k.two("Add", y, bias)
	}
	return y
}
