package onnx

import "github.com/fastlearn-go/fastlearn/torch/graph"

// written gives a tensor that an in-place operation wrote to its new value. What shares its memory isn't used any more.
func (k *call) written(self, now graph.Ref) {
	k.tensor[now] = k.tensor[self]
	for r, memory := range k.memory {
		switch {
		case memory != k.memory[self] || k.names[r] == "":
		case k.tensor[r] == k.tensor[self]:
			k.names[r], k.bytes[graph.Ref(r)] = k.names[now], k.bytes[now]
		case k.lastUse[r] > k.i:
			k.refuse("it writes in place to memory that a view shares, which is used later, and ONNX has values without memory: use the operation that isn't in place")
		}
	}
}
