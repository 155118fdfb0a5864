package onnx

// pooling are the operations that make pictures smaller or larger.
var pooling = map[string]func(*call){
	"max_pool1d": maxPool(1), "max_pool2d": maxPool(2), "max_pool3d": maxPool(3), "max_pool1d_with_indices": maxPool(1), "max_pool2d_with_indices": maxPool(2),
	"avg_pool1d": avgPool(1), "avg_pool2d": avgPool(2), "avg_pool3d": avgPool(3),
	"adaptive_avg_pool1d": adaptive(1, "Average"), "adaptive_avg_pool2d": adaptive(2, "Average"), "adaptive_avg_pool3d": adaptive(3, "Average"),
	"adaptive_max_pool1d": adaptive(1, "Max"), "adaptive_max_pool2d": adaptive(2, "Max"), "adaptive_max_pool3d": adaptive(3, "Max"),
	"_adaptive_avg_pool2d": adaptive(2, "Average"),
	"upsample_nearest1d":   upsample("nearest"), "upsample_nearest2d": upsample("nearest"), "upsample_nearest3d": upsample("nearest"),
	"upsample_linear1d": upsample("linear"), "upsample_bilinear2d": upsample("linear"), "upsample_trilinear3d": upsample("linear"), "upsample_bicubic2d": upsample("cubic"),
	"_upsample_nearest_exact1d": upsample("exact"), "_upsample_nearest_exact2d": upsample("exact"), "_upsample_nearest_exact3d": upsample("exact"),
	"_upsample_bilinear2d_aa": antialiased(1, triangle), "_upsample_bicubic2d_aa": antialiased(2, cubic),
	"pixel_shuffle": func(k *call) {
		k.give(k.one("DepthToSpace", k.in("self"), attrInt("blocksize", k.int("upscale_factor", 1)), attrString("mode", "CRD")))
	},
}

// window are the attributes of a pooling. The padding at the end is what makes the result as large as PyTorch's, by ceil_mode, too.
func (k *call) window(n int) (attrs []attr, beyond bool) {
	k.spatial("self", n)
	k.skip("ceil_mode")
	kernel, begin, dilation := k.ints("kernel_size", n, 1), k.ints("padding", n, 0), k.ints("dilation", n, 1)
	stride := kernel
	if list := k.ints("stride", n, 0); list[0] != 0 {
		stride = list
	}
	in, out := k.shape("self")[2:], k.result().Shape[2:]
	pads := both(begin)
	for i := range n {
		end := (out[i].Const-1)*stride[i] + dilation[i]*(kernel[i]-1) + 1 - in[i].Const - begin[i]
		if end > begin[i] {
			pads[n+i], beyond = end, true
		}
	}
	return []attr{attrInts("kernel_shape", kernel[:n]...), attrInts("strides", stride[:n]...), attrInts("pads", pads...)}, beyond
}

func maxPool(n int) func(*call) {
	return func(k *call) {
		attrs, _ := k.window(n)
		k.give(k.one("MaxPool", k.in("self"), append(attrs, attrInts("dilations", k.ints("dilation", n, 1)...))...))
	}
}

func avgPool(n int) func(*call) {
	return func(k *call) {
		attrs, beyond := k.window(n)
		counted := get(k, "count_include_pad", true)
		padded := false
		for _, p := range k.ints("padding", n, 0) {
			padded = padded || p != 0
		}
		switch {
		case counted && padded && beyond:
			k.refuse("it counts its padding, and by ceil_mode has windows that end beyond it: leave either away")
		case counted && padded:
			attrs = append(attrs, attrInt("count_include_pad", 1))
		}
		k.give(k.one("AveragePool", k.in("self"), attrs...))
	}
}

// adaptive pools to a given size: by ONNX's pooling where the size divides the picture's, or else axis by axis.
func adaptive(n int, kind string) func(*call) {
	return func(k *call) {
		k.spatial("self", n)
		k.skip("output_size")
		in, _ := constants(k.shape("self")[2:])
		out, _ := constants(k.result().Shape[2:])
		x, whole, same, kernel := k.in("self"), true, true, make([]int64, n)
		for i := range n {
			if out[i] < 1 || in[i] < 1 {
				k.refuse("it pools %v to %v", in, out)
			}
			kernel[i] = in[i] / out[i]
			whole, same = whole && in[i]%out[i] == 0, same && in[i] == out[i]
		}
		switch {
		case same:
			k.give(k.one("Identity", x))
		case whole && allOnes(out):
			k.give(k.one("Global"+kind+"Pool", x))
		case whole:
			k.give(k.one(kind+"Pool", x, attrInts("kernel_shape", kernel...), attrInts("strides", kernel...)))
		default:
			for i := range n {
				x = k.pooled(x, int64(i+2), in[i], out[i], kind)
			}
			k.give(x)
		}
	}
}

func allOnes(all []int64) bool {
	for _, v := range all {
		if v != 1 {
			return false
		}
	}
	return true
}

// pooled reduces one axis from in to out places, each of which sees from floor(i·in/out) to ceil((i+1)·in/out).
func (k *call) pooled(x string, axis, in, out int64, kind string) string {
	op := map[string]string{"Average": "ReduceMean", "Max": "ReduceMax"}[kind]
	var all []string
	for i := range out {
		part := k.op("Slice", []string{x, k.longs(i * in / out), k.longs(((i+1)*in + out - 1) / out), k.longs(axis)})
		all = append(all, k.one(op, part, attrInts("axes", axis), attrInt("keepdims", 1)))
	}
	return k.op("Concat", all, attrInt("axis", axis))
}
