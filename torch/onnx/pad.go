package onnx

import "github.com/fastlearn-go/fastlearn/torch/graph"

// wrap is the mode of a circular padding, which ONNX has from version 19 on.
const wrap = "wrap"

// pad pads at the beginning and at the end; PyTorch counts from the last dimension and pairwise.
func pad(k *call) {
	mode, ok := map[string]string{"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": wrap}[get(k, "mode", "constant")]
	if !ok {
		k.refuse("its mode is %q", k.n.Args["mode"])
	}
	k.padded("pad", mode)
}

func padTable(mode string, names ...string) map[string]func(*call) {
	return all(func(k *call) { k.padded("padding", mode) }, names...)
}

func (k *call) padded(arg, mode string) {
	rank := len(k.shape("self"))
	pads := make([]int64, 2*rank)
	by := k.ints(arg, 0, 0)
	if mode == wrap {
		k.skip("value")
		k.give(k.wrapped(by))
		return
	}
	for i := range len(by) / 2 {
		pads[rank-1-i], pads[2*rank-1-i] = by[2*i], by[2*i+1]
	}
	in := []string{k.in("self"), k.longs(pads...), ""}
	if v := k.scalar("value", 0); mode == "constant" {
		in[2] = k.n1(v)
	}
	k.give(k.op("Pad", in, attrString("mode", mode)))
}

// wrapped puts the end of each dimension before its beginning, and its beginning behind its end.
func (k *call) wrapped(by []int64) string {
	x, shape := k.in("self"), k.shape("self")
	for i := range len(by) / 2 {
		d := len(shape) - 1 - i
		n, before, after := shape[d], by[2*i], by[2*i+1]
		if before < 0 || after < 0 {
			k.refuse("it pads by %v in a circle, and less than 0 cuts off: cut by Narrow", by)
		}
		var all []string
		if before > 0 {
			all = append(all, k.slice(x, int64(d), graph.Int{Batch: n.Batch, Const: n.Const - before}, n, 1))
		}
		all = append(all, x)
		if after > 0 {
			all = append(all, k.slice(x, int64(d), graph.Int{}, graph.Int{Const: after}, 1))
		}
		if len(all) > 1 {
			x = k.op("Concat", all, attrInt("axis", int64(d)))
		}
	}
	return x
}
