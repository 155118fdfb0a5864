package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/vision/hub"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// proved is a row of docs/models.jsonl: the worst difference of outputs and gradients from Python's.
type proved struct {
	Name  string
	DType string
	Worst float64
}

// compared is a row of docs/bodies.jsonl: what fastai makes of a body, and the worst difference of ours from it.
type compared struct {
	Name   string
	Fastai string // equal, the error that it raises, or cuts after the stem
	DType  string
	Steps  int
	Groups int
	Worst  float64
}

// facts are what the repository knows of architectures, by their full names.
type facts struct {
	contents  map[string]parity.Contents
	published map[string]hub.Published // the library's default weights
	models    map[string]proved
	bodies    map[string]compared
}

func readFacts(root string) (f facts, err error) {
	f.published = map[string]hub.Published{}
	for _, p := range hub.AllWeights() {
		if p.Default {
			f.published[p.Library+"/"+p.Arch] = p
		}
	}
	if f.contents, err = parity.ReadContents(root); err != nil {
		return f, err
	}
	if f.models, err = rows(root, "docs/models.jsonl", func(r proved) string { return r.Name }); err == nil {
		f.bodies, err = rows(root, "docs/bodies.jsonl", func(r compared) string { return r.Name })
	}
	return f, err
}

// rows are those of a file by their names.
func rows[R any](root, file string, name func(R) string) (map[string]R, error) {
	each, err := parity.ReadRows[R](filepath.Join(root, file))
	all := map[string]R{}
	for _, r := range each {
		all[name(r)] = r
	}
	return all, err
}

// page is docs/models.md of the repository at root.
func page(root string) ([]byte, error) {
	f, err := readFacts(root)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	names := slices.Sorted(maps.Keys(f.contents))
	fmt.Fprintf(&out, head, len(f.models), len(names), len(f.bodies))
	type line struct{ name, text string }
	var lines []line
	for _, full := range names {
		a, err := models.Get(full)
		if err != nil {
			return nil, err
		}
		library, _, _ := strings.Cut(full, "/")
		p := f.published[full]
		lines = append(lines, line{a.Name, fmt.Sprintf("| `%s` | %s | %.1f | %s | %s | %s | %s | %s |\n", a.Name, library, float64(f.contents[full].Params)/1e6,
			nonZero("%.0f", p.MiB), nonZero("%.1f", p.Acc1), nonZero("%.0f", float64(p.Preprocessing.Size[0])), f.model(full), f.body(full))})
	}
	slices.SortFunc(lines, func(a, b line) int { return cmp.Compare(a.name, b.name) })
	for _, l := range lines {
		out.WriteString(l.text)
	}
	return out.Bytes(), nil
}

func nonZero(format string, v float64) string {
	if v == 0 {
		return ""
	}
	return fmt.Sprintf(format, v)
}

// model tells how far a model is from Python's.
func (f facts) model(name string) string {
	r, ok := f.models[name]
	if !ok {
		return ""
	}
	return worst(r.Worst, r.DType)
}

// body tells what fastai makes of one, and how far ours is from it.
func (f facts) body(name string) string {
	r, ok := f.bodies[name]
	if !ok {
		r.Fastai = cmp.Or(parity.UnlikeFastai(name), "equal")
	}
	switch {
	case strings.HasSuffix(r.Fastai, "Error") || r.Fastai == "StopIteration":
		return "raises " + r.Fastai
	case r.Fastai != "equal" || !ok:
		return r.Fastai
	}
	what := fmt.Sprintf("equal, %d groups", r.Groups)
	if r.Steps > 0 {
		what += fmt.Sprintf(", %d steps", r.Steps)
	}
	return what + ": " + worst(r.Worst, r.DType)
}

func worst(v float64, dtype string) string {
	text := "0"
	if v > 0 {
		text = fmt.Sprintf("%.0e", v)
	}
	if dtype != "float64" {
		text += " in " + dtype
	}
	return text
}
