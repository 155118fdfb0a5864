// Package onnx writes models as ONNX files, which ONNX Runtime, browsers, C#, C++ and many others run. It is Go alone: it
// converts the graph of a forward pass (package torch/graph) and needs neither cgo nor libtorch.
//
//	g, err := nn.Trace(model, x)        // or the graph in a file of Learner.Export
//	state, err := nn.ToPTH(model)
//	err = onnx.Write(w, g, state, nil)
//
// A file has the operators of version [Opset], its weights have their keys in the state_dict, and its batch may have any size.
package onnx

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// Opset is the version of ONNX's operators that files are written in. ONNX Runtime reads it from 1.12 on.
const Opset = 17

// Write converts a graph with its weights, by their keys, to an ONNX model. The inputs are named "input", or "input0",
// "input1" and so on where there are several, and the outputs likewise "output". The metadata become the model's; those of a
// file of Learner.Export also name its classes, its pictures' size, mean and std, and add the output "probabilities",
// see [WriteFile]. An operation that has no converter is an [*Unsupported].
//
// Of a graph that plan.Calibrate measured, the convolutions of pictures compute in bytes: the batch norm after one is folded in, its weight is int8 with a scale for
// each channel, and a QuantizeLinear and a DequantizeLinear (uint8, a scale and a zero point each) stand at its input and behind it and its ReLU. So do linear
// layers of several vectors for each picture, with both at their input alone, and a float32 bias. All else stays in float32.
func Write(w io.Writer, g *graph.Graph, state *pth.Dict, metadata map[string]string) error {
	if err := guard.Given("onnx: Write", w, g, state); err != nil {
		return err
	}
	m, err := build(g, state, metadata)
	if err != nil {
		return err
	}
	return m.write(w)
}

// WriteFile writes what Learner.Export wrote, its weights and metadata, to an ONNX file, atomically. Its input is
// float32 N×channels×height×width, a batch of pictures as validation makes them: resized, divided by 255, less mean, over std. The
// output "output" is the model's, as logits, and "probabilities" is what the activation, softmax or sigmoid, makes of it. The
// metadata have "classes", "size" (height and width), "mean", "std", "channels", "activation", "decoder", "item_tfms" (how a picture
// is resized) and "batch_tfms" (what becomes of its numbers then) as JSON, "precision" ("float32", or "int8" for layers in bytes) and "fastlearn", the description of which they are a part. A file without a graph is an error that tells why.
//
// A file of ONNX takes 2 GB at most. The weights of a larger model go into PATH.data, which stays beside it.
func WriteFile(path string, state *pth.Dict, metadata map[string]string) error {
	if err := guard.Given("onnx: WriteFile", state); err != nil {
		return err
	}
	g, err := stored(metadata)
	if err != nil {
		return err
	}
	m, err := build(g, state, metadata)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return m.writeFile(path)
}

// stored is the graph in an exported file's metadata.
func stored(metadata map[string]string) (*graph.Graph, error) {
	text, ok := metadata[graph.Key]
	if !ok {
		return nil, errors.New("onnx: it holds weights without a graph of the forward pass: export the learner by Learner.Export, or record the model by nn.Trace")
	}
	var pass graph.Stored
	if err := json.Unmarshal([]byte(text), &pass); err != nil {
		return nil, fmt.Errorf("onnx: its graph is damaged: %w: export it again", err)
	}
	if pass.Graph == nil {
		return nil, fmt.Errorf("onnx: it has no graph of the forward pass: %s", pass.Refused)
	}
	return pass.Graph, nil
}

// Unsupported is an operation that can't be converted.
type Unsupported struct {
	Op     string // PyTorch's name: "aten::fft_fft2"
	Module string // the part of the model that runs it, "" for the model itself
	Reason string
}

// Error names the operation and the part.
func (u *Unsupported) Error() string {
	if u == nil {
		return "onnx: a nil Unsupported"
	}
	in := "the model itself"
	if u.Module != "" {
		in = u.Module
	}
	return fmt.Sprintf("onnx: %s in %s: %s", u.Op, in, u.Reason)
}

// build converts a graph.
func build(g *graph.Graph, state *pth.Dict, metadata map[string]string) (*model, error) {
	if err := g.Check(); err != nil {
		return nil, err
	}
	about, err := describe(metadata)
	if err != nil {
		return nil, err
	}
	c := newConverter(g)
	c.quantise(state)
	if err := c.weights(state); err != nil {
		return nil, err
	}
	for _, r := range g.Inputs {
		(&call{converter: c}).round(r)
	}
	for i := range g.Nodes {
		if err := c.node(i); err != nil {
			return nil, err
		}
	}
	if err := c.outputs(about.activation); err != nil {
		return nil, err
	}
	if len(c.instead) > 0 {
		about.precision = "int8"
	}
	c.m.doc, c.m.metadata = about.sentence(g), about.properties(g)
	return c.m, nil
}

// text is s as protobuf's strings must be.
func text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
