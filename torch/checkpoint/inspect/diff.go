package inspect

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// A Difference reports in what two files differ. Keys are compared without what wrappers put before all of them.
type Difference struct {
	Files   [2]string    `json:"files"`
	OnlyIn  [2][]string  `json:"only_in"`
	Changed []Comparison `json:"changed"` // tensors of one key that are not the same
	Same    int          `json:"same"`    // how many are the same
}

// A Comparison is of two tensors of one key. The values are compared if they have one shape.
type Comparison struct {
	Key      string     `json:"key"`
	Shapes   [2][]int64 `json:"shapes"`
	DTypes   [2]string  `json:"dtypes"`
	Elements int64      `json:"elements"`          // how many differ; one that is NaN in both doesn't
	Largest  Number     `json:"largest"`           // difference between two elements; NaN where one of them is
	Mean     Number     `json:"mean"`              // difference over all elements
	Problem  string     `json:"problem,omitempty"` // why the values could not be compared
}

func compare(a, b *file) *Difference {
	d := &Difference{Files: [2]string{a.path, b.path}, OnlyIn: [2][]string{{}, {}}, Changed: []Comparison{}}
	left, right := a.byKey(), b.byKey()
	for _, key := range a.keys() {
		x := left[key]
		y, ok := right[key]
		if !ok {
			d.OnlyIn[0] = append(d.OnlyIn[0], key)
			continue
		}
		if c, same := compareTensors(x, y); same {
			d.Same++
		} else {
			c.Key = key
			d.Changed = append(d.Changed, c)
		}
	}
	for _, key := range b.keys() {
		if _, ok := left[key]; !ok {
			d.OnlyIn[1] = append(d.OnlyIn[1], key)
		}
	}
	return d
}

// keys are those of the tensors without the wrappers' prefix.
func (f *file) keys() []string {
	prefix := ""
	if f.found != nil {
		prefix = f.found.Prefix
	}
	var out []string
	for _, t := range f.tensors {
		out = append(out, strings.TrimPrefix(t.key, prefix))
	}
	return out
}

func (f *file) byKey() map[string]entry {
	out := map[string]entry{}
	for i, key := range f.keys() {
		out[key] = f.tensors[i]
	}
	return out
}

func compareTensors(x, y entry) (c Comparison, same bool) {
	c.Shapes = [2][]int64{append([]int64{}, x.Shape...), append([]int64{}, y.Shape...)}
	c.DTypes = [2]string{x.DType.String(), y.DType.String()}
	if !slices.Equal(x.Shape, y.Shape) {
		return c, false
	}
	a, err1 := x.Bytes(0)
	b, err2 := y.Bytes(0)
	if err := errors.Join(err1, err2); err != nil {
		c.Problem = err.Error()
		return c, false
	}
	if x.DType == y.DType && bytes.Equal(a, b) {
		return c, true
	}
	dx, dy := numbers(x.DType), numbers(y.DType)
	sum, largest := 0.0, 0.0
	for ; len(a) > 0; a, b = a[dx.size:], b[dy.size:] {
		if x.DType == y.DType && bytes.Equal(a[:dx.size], b[:dx.size]) {
			continue
		}
		v, w := dx.decode(a), dy.decode(b)
		if v == w && x.DType != y.DType || v != v && w != w {
			continue
		}
		c.Elements++
		by := math.Abs(v - w)
		if v == w { // 0 and -0, infinities, complex numbers of one absolute value
			by = 0
		}
		sum += by
		if largest = max(largest, by); by != by {
			largest = by
		}
	}
	c.Largest, c.Mean = Number(largest), Number(sum/float64(max(x.Len(), 1)))
	return c, c.Elements == 0 && x.DType == y.DType
}

// Print writes a table of the tensors that differ, then the keys of one file alone, then a summary.
func (d *Difference) Print(w io.Writer) error {
	if err := guard.Given("inspect: Print", d, w); err != nil {
		return err
	}
	if len(d.Changed) > 0 {
		var rows [][]string
		for _, c := range d.Changed {
			row := []string{c.Key, both(shape(c.Shapes[0]), shape(c.Shapes[1])), both(c.DTypes[0], c.DTypes[1]), "", "", ""}
			if c.Problem != "" {
				row[3] = "too large"
			} else if slices.Equal(c.Shapes[0], c.Shapes[1]) {
				row[3], row[4], row[5] = fmt.Sprint(c.Elements), short(float64(c.Largest)), short(float64(c.Mean))
			}
			rows = append(rows, row)
		}
		if err := table(w, []string{"key", "shape", "dtype", "elements", "largest", "mean"}, rows); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	for i, keys := range d.OnlyIn {
		if len(keys) == 0 {
			continue
		}
		fmt.Fprintf(w, "only in %s:\n", d.Files[i])
		for _, key := range keys {
			fmt.Fprintf(w, "  %s\n", printable(key))
		}
	}
	summary := fmt.Sprintf("%d tensors are the same, %d differ", d.Same, len(d.Changed))
	largest, at := -1.0, ""
	for _, c := range d.Changed {
		if v := float64(c.Largest); c.Elements > 0 && (v > largest || v != v && largest == largest) {
			largest, at = v, c.Key
		}
	}
	if at != "" {
		summary += fmt.Sprintf(", most by %s in %s", short(largest), printable(at))
	}
	_, err := fmt.Fprintf(w, "%s; %d only in %s, %d only in %s\n", summary, len(d.OnlyIn[0]), d.Files[0], len(d.OnlyIn[1]), d.Files[1])
	return err
}

// both is a text that two files share, or that of each.
func both(a, b string) string {
	if a == b {
		return a
	}
	return a + " | " + b
}
