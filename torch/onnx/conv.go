package onnx

// spatial is the number of a picture's dimensions, beyond which there must be the batch's and the channels'.
func (k *call) spatial(arg string, of int) int {
	if rank := len(k.shape(arg)); rank != of+2 {
		k.refuse("its input has %d dimensions, want %d, the batch's among them", rank, of+2)
	}
	return of
}

func conv(k *call) {
	if get(k, "transposed", false) {
		convTranspose(k)
		return
	}
	k.give(k.convolved(k.in("weight"), k.opt("bias")))
}

// convolved is the convolution by a weight of the argument's shape.
func (k *call) convolved(by, bias string) string {
	weight, _ := constants(k.shape("weight"))
	n := k.spatial("input", len(weight)-2)
	for _, unused := range k.ints("output_padding", n, 0) {
		if unused != 0 {
			k.refuse("its output_padding isn't 0")
		}
	}
	dilation := k.ints("dilation", n, 1)
	var pads []int64
	if how, text := k.n.Args["padding"].(string); !text {
		pads = both(k.ints("padding", n, 0))
	} else {
		k.skip("padding")
		pads = make([]int64, 2*n)
		for i := range n {
			if how == "same" { // the odd one at the end
				total := dilation[i] * (weight[i+2] - 1)
				pads[i], pads[n+i] = total/2, total-total/2
			}
		}
	}
	return k.op("Conv", []string{k.in("input"), by, bias}, attrInts("kernel_shape", weight[2:]...),
		attrInts("strides", k.ints("stride", n, 1)...), attrInts("dilations", dilation...), attrInts("pads", pads...), attrInt("group", k.int("groups", 1)))
}

func convTranspose(k *call) {
	weight, _ := constants(k.shape("weight"))
	n := k.spatial("input", len(weight)-2)
	k.give(k.op("ConvTranspose", []string{k.in("input"), k.in("weight"), k.opt("bias")}, attrInts("kernel_shape", weight[2:]...),
		attrInts("strides", k.ints("stride", n, 1)...), attrInts("dilations", k.ints("dilation", n, 1)...), attrInts("pads", both(k.ints("padding", n, 0))...),
		attrInts("output_padding", k.ints("output_padding", n, 0)...), attrInt("group", k.int("groups", 1))))
}

// both is padding at the beginning and at the end.
func both(pads []int64) []int64 { return append(append([]int64{}, pads...), pads...) }
