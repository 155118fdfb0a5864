package onnx

func upsample(mode string) func(*call) {
	return func(k *call) {
		corners := get(k, "align_corners", false)
		transform, mode, nearest := "half_pixel", mode, "floor"
		switch {
		case mode == "exact":
			mode, nearest = "nearest", "round_prefer_ceil"
		case mode == "nearest":
			transform = "asymmetric"
		case corners:
			transform = "align_corners"
		}
		attrs := []attr{attrString("mode", mode), attrString("coordinate_transformation_mode", transform), attrFloat("cubic_coeff_a", -0.75), attrString("nearest_mode", nearest)}
		k.skip("output_size")
		arg := k.resized()
		in := []string{k.in(arg), "", "", ""}
		if scales := k.scales(len(k.shape(arg)) - 2); len(scales) > 0 { // which PyTorch goes by, and not by the sizes
			in[2] = k.constant("float32", []int64{int64(len(scales) + 2)}, append([]float64{1, 1}, scales...)...)
		} else {
			in[3] = k.sizes(k.result().Shape)
		}
		k.give(k.op("Resize", in, attrs...))
	}
}

// scales are the factors of a resizing, if it was called with them.
func (k *call) scales(n int) (all []float64) {
	all = append(all, get(k, "scale_factors", []float64(nil))...)
	for _, name := range []string{"scales", "scales_d", "scales_h", "scales_w"} {
		if k.has(name) {
			all = append(all, k.scalar(name, 1))
		}
	}
	if len(all) != 0 && len(all) != n {
		k.refuse("it has %d factors for %d dimensions", len(all), n)
	}
	return all
}
