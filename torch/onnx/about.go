package onnx

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// descriptionKey is where an exported file's metadata describe the model, as JSON.
const descriptionKey = "fastlearn"

// about is what an ONNX file says beside its graph.
type about struct {
	metadata   map[string]string
	activation string
	classes    json.RawMessage // as they are: a name that isn't UTF-8 keeps its escapes
	channels   int64
	itemTfms   json.RawMessage // how a picture is resized
	batchTfms  json.RawMessage // what becomes of its numbers then
	decoder    json.RawMessage
	mean, std  []float64
	described  bool
	precision  string // of the layers
}

// describe reads an exported file's description; other metadata have none.
func describe(metadata map[string]string) (a about, err error) {
	a.metadata, a.precision = metadata, "float32"
	text, ok := metadata[descriptionKey]
	if !ok {
		return a, nil
	}
	var d struct {
		NIn        int64           `json:"n_in"`
		Vocab      json.RawMessage `json:"vocab"`
		Activation string          `json:"activation"`
		ItemTfms   json.RawMessage `json:"item_tfms"`
		BatchTfms  json.RawMessage `json:"batch_tfms"`
		Decoder    json.RawMessage `json:"decoder"`
	}
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return a, fmt.Errorf("onnx: its description is damaged: %w: export it again", err)
	}
	a.described, a.activation, a.classes, a.channels = true, d.Activation, d.Vocab, d.NIn
	a.itemTfms, a.batchTfms, a.decoder = d.ItemTfms, d.BatchTfms, d.Decoder
	var batch []struct{ Mean, Std []float64 }
	if len(d.BatchTfms) > 0 {
		if err := json.Unmarshal(d.BatchTfms, &batch); err != nil {
			return a, fmt.Errorf("onnx: its description is damaged: %w: export it again", err)
		}
	}
	for _, t := range batch {
		if t.Mean != nil {
			a.mean, a.std = t.Mean, t.Std
		}
	}
	if len(a.mean) != len(a.std) {
		return a, fmt.Errorf("onnx: its description has %d means and %d stds: export it again", len(a.mean), len(a.std))
	}
	return a, nil
}

// size is the height and width of the pictures, if the graph has one input of pictures.
func (a about) size(g *graph.Graph) []int64 {
	if len(g.Inputs) != 1 || len(g.Values[g.Inputs[0]].Shape) != 4 {
		return nil
	}
	size, _ := constants(g.Values[g.Inputs[0]].Shape[2:])
	return size
}

// properties are the model's metadata: all but the graph, which the model is, and what it means in words that need no parsing of
// the description.
func (a about) properties(g *graph.Graph) map[string]string {
	all := maps.Clone(a.metadata)
	delete(all, graph.Key)
	delete(all, "format")
	delete(all, "fastlearn.crc32") // of the weights in the file that it was
	if !a.described {
		return all
	}
	set := func(key string, v any) {
		if text, err := json.Marshal(v); err == nil && string(text) != "null" {
			all[key] = string(text)
		}
	}
	all["activation"], all["channels"], all["precision"] = a.activation, a.colours(), a.precision
	set("classes", a.classes)
	set("item_tfms", a.itemTfms)
	set("batch_tfms", a.batchTfms)
	set("decoder", a.decoder)
	set("size", a.size(g))
	set("mean", a.mean)
	set("std", a.std)
	return all
}

func (a about) colours() string {
	return map[int64]string{1: "L", 3: "RGB"}[a.channels]
}

// sentence tells people what to feed.
func (a about) sentence(g *graph.Graph) string {
	size := a.size(g)
	if !a.described || size == nil {
		return ""
	}
	s := fmt.Sprintf("input: float32 N×%d×%d×%d, %s pictures, each value divided by 255", a.channels, size[0], size[1], a.colours())
	if a.mean != nil {
		s += fmt.Sprintf(", less the channel's mean %s, over its std %s", list(a.mean), list(a.std))
	}
	s += ". output: N rows, as the model gives them"
	if op, ok := activations[a.activation]; ok {
		s += fmt.Sprintf("; probabilities: their %s, in the order of the classes", strings.ToLower(op))
	}
	if a.precision == "int8" {
		s += ". Convolutions compute in bytes"
	}
	return s + "."
}

func list(all []float64) string {
	return strings.Trim(strings.Join(strings.Fields(fmt.Sprint(all)), ", "), "[]")
}
