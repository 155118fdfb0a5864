package data

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/files"
	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// Row is one row of a table, its values by the names of their columns.
type Row struct {
	table  *table
	line   int
	values []string
}

type table struct {
	name    string
	columns []string
	hint    string // what seems to stand between its values instead, and which option says so
}

// Get is the value in a column.
func (r Row) Get(col string) (string, error) {
	if r.table == nil {
		return "", fmt.Errorf("no column %q: the row is of no table", col)
	}
	i := slices.Index(r.table.columns, col)
	if i < 0 {
		return "", fmt.Errorf("%s: no column %q: there are %q%s", r.table.name, col, r.table.columns, r.table.hint)
	}
	return r.values[i], nil
}

// Columns are the table's, in their order.
func (r Row) Columns() []string {
	if r.table == nil {
		return nil
	}
	return slices.Clone(r.table.columns)
}

func (r Row) where() string { return fmt.Sprintf("%s, line %d", r.table.name, r.line) }

// CSVOption changes how [ReadCSV] reads.
type CSVOption func(*csv.Reader)

// Comma sets what stands between values (default a comma).
func Comma(c rune) CSVOption { return func(r *csv.Reader) { r.Comma = c } }

// isTable tells a table from a page or from what isn't text at all, whose bytes would make rows of nonsense.
func isTable(data []byte) bool {
	head := bytes.ToLower(data[:min(len(data), 512)])
	return bytes.IndexByte(head, 0) < 0 && !bytes.HasPrefix(head, []byte("<!doctype")) && !bytes.HasPrefix(head, []byte("<html"))
}

// ReadCSV reads a table whose first row names the columns. Errors name file and line.
func ReadCSV(path string, opts ...CSVOption) ([]Row, error) {
	data, err := diskfile.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("data: table: %w", err)
	}
	if !isTable(data) {
		return nil, files.Identify(fmt.Errorf("data: %s isn't a table of text", path), "ReadCSV", path)
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	if err := guard.Options("data: ReadCSV", opts, func(o CSVOption) { o(r) }); err != nil {
		return nil, err
	}
	columns, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("data: table %s has no row that names its columns: %w", path, err)
	}
	t := &table{path, columns, separatorHint(data, r.Comma)}
	for i, c := range columns {
		if slices.Contains(columns[:i], c) {
			return nil, fmt.Errorf("data: table %s has two columns %q", path, c)
		}
	}
	var rows []Row
	for {
		values, err := r.Read()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("data: table %s: %w%s", path, err, t.hint)
		}
		line, _ := r.FieldPos(0)
		rows = append(rows, Row{t, line, values})
	}
}

// separatorHint guesses by what a table's values are separated, if the first two lines have more of it than of comma, and
// equally many.
func separatorHint(data []byte, comma rune) string {
	first, rest, _ := bytes.Cut(data, []byte("\n"))
	second, _, more := bytes.Cut(rest, []byte("\n"))
	count := func(line []byte, r rune) int { return bytes.Count(line, []byte(string(r))) }
	for _, r := range []rune{'\t', ';', '|', ','} {
		if n := count(first, r); r != comma && n > count(first, comma) && (count(second, r) == n || len(second) == 0 && !more) {
			return fmt.Sprintf("; its values seem to be separated by %q: pass CSVComma(%[1]q) to FromCSV, or Comma(%[1]q) to ReadCSV", r)
		}
	}
	return ""
}

// ColOption changes what [ColReader] makes of a value.
type ColOption func(*colReader)

type colReader struct{ prefix, suffix string }

// Prefix is put before the value; a folder, with a separator between.
func Prefix(folder string) ColOption {
	return func(c *colReader) { c.prefix = filepath.Clean(folder) + string(filepath.Separator) }
}

// Suffix is put after the value, such as ".jpg".
func Suffix(s string) ColOption { return func(c *colReader) { c.suffix = s } }

// ColReader reads a row's column, for GetX and GetY (fastai's ColReader).
func ColReader(col string, opts ...ColOption) func(Row) (string, error) {
	var c colReader
	bad := guard.Options("data: ColReader", opts, func(o ColOption) { o(&c) })
	return func(r Row) (string, error) {
		if bad != nil {
			return "", bad
		}
		v, err := r.Get(col)
		if err != nil {
			return "", err
		}
		return c.prefix + v + c.suffix, nil
	}
}
