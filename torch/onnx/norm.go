package onnx

import "github.com/fastlearn-go/fastlearn/torch/graph"

func (k *call) eps() attr { return attrFloat("epsilon", k.scalar("eps", 1e-5)) }

// filled is a tensor of n equal numbers.
func (k *call) filled(n int64, v float64) string {
	return k.constant(k.result().DType, []int64{n}, repeat(v, int(n))...)
}

func (k *call) orFilled(arg string, n int64, v float64) string {
	if name := k.opt(arg); name != "" {
		return name
	}
	return k.filled(n, v)
}

func batchNorm(k *call) {
	mean, variance := k.opt("running_mean"), k.opt("running_var")
	if get(k, "training", false) || mean == "" || variance == "" {
		k.refuse("it takes the statistics of its batch: put the model into evaluation mode before it is recorded")
	}
	c := k.shape("input")[1].Const
	k.give(k.op("BatchNormalization", []string{k.in("input"), k.orFilled("weight", c, 1), k.orFilled("bias", c, 0), mean, variance}, k.eps()))
}

func layerNorm(k *call) {
	dims, fixed := constants(get(k, "normalized_shape", []graph.Int(nil)))
	if !fixed {
		k.refuse("it normalises over the batch")
	}
	scale := k.opt("weight")
	if scale == "" {
		n := 1
		for _, d := range dims {
			n *= int(d)
		}
		scale = k.constant(k.result().DType, dims, repeat(1., n)...)
	}
	k.give(k.op("LayerNormalization", []string{k.in("input"), scale, k.opt("bias")}, attrInt("axis", int64(-len(dims))), k.eps()))
}

func instanceNorm(k *call) {
	if !get(k, "use_input_stats", false) {
		batchNorm(k)
		return
	}
	k.skip("running_mean", "running_var")
	c := k.shape("input")[1].Const
	k.give(k.op("InstanceNormalization", []string{k.in("input"), k.orFilled("weight", c, 1), k.orFilled("bias", c, 0)}, k.eps()))
}

func groupNorm(k *call) {
	groups, shape := k.int("num_groups", 1), k.shape("input")
	x := k.op("Reshape", []string{k.in("input"), k.longs(0, groups, -1)})
	x = k.op("InstanceNormalization", []string{x, k.filled(groups, 1), k.filled(groups, 0)}, k.eps())
	x = k.op("Reshape", []string{x, k.sizes(shape)})
	dims := append([]int64{-1}, repeat[int64](1, len(shape)-2)...)
	if w := k.opt("weight"); w != "" {
		x = k.two("Mul", x, k.op("Reshape", []string{w, k.longs(dims...)}))
	}
	if b := k.opt("bias"); b != "" {
		x = k.two("Add", x, k.op("Reshape", []string{b, k.longs(dims...)}))
	}
	k.give(x)
}

func rmsNorm(k *call) {
	x := k.in("input")
	axes := make([]int64, len(get(k, "normalized_shape", []graph.Int(nil))))
	for i := range axes {
		axes[i] = int64(i - len(axes))
	}
	mean := k.one("ReduceMean", k.two("Mul", x, x), attrInts("axes", axes...))
	y := k.two("Div", x, k.one("Sqrt", k.two("Add", mean, k.n1(k.scalar("eps", 0x1p-23)))))
	if w := k.opt("weight"); w != "" {
		y = k.two("Mul", y, w)
	}
	k.give(y)
}
