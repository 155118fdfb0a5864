package parity

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Rows are the lines of a file of JSON, one for each name, to which a run of hours appends: it goes on where it was stopped.
type Rows struct {
	file *os.File
	has  map[string]bool
}

// OpenRows opens the file, or makes an empty one. The test closes it.
func OpenRows(t testing.TB, path string) *Rows {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	r := &Rows{f, map[string]bool{}}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var row struct{ Name string }
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil || row.Name == "" {
			t.Fatalf("%s: %.100q isn't a row with a name: %v", path, lines.Text(), err)
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
	line, err := json.Marshal(row)
	if err == nil {
		_, err = r.file.Write(append(line, '\n'))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Commit is the commit that is checked out, shortened.
func Commit(t testing.TB) string {
	t.Helper()
	commit, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(commit))
}
