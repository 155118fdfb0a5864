package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

const (
	rowsFile = "docs/simcuda.jsonl"
	pageFile = "docs/simcuda.md"
)

// row is what one package's suite did.
type row struct {
	Package string `json:"package"`
	Tests   int    `json:"tests"`
	Passed  int    `json:"passed"`
	// Skipped and Cannot are the names of tests by the reason.
	Skipped map[string][]string `json:"skipped,omitempty"`
	Cannot  map[string][]string `json:"cannot,omitempty"`
	Date    string              `json:"date"`
	Commit  string              `json:"commit"`
}

// row counts what passed. Every failure must be among the known ones, and each of these must fail.
func (o *outcome) row(known map[string]string) (row, error) {
	reasons := map[string]string{}
	for reason, names := range known {
		for _, name := range strings.Fields(names) {
			reasons[name] = reason
		}
	}
	r := row{Tests: len(o.tests), Skipped: map[string][]string{}, Cannot: map[string][]string{}}
	met := map[string]bool{}
	var failed []error
	for _, name := range o.failures() {
		listed := name
		for listed != "" && reasons[listed] == "" {
			listed = listed[:max(0, strings.LastIndex(listed, "/"))]
		}
		if listed == "" {
			failed = append(failed, fmt.Errorf("%s: %s\n%s", name, o.ended[name], strings.Join(o.output[name], "")))
			continue
		}
		if !met[listed] {
			r.Cannot[reasons[listed]] = append(r.Cannot[reasons[listed]], listed)
		}
		met[listed] = true
	}
	for _, name := range slices.Sorted(maps.Keys(reasons)) {
		if !met[name] {
			failed = append(failed, fmt.Errorf("%s is listed as one that can't pass, and passes or doesn't exist", name))
		}
	}
	for _, name := range o.tests {
		switch o.ended[name] {
		case "pass":
			r.Passed++
		case "skip":
			r.Skipped[o.why(name)] = append(r.Skipped[o.why(name)], name)
		}
	}
	return r, errors.Join(failed...)
}

func readRows() (map[string]row, error) {
	text, err := os.ReadFile(rowsFile)
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	rows := map[string]row{}
	for line := range bytes.Lines(text) {
		var r row
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, fmt.Errorf("%s: %w", rowsFile, err)
		}
		rows[r.Package] = r
	}
	return rows, nil
}

// write writes the rows, and the page that shows them.
func write(rows map[string]row) error {
	var lines, page bytes.Buffer
	page.WriteString(head)
	for _, p := range slices.Sorted(maps.Keys(rows)) {
		r := rows[p]
		line, err := json.Marshal(r)
		if err != nil {
			return err
		}
		fmt.Fprintf(&lines, "%s\n", line)
		fmt.Fprintf(&page, "| `%s` | %d | %d | %d | %d | %s | %s |\n", p, r.Tests, r.Passed, count(r.Skipped), r.Tests-r.Passed-count(r.Skipped), r.Date, r.Commit)
	}
	for _, p := range slices.Sorted(maps.Keys(rows)) {
		fmt.Fprintf(&page, "\n## %s\n", p)
		for _, part := range []struct {
			title string
			names map[string][]string
		}{{"Can't", rows[p].Cannot}, {"Skipped", rows[p].Skipped}} {
			for _, reason := range slices.Sorted(maps.Keys(part.names)) {
				fmt.Fprintf(&page, "- %s: %s: `%s`\n", part.title, strings.ReplaceAll(reason, "`", ""), strings.Join(part.names[reason], "`, `"))
			}
		}
	}
	if err := os.WriteFile(rowsFile, lines.Bytes(), 0o666); err != nil {
		return err
	}
	return os.WriteFile(pageFile, page.Bytes(), 0o666)
}

func count(names map[string][]string) (n int) {
	for _, some := range names {
		n += len(some)
	}
	return n
}

const head = `# Suites on a simulated GPU

` + "`make test-simcuda`" + ` writes this page. It runs whole suites with the simulated GPU of [gpu.md](gpu.md): tensors for which no device is chosen are made on
"cuda:0". A test that passes there and isn't listed fails the command, and so does one that is listed and passes.

| package | tests | pass | skipped | can't | date | commit |
|---|---|---|---|---|---|---|
`
