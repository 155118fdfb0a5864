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

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

const (
	rowsFile = "docs/simcuda.jsonl"
	pageFile = "docs/simcuda.md"
)

// row is what one package's suite did.
type row struct {
	Package string              `json:"package"`
	Tests   int                 `json:"tests"`
	Passed  int                 `json:"passed"`
	Skipped map[string][]string `json:"skipped,omitempty"` // names by what the test says
	Failed  []string            `json:"failed,omitempty"`  // tests and subtests
	parity.Made
}

func (o *outcome) row() row {
	r := row{Tests: len(o.tests), Failed: o.failures(), Skipped: map[string][]string{}}
	for _, name := range o.tests {
		switch o.ended[name] {
		case "pass":
			r.Passed++
		case "skip":
			r.Skipped[o.why(name)] = append(r.Skipped[o.why(name)], name)
		}
	}
	return r
}

// listed returns the name by which a failure is among a package's exceptions, its own or that of a test it is part of, and the
// reason.
func listed(dir, name string) (as, reason string) {
	for as = name; as != ""; as = as[:max(0, strings.LastIndex(as, "/"))] {
		for reason, names := range exceptions[dir] {
			if slices.Contains(strings.Fields(names), as) {
				return as, reason
			}
		}
	}
	return "", ""
}

func reasonOf(dir, name string) string {
	_, reason := listed(dir, name)
	return reason
}

// check returns an error unless the failures are those that are listed.
func (r row) check() error {
	met := map[string]bool{}
	var wrong []error
	for _, name := range r.Failed {
		as, reason := listed(r.Package, name)
		if met[as] = true; reason == "" {
			wrong = append(wrong, fmt.Errorf("%s: %s fails", r.Package, name))
		}
	}
	for _, names := range exceptions[r.Package] {
		for _, name := range strings.Fields(names) {
			if !met[name] {
				wrong = append(wrong, fmt.Errorf("%s: %s is listed as one that can't pass, and passes or doesn't exist", r.Package, name))
			}
		}
	}
	return errors.Join(wrong...)
}

// cannot are the failures by their reasons.
func (r row) cannot() map[string][]string {
	all := map[string][]string{}
	for _, name := range r.Failed {
		as, reason := listed(r.Package, name)
		if reason == "" {
			as, reason = name, "it fails"
		}
		if !slices.Contains(all[reason], as) {
			all[reason] = append(all[reason], as)
		}
	}
	return all
}

func readRows() (map[string]row, error) {
	all, err := parity.ReadRows[row](rowsFile)
	rows := map[string]row{}
	for _, r := range all {
		rows[r.Package] = r
	}
	return rows, err
}

// write writes the rows, and the page that shows them, and returns an error where tests fail that aren't listed.
func write(rows map[string]row) error {
	var lines, page bytes.Buffer
	var wrong []error
	page.WriteString(head)
	for _, p := range slices.Sorted(maps.Keys(rows)) {
		r := rows[p]
		line, err := json.Marshal(r)
		if err != nil {
			return err
		}
		wrong = append(wrong, r.check())
		fmt.Fprintf(&lines, "%s\n", line)
		fmt.Fprintf(&page, "| `%s` | %d | %d | %d | %d | %s | %s |\n", p, r.Tests, r.Passed, count(r.Skipped), r.Tests-r.Passed-count(r.Skipped), r.Date, r.Commit)
	}
	for _, p := range slices.Sorted(maps.Keys(rows)) {
		fmt.Fprintf(&page, "\n## %s\n", p)
		for _, part := range []struct {
			title string
			names map[string][]string
		}{{"Can't", rows[p].cannot()}, {"Skipped", rows[p].Skipped}} {
			for _, reason := range slices.Sorted(maps.Keys(part.names)) {
				fmt.Fprintf(&page, "- %s: %s: `%s`\n", part.title, strings.ReplaceAll(reason, "`", ""), strings.Join(part.names[reason], "`, `"))
			}
		}
	}
	if err := os.WriteFile(rowsFile, lines.Bytes(), 0o666); err != nil {
		return err
	}
	if err := os.WriteFile(pageFile, page.Bytes(), 0o666); err != nil {
		return err
	}
	return errors.Join(wrong...)
}

func count(names map[string][]string) (n int) {
	for _, some := range names {
		n += len(some)
	}
	return n
}

const head = `# Suites on a simulated GPU

` + "`make test-simcuda`" + ` writes this page. It runs whole suites with the simulated GPU of [gpu.md](gpu.md): those of torch and its packages make tensors for
which no device is chosen on "cuda:0", and in those of fastlearn loaders and learners choose it, as they do on any machine with a GPU. A test
that fails there and isn't listed fails the command, and so does one that is listed and passes.

| package | tests | pass | skipped | can't | date | commit |
|---|---|---|---|---|---|---|
`
