package fastlearn

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/tw"

	"github.com/fastlearn-go/fastlearn/internal/columns"
)

// printTable logs to standard output: fastai's table, a row as soon as its epoch ends.
func printTable() func(row []string) { return TableLogger(os.Stdout) }

// TableLogger prints each row to w in columns, as fastai's table in a terminal: plain text,
// each row at once, in a pipe too. Pass it to [Logger]. A row of heads begins a new table; a
// row of one is a line of its own. A number too long for its column loses decimals, or gets
// an exponent.
func TableLogger(w io.Writer) func(row []string) {
	var table *tablewriter.Table
	var widths []int
	return func(row []string) {
		if len(row) > 0 && row[0] == "epoch" {
			widths = columnWidths(row)
			table = newTable(&trimmed{w: w}, row, widths)
			return
		}
		if len(row) == 1 { // what a callback says
			fmt.Fprintln(w, row[0])
			return
		}
		if table != nil {
			_ = table.Append(fitting(row, widths)) // a table that can't be printed must not end the training
		}
	}
}

// columnWidths are those of the heads, and eight at least, as fastai's.
func columnWidths(heads []string) []int {
	widths := make([]int, len(heads))
	for i, h := range heads {
		widths[i] = max(len(h), 8)
	}
	return widths
}

// fitting are the row's cells, the numbers in as many digits as their columns are wide.
func fitting(row []string, widths []int) []string {
	out := slices.Clone(row)
	for i, cell := range row {
		v, err := strconv.ParseFloat(cell, 64)
		for digits := 9; i < len(widths) && err == nil && len(out[i]) > widths[i] && digits > 0; digits-- {
			out[i] = strconv.FormatFloat(v, 'g', digits, 64)
		}
	}
	return out
}

func newTable(w io.Writer, heads []string, widths []int) *tablewriter.Table {
	const gap = "  "
	all := tw.NewMapper[int, int]()
	for i, n := range widths {
		all.Set(i, n+len(gap))
	}
	t := columns.New(w, nil, tablewriter.WithStreaming(tw.StreamConfig{Enable: true}), tablewriter.WithColumnWidths(all),
		tablewriter.WithPadding(tw.Padding{Right: gap, Overwrite: true}))
	_ = t.Start()
	t.Header(heads)
	return t
}

// trimmed leaves out the spaces at the ends of lines.
type trimmed struct {
	w      io.Writer
	spaces int // held back until something follows
}

func (t *trimmed) Write(p []byte) (int, error) {
	var out []byte
	for _, c := range p {
		if c == ' ' {
			t.spaces++
			continue
		}
		if c != '\n' {
			out = append(out, bytes.Repeat([]byte(" "), t.spaces)...)
		}
		t.spaces = 0
		out = append(out, c)
	}
	if _, err := t.w.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}
