package main

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// A report says what is in one file.
type report struct {
	File            string            `json:"file"`
	Kind            string            `json:"kind"`
	Format          string            `json:"format"`                 // zip, legacy or safetensors
	StateDict       *string           `json:"state_dict"`             // the place of the state_dict, "" for a bare one, null for none
	Prefix          string            `json:"prefix"`                 // what wrappers put before all keys
	Places          []string          `json:"places"`                 // others that look like a state_dict, or all if there is none
	Metadata        map[string]string `json:"metadata"`               // the texts of a safetensors file
	ForwardPass     string            `json:"forward_pass,omitempty"` // what an exported file has of it
	Values          []setting         `json:"values"`                 // plain values beside the tensors
	Hyperparameters []setting         `json:"hyperparameters"`        // of the optimizer or the training
	Objects         []string          `json:"objects"`                // classes of objects that nothing was made of
	Tensors         []row             `json:"tensors"`                // of the state_dict, or all if there is none
	Others          totals            `json:"other_tensors"`          // those elsewhere in the file, as an optimizer's are
	Totals          totals            `json:"totals"`                 // of Tensors
}

type row struct {
	Key   string  `json:"key"`
	Shape []int64 `json:"shape"`
	DType string  `json:"dtype"`
	Bytes int64   `json:"bytes"`
	Stats *stats  `json:"stats,omitempty"`
	// Problem says why there are no stats: an expanded view of few elements can be of any size.
	Problem string `json:"problem,omitempty"`
}

// totals count elements as often as tensors show them, and bytes once where tensors share them.
type totals struct {
	Tensors  int   `json:"tensors"`
	Elements int64 `json:"elements"`
	Bytes    int64 `json:"bytes"`
	NaN      int64 `json:"nan,omitempty"`
}

func describe(f *file, withStats bool) *report {
	r := &report{
		File: f.path, Kind: f.kind(), Format: string(f.Format), Metadata: f.Metadata, ForwardPass: forwardPass(f.Metadata), Values: f.values(), Hyperparameters: f.hyperparameters(),
		Objects: f.objects, Totals: count(f.tensors), Others: count(f.others), Tensors: []row{}, Places: []string{},
	}
	if f.found != nil {
		where := strings.TrimPrefix(f.found.Where, ".")
		r.StateDict, r.Prefix = &where, f.found.Prefix
	}
	for _, p := range f.places {
		r.Places = append(r.Places, p.String())
	}
	for _, t := range f.tensors {
		one := row{Key: t.key, Shape: append([]int64{}, t.Shape...), DType: t.DType.String(), Bytes: t.NBytes()}
		if withStats {
			if s, err := statsOf(t); err == nil {
				one.Stats = s
				r.Totals.NaN += s.NaN
			} else {
				one.Problem = err.Error()
			}
		}
		r.Tensors = append(r.Tensors, one)
	}
	return r
}

func count(tensors []entry) totals {
	t := totals{Tensors: len(tensors)}
	seen := map[*pth.Storage]bool{}
	for _, e := range tensors {
		t.Elements += min(e.Len(), math.MaxInt64-t.Elements)
		if !seen[e.Storage] {
			seen[e.Storage] = true
			t.Bytes += int64(len(e.Storage.Data))
		}
	}
	return t
}

func (r *report) print(w io.Writer) error {
	heads := []string{"key", "shape", "dtype", "size"}
	withStats := slices.ContainsFunc(r.Tensors, func(t row) bool { return t.Stats != nil || t.Problem != "" })
	if withStats {
		heads = append(heads, "min", "mean", "max", "NaN")
	}
	var rows [][]string
	for _, t := range r.Tensors {
		cells := []string{t.Key, shape(t.Shape), t.DType, size(t.Bytes)}
		if s := t.Stats; s != nil {
			cells = append(cells, short(float64(s.Min)), short(float64(s.Mean)), short(float64(s.Max)), strconv.FormatInt(s.NaN, 10))
		} else if withStats {
			cells = append(cells, "too large", "", "", "")
		}
		rows = append(rows, cells)
	}
	if len(rows) > 0 {
		if err := table(w, heads, rows); err != nil {
			return err
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s: %s\n", r.File, r.Kind)
	if r.StateDict != nil && *r.StateDict != "" {
		fmt.Fprintf(&b, "state_dict under %s\n", *r.StateDict)
	}
	if r.Prefix != "" {
		fmt.Fprintf(&b, "most keys begin with %s, as a wrapper puts it\n", r.Prefix)
	}
	for _, p := range r.Places {
		fmt.Fprintf(&b, "a state_dict, too: %s\n", printable(p))
	}
	b.WriteString(r.Totals.String())
	if withStats {
		fmt.Fprintf(&b, ", %d NaN", r.Totals.NaN)
	}
	b.WriteByte('\n')
	if r.Others.Tensors > 0 {
		fmt.Fprintf(&b, "elsewhere in the file: %s\n", r.Others)
	}
	if r.ForwardPass != "" {
		fmt.Fprintf(&b, "forward pass: %s\n", oneLine(r.ForwardPass))
	}
	var metadata []setting
	for _, key := range slices.Sorted(maps.Keys(r.Metadata)) {
		if key == graph.Key {
			continue
		}
		metadata = append(metadata, setting{key, text(r.Metadata[key])})
	}
	for _, part := range []struct {
		title    string
		settings []setting
	}{{"metadata", metadata}, {"values", r.Values}, {"hyperparameters", r.Hyperparameters}} {
		if len(part.settings) > 0 {
			fmt.Fprintf(&b, "\n%s\n", part.title)
		}
		for _, s := range part.settings {
			fmt.Fprintf(&b, "  %s = %s\n", printable(s.Name), s.Value)
		}
	}
	if len(r.Objects) > 0 {
		fmt.Fprintf(&b, "\nobjects of other classes, of which nothing was made: %s\n", printable(strings.Join(r.Objects, ", ")))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (t totals) String() string {
	return fmt.Sprintf("%d tensors, %d elements, %s", t.Tensors, t.Elements, size(t.Bytes))
}
