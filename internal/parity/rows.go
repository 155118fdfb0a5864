package parity

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// ReadRows reads a file whose lines are JSON. One that isn't there has no rows.
func ReadRows[R any](path string) (rows []R, err error) {
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	for line := range bytes.Lines(text) {
		var r R
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, fmt.Errorf("%s: %.100q: %w", path, line, err)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// AppendRow adds a line to such a file, or makes it with its folder.
func AppendRow(path string, row any) error {
	line, err := json.Marshal(row)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	if _, err := f.Write(append(line, '\n')); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// Rows are the lines of a file, one for each name, to which a run of hours appends: it goes on where it was stopped.
type Rows struct {
	path string
	has  map[string]bool
}

// OpenRows reads the rows that are there.
func OpenRows(t testing.TB, path string) *Rows {
	t.Helper()
	rows, err := ReadRows[struct{ Name string }](path)
	if err != nil {
		t.Fatal(err)
	}
	r := &Rows{path, map[string]bool{}}
	for _, row := range rows {
		if row.Name == "" {
			t.Fatalf("%s has a row without a name", path)
		}
		r.has[row.Name] = true
	}
	return r
}

// Has tells whether there is a row of that name.
func (r *Rows) Has(name string) bool { return r.has[name] }

// Append writes a row, a struct with a name.
func (r *Rows) Append(t testing.TB, row any) {
	t.Helper()
	if err := AppendRow(r.path, row); err != nil {
		t.Fatal(err)
	}
}

// Made is what a row that is made now is made from.
func (r *Rows) Made(t testing.TB) Made {
	t.Helper()
	made, err := Now()
	if err != nil {
		t.Fatal(err)
	}
	return made
}
