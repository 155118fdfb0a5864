package onnx

// tensors are the operations that make tensors of numbers.
var tensors = map[string]func(*call){
	"zeros": filling("", 0), "ones": filling("", 1), "full": filling("fill_value", 0), "scalar_tensor": filling("s", 0),
	"zeros_like": filling("", 0), "ones_like": filling("", 1), "full_like": filling("fill_value", 0),
	"new_zeros": filling("", 0), "new_ones": filling("", 1), "new_full": filling("fill_value", 0),
	"arange": func(k *call) {
		k.skip("end", "dtype")
		start, step := k.scalar("start", 0), k.scalar("step", 1)
		n := k.fixed("end", k.result().Shape[0])
		values := make([]float64, n)
		for i := range values {
			values[i] = start + float64(i)*step
		}
		k.give(k.constant(k.result().DType, []int64{n}, values...))
	},
}

// filling is a tensor of one number, which an argument gives or not.
func filling(arg string, v float64) func(*call) {
	return func(k *call) {
		k.skip("self", "size", "dtype", "requires_grad")
		fill := v
		if arg != "" {
			fill = k.scalar(arg, 0)
		}
		k.give(k.op("Expand", []string{k.n1(fill), k.sizes(k.result().Shape)}))
	}
}
