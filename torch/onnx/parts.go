package onnx

import (
	"math"

	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// parts are the operations that take tensors apart, put them together, and pad them.
var parts = merge(all(split, "chunk", "split", "split_with_sizes", "unsafe_chunk", "unsafe_split", "unsafe_split_with_sizes", "tensor_split"),
	all(pad, "pad", "constant_pad_nd"), padTable("reflect", "reflection_pad1d", "reflection_pad2d", "reflection_pad3d"),
	padTable("edge", "replication_pad1d", "replication_pad2d", "replication_pad3d"),
	map[string]func(*call){
		"triu": trilu(1), "tril": trilu(0),
		"cat":    func(k *call) { k.give(k.op("Concat", k.list(), attrInt("axis", k.int("dim", 0)))) },
		"concat": func(k *call) { k.give(k.op("Concat", k.list(), attrInt("axis", k.int("dim", 0)))) },
		"stack": func(k *call) {
			d := axis(k.int("dim", 0), len(k.result().Shape))
			all := k.list()
			for i, x := range all {
				all[i] = k.op("Unsqueeze", []string{x, k.longs(d)})
			}
			k.give(k.op("Concat", all, attrInt("axis", d)))
		},
		"unbind": func(k *call) {
			d := axis(k.int("dim", 0), len(k.shape("self")))
			all := k.split(d, repeat(graph.Int{Const: 1}, len(k.n.Results)))
			for i, x := range all {
				all[i] = k.op("Squeeze", []string{x, k.longs(d)})
			}
			k.give(all...)
		},
		"select": func(k *call) {
			d := axis(k.int("dim", 0), len(k.shape("self")))
			k.give(k.op("Gather", []string{k.in("self"), k.constant("int64", nil, float64(k.int("index", 0)))}, attrInt("axis", d)))
		},
		"slice": func(k *call) {
			d := axis(k.int("dim", 0), len(k.shape("self")))
			end := get(k, "end", graph.Int{Const: math.MaxInt64})
			k.give(k.slice(k.in("self"), d, get(k, "start", graph.Int{}), end, k.int("step", 1)))
		},
		"narrow": func(k *call) {
			d := axis(k.int("dim", 0), len(k.shape("self")))
			start, length := get(k, "start", graph.Int{}), get(k, "length", graph.Int{})
			k.give(k.slice(k.in("self"), d, start, graph.Int{Batch: start.Batch + length.Batch, Const: start.Const + length.Const}, 1))
		},
		"flip": func(k *call) {
			x := k.in("self")
			for _, d := range k.axes("dims") {
				x = k.slice(x, d, graph.Int{Const: -1}, graph.Int{Const: math.MinInt64}, -1)
			}
			k.give(x)
		},
		"roll": func(k *call) {
			x, s := k.in("self"), k.shape("self")
			dims := k.axes("dims")
			shifts := k.ints("shifts", len(dims), 0)
			if len(dims) == 0 {
				k.refuse("it has no dims")
			}
			for i, d := range dims {
				n := k.fixed("dims", s[d])
				at := graph.Int{Const: n - (shifts[i]%n+n)%n}
				x = k.op("Concat", []string{k.slice(x, d, at, graph.Int{Const: n}, 1), k.slice(x, d, graph.Int{}, at, 1)}, attrInt("axis", d))
			}
			k.give(x)
		},
		"embedding": func(k *call) {
			k.skip("padding_idx", "scale_grad_by_freq", "sparse")
			k.give(k.op("Gather", []string{k.in("weight"), k.in("indices")}))
		},
		"index_select": func(k *call) {
			k.give(k.op("Gather", []string{k.in("self"), k.in("index")}, attrInt("axis", axis(k.int("dim", 0), len(k.shape("self"))))))
		},
		"gather": func(k *call) {
			k.give(k.op("GatherElements", []string{k.in("self"), k.in("index")}, attrInt("axis", axis(k.int("dim", 0), len(k.shape("self"))))))
		},
		"index": func(k *call) {
			of, at := graph.None, 0
			for i, r := range k.refs("indices") {
				if r != graph.None {
					if of != graph.None || k.g.Values[r].DType == "bool" {
						k.refuse("it has several indices, or a mask: use IndexSelect or Gather")
					}
					of, at = r, i
				}
			}
			if of == graph.None {
				k.refuse("it has no index")
			}
			k.give(k.op("Gather", []string{k.in("self"), k.value(of)}, attrInt("axis", int64(at))))
		},
	})
