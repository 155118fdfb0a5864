package inspect

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// A Report lists what is in one file.
type Report struct {
	File            string            `json:"file"`
	Kind            string            `json:"kind"`
	Format          string            `json:"format"`                 // zip, legacy or safetensors
	StateDict       *string           `json:"state_dict"`             // the place of the state_dict, "" for a bare one, null for none
	Prefix          string            `json:"prefix"`                 // what wrappers put before all keys
	Places          []string          `json:"places"`                 // others that look like a state_dict, or all if there is none
	Metadata        map[string]string `json:"metadata"`               // the texts of a safetensors file
	ForwardPass     string            `json:"forward_pass,omitempty"` // what an exported file has of it
	Learner         *Learner          `json:"learner,omitempty"`      // of a whole Learner or module
	Values          []Setting         `json:"values"`                 // plain values beside the tensors
	Hyperparameters []Setting         `json:"hyperparameters"`        // of the optimizer or the training
	Objects         []string          `json:"objects"`                // classes of objects that nothing was made of
	Tensors         []Tensor          `json:"tensors"`                // of the state_dict, or all if there is none
	Others          Totals            `json:"other_tensors"`          // those elsewhere in the file, as an optimizer's are
	Totals          Totals            `json:"totals"`                 // of Tensors
}

// A Tensor is one in the file. Shape, DType and Bytes are what the file says of it.
type Tensor struct {
	Key   string      `json:"key"`
	Shape []int64     `json:"shape"`
	DType string      `json:"dtype"`
	Bytes int64       `json:"bytes"`
	Stats *Statistics `json:"stats,omitempty"`
	// Problem says why there are no stats: an expanded view of few elements can be of any size.
	Problem string `json:"problem,omitempty"`
}

// Totals count elements as often as tensors show them, and bytes once where tensors share them.
type Totals struct {
	Tensors  int   `json:"tensors"`
	Elements int64 `json:"elements"`
	Bytes    int64 `json:"bytes"`
	NaN      int64 `json:"nan,omitempty"`
}

func (f *file) report(withStats bool) *Report {
	r := &Report{
		File: f.path, Kind: f.kind(), Format: string(f.Format), Metadata: f.Metadata, ForwardPass: forwardPass(f.Metadata), Values: f.values(), Hyperparameters: f.hyperparameters(),
		Objects: f.objects, Totals: count(f.tensors), Others: count(f.others), Tensors: []Tensor{}, Places: []string{},
		Learner: learner(f.Value()),
	}
	if f.found != nil {
		where := strings.TrimPrefix(f.found.Where, ".")
		r.StateDict, r.Prefix = &where, f.found.Prefix
	}
	for _, p := range f.places {
		r.Places = append(r.Places, p.String())
	}
	for _, t := range f.tensors {
		one := Tensor{Key: t.key, Shape: append([]int64{}, t.Shape...), DType: t.DType.String(), Bytes: t.NBytes()}
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

func count(tensors []entry) Totals {
	t := Totals{Tensors: len(tensors)}
	seen := map[*pth.Storage]bool{}
	for _, e := range tensors {
		t.Elements += min(e.Len(), math.MaxInt64-t.Elements)
		if !seen[e.Storage] {
			seen[e.Storage] = true
			t.Bytes += e.Storage.NBytes()
		}
	}
	return t
}

// Print writes a table of the tensors, then what else was found.
func (r *Report) Print(w io.Writer) error {
	if err := guard.Given("inspect: Print", r, w); err != nil {
		return err
	}
	heads := []string{"key", "shape", "dtype", "size"}
	withStats := slices.ContainsFunc(r.Tensors, func(t Tensor) bool { return t.Stats != nil || t.Problem != "" })
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
	r.Learner.print(&b)
	var metadata []Setting
	for _, key := range slices.Sorted(maps.Keys(r.Metadata)) {
		if key == graph.Key {
			continue
		}
		metadata = append(metadata, Setting{key, text(r.Metadata[key])})
	}
	for _, part := range []struct {
		title    string
		settings []Setting
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

// String returns the totals in one line.
func (t Totals) String() string {
	return fmt.Sprintf("%d tensors, %d elements, %s", t.Tensors, t.Elements, size(t.Bytes))
}
