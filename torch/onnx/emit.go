package onnx

import (
	"strings"

	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// give makes a value the node's first result, and others the next.
func (k *call) give(names ...string) {
	for i, name := range names {
		if i < len(k.n.Results) && k.n.Results[i] != graph.None {
			k.names[k.n.Results[i]] = name
		}
	}
}

// op adds a node of one output and returns it. Absent inputs at the end are left out.
func (k *call) op(op string, inputs []string, attrs ...attr) string {
	out := k.unique(strings.TrimPrefix(k.n.Module+"/"+op, "/"))
	k.emit(op, inputs, []string{out}, attrs...)
	return out
}

func (k *call) emit(op string, inputs, outputs []string, attrs ...attr) {
	for len(inputs) > 0 && inputs[len(inputs)-1] == "" {
		inputs = inputs[:len(inputs)-1]
	}
	var b []byte
	for _, in := range inputs {
		b = str(b, 1, in)
	}
	for _, out := range outputs {
		b = str(b, 2, out)
	}
	b = str(str(b, 3, outputs[0]), 4, op)
	for _, a := range attrs {
		b = message(b, 5, a)
	}
	k.m.nodes = message(k.m.nodes, 1, b)
}
