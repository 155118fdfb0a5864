package onnx

import "fmt"

// outputs names the outputs, and adds the activation's.
func (c *converter) outputs(activation string) error {
	k := &call{converter: c}
	for i, r := range c.g.Outputs {
		if c.names[r] == "" {
			return fmt.Errorf("onnx: the output %d is a result that has no counterpart in ONNX", i)
		}
		name := numbered("output", i, len(c.g.Outputs))
		k.emit("Identity", []string{c.names[r]}, []string{name})
		c.m.outputs = append(c.m.outputs, valueInfo(12, name, c.g.Values[r])...)
	}
	op, ok := activations[activation]
	if !ok || len(c.g.Outputs) != 1 {
		return nil
	}
	var attrs []attr
	if op == "Softmax" {
		attrs = append(attrs, attrInt("axis", -1))
	}
	k.emit(op, []string{"output"}, []string{probabilities}, attrs...)
	c.m.outputs = append(c.m.outputs, valueInfo(12, probabilities, c.g.Values[c.g.Outputs[0]])...)
	return nil
}

// activations are ONNX's, by the names in an exported file.
var activations = map[string]string{"softmax": "Softmax", "sigmoid": "Sigmoid"}
