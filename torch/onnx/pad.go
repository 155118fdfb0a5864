package onnx

// pad pads at the beginning and at the end; PyTorch counts from the last dimension and pairwise.
func pad(k *call) {
	mode, ok := map[string]string{"constant": "constant", "reflect": "reflect", "replicate": "edge"}[get(k, "mode", "constant")]
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
	for i := range len(by) / 2 {
		pads[rank-1-i], pads[2*rank-1-i] = by[2*i], by[2*i+1]
	}
	in := []string{k.in("self"), k.longs(pads...), ""}
	if v := k.scalar("value", 0); mode == "constant" {
		in[2] = k.n1(v)
	}
	k.give(k.op("Pad", in, attrString("mode", mode)))
}
