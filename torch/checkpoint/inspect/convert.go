package inspect

import (
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint"
	"github.com/fastlearn-go/fastlearn/torch/onnx"
	"github.com/fastlearn-go/fastlearn/torch/pth"
	"github.com/fastlearn-go/fastlearn/torch/safetensors"
)

// A Conversion reports what was written.
type Conversion struct {
	From   string   `json:"from"`
	To     string   `json:"to"`
	Totals Totals   `json:"totals"`
	Left   []string `json:"left_out"` // what beside the state_dict is not in the new file
	Untied int      `json:"untied"`   // tensors that shared memory and are written each for itself
}

// convert writes the state_dict of a file as the kind that out's name says, or its model as ONNX.
func convert(f *file, out string) (*Conversion, error) {
	if f.found == nil {
		_, err := f.StateDict()
		return nil, fmt.Errorf("%s: there is no state_dict to convert: %w", f.path, err)
	}
	c := &Conversion{From: f.path, To: out, Totals: count(f.tensors), Left: []string{}}
	state := f.found.Dict
	if strings.EqualFold(filepath.Ext(out), ".onnx") {
		if err := onnx.WriteFile(out, state, f.Metadata); err != nil {
			return nil, fmt.Errorf("%s: %w", f.path, err)
		}
		return c, nil
	}
	if f.found.Where != "" {
		for k := range f.root().All() {
			if place := step(k); place != f.found.Where {
				c.Left = append(c.Left, strings.TrimPrefix(place, "."))
			}
		}
	}
	if !strings.EqualFold(filepath.Ext(out), ".safetensors") {
		for key := range f.Metadata {
			c.Left = append(c.Left, "metadata "+key)
		}
		return c, pth.WriteFile(out, state)
	}
	for k, v := range state.All() {
		if _, ok := v.(*pth.Tensor); !ok {
			c.Left = append(c.Left, k.(string)) // a module's extra state
		}
	}
	state = pth.NewOrderedDict()
	seen := map[*pth.Storage]bool{}
	for _, t := range f.tensors {
		state.Set(t.key, t.Tensor)
		if seen[t.Storage] {
			c.Untied++
		}
		seen[t.Storage] = true
	}
	if f.Format == checkpoint.Safetensors {
		return c, safetensors.WriteFile(out, state, safetensors.Metadata(maps.Clone(f.Metadata)))
	}
	return c, checkpoint.WriteFile(out, state)
}

// Print writes what went where, and what was left out.
func (c *Conversion) Print(w io.Writer) error {
	if err := guard.Given("inspect: Print", c, w); err != nil {
		return err
	}
	text := fmt.Sprintf("%s: %s from %s\n", c.To, c.Totals, c.From)
	if len(c.Left) > 0 {
		text += "left out: " + strings.Join(c.Left, ", ") + "\n"
	}
	if c.Untied > 0 {
		text += fmt.Sprintf("%d tensors shared the memory of others; here each has its own\n", c.Untied)
	}
	_, err := io.WriteString(w, text)
	return err
}
