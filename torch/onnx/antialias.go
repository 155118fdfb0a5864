package onnx

import "math"

// antialiased is a resizing in which each place sees as much of the input as it stands for, by a filter that reaches so far to each side. Along a dimension it is a
// product with a matrix, since ONNX has it from version 18 on only.
func antialiased(reach float64, filter func(float64) float64) func(*call) {
	return func(k *call) {
		corners, scales := get(k, "align_corners", false), k.scales(k.spatial(k.resized(), 2))
		k.skip("output_size")
		in, _ := constants(k.shape(k.resized())[2:])
		out, _ := constants(k.result().Shape[2:])
		step := func(i int) float64 {
			switch {
			case corners && out[i] > 1:
				return float64(in[i]-1) / float64(out[i]-1)
			case corners:
				return 0
			case len(scales) > 0:
				return 1 / scales[i]
			}
			return float64(in[i]) / float64(out[i])
		}
		rows, columns := filters(in[0], out[0], step(0), reach, filter), filters(in[1], out[1], step(1), reach, filter)
		x := k.two("MatMul", k.constant(k.result().DType, []int64{out[0], in[0]}, rows...), k.in(k.resized()))
		turned := make([]float64, len(columns))
		for i, v := range columns {
			turned[int64(i)%in[1]*out[1]+int64(i)/in[1]] = v
		}
		k.give(k.two("MatMul", x, k.constant(k.result().DType, []int64{in[1], out[1]}, turned...)))
	}
}

// resized is the argument that is.
func (k *call) resized() string {
	if k.has("self") {
		return "self"
	}
	return "input"
}

// filters are, row by row, what each of out places takes of in.
func filters(in, out int64, step, reach float64, filter func(float64) float64) []float64 {
	all := make([]float64, in*out)
	wide := max(step, 1)
	for i := range out {
		center := step * (float64(i) + 0.5)
		from, to := max(int64(center-reach*wide+0.5), 0), min(int64(center+reach*wide+0.5), in)
		row, sum := all[i*in:(i+1)*in], 0.0
		for j := from; j < to; j++ {
			row[j] = filter((float64(j) - center + 0.5) / wide)
			sum += row[j]
		}
		for j := from; j < to && sum != 0; j++ {
			row[j] /= sum
		}
	}
	return all
}

func triangle(x float64) float64 { return max(1-math.Abs(x), 0) }

func cubic(x float64) float64 {
	const a = -0.5
	switch x = math.Abs(x); {
	case x < 1:
		return ((a+2)*x-(a+3))*x*x + 1
	case x < 2:
		return (((x-5)*x+8)*x - 4) * a
	}
	return 0
}
