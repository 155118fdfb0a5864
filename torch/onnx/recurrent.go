package onnx

import "github.com/fastlearn-go/fastlearn/torch/graph"

// recurrent are layers of an operation whose gates ONNX has in another order.
func recurrent(op string, order []int64, attrs ...attr) func(*call) {
	return func(k *call) {
		k.skip("dropout")
		if get(k, "train", false) && k.scalar("dropout", 0) != 0 {
			k.refuse("it drops out: put the model into evaluation mode before it is recorded")
		}
		hidden, params := graph.Refs(k.n.Args["hx"]), k.refs("params") // one, or a list
		k.skip("hx")
		directions, direction := int64(1), "forward"
		if get(k, "bidirectional", false) {
			directions, direction = 2, "bidirectional"
		}
		each := 2 // weights of a direction
		if get(k, "has_biases", true) {
			each = 4
		}
		layers := k.int("num_layers", 1)
		if int64(len(params)) != int64(each)*layers*directions || len(hidden) == 0 {
			k.refuse("it has %d weights and %d states for %d layers", len(params), len(hidden), layers)
		}
		size := k.fixed("hx", k.g.Values[hidden[0]].Shape[2])
		attrs := append([]attr{attrInt("hidden_size", size), attrString("direction", direction)}, attrs...)
		if base, _ := opName(k.n.Op); op == "RNN" {
			attrs = append(attrs, attrStrings("activations", repeat(map[string]string{"rnn_tanh": "Tanh", "rnn_relu": "Relu"}[base], int(directions))...))
		}
		x, batchFirst := k.in("input"), get(k, "batch_first", false)
		if batchFirst {
			x = k.transpose(x, 1, 0, 2)
		}
		after := make([][]string, len(hidden))
		for layer := range layers {
			of := params[layer*directions*int64(each):]
			in := []string{x, k.gates(of, each, directions, order, 0), k.gates(of, each, directions, order, 1), "", "", "", ""}
			if each == 4 {
				in[3] = k.op("Concat", []string{k.gates(of, each, directions, order, 2), k.gates(of, each, directions, order, 3)}, attrInt("axis", 1))
			}
			for i, h := range hidden {
				in[5+i] = k.op("Slice", []string{k.value(h), k.longs(layer * directions), k.longs((layer + 1) * directions), k.longs(0)})
			}
			out := []string{k.unique(k.n.Module + "/" + op)}
			for i := range hidden {
				out = append(out, k.unique(k.n.Module+"/"+op+"/state"))
				after[i] = append(after[i], out[i+1])
			}
			k.emit(op, in, out, attrs...)
			x = k.op("Reshape", []string{k.transpose(out[0], 0, 2, 1, 3), k.longs(0, 0, -1)})
		}
		if batchFirst {
			x = k.transpose(x, 1, 0, 2)
		}
		results := []string{x}
		for _, states := range after {
			results = append(results, k.op("Concat", states, attrInt("axis", 0)))
		}
		k.give(results...)
	}
}

// gates are the weights of one kind, of each direction, with their gates in ONNX's order.
func (k *call) gates(params []graph.Ref, each int, directions int64, order []int64, kind int) string {
	var all []string
	for d := range directions {
		r := params[int(d)*each+kind]
		w := k.value(r)
		size := k.fixed("params", k.g.Values[r].Shape[0]) / int64(len(order))
		var parts []string
		for _, gate := range order {
			parts = append(parts, k.op("Slice", []string{w, k.longs(gate * size), k.longs((gate + 1) * size), k.longs(0)}))
		}
		all = append(all, k.op("Unsqueeze", []string{k.op("Concat", parts, attrInt("axis", 0)), k.longs(0)}))
	}
	return k.op("Concat", all, attrInt("axis", 0))
}
