package fastlearn

import (
	"fmt"
	"io"
	"os"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// printTable logs to standard output: fastai's table, a row as soon as its epoch ends.
func printTable() func(row []string) { return TableLogger(os.Stdout) }

// TableLogger prints each row to w in columns, as fastai's table in a terminal. Pass
// it to [Logger]. A row of heads begins a new table; a row of one is a line of its own.
func TableLogger(w io.Writer) func(row []string) {
	var table *tablewriter.Table
	return func(row []string) {
		if len(row) > 0 && row[0] == "epoch" {
			table = newTable(w, row)
			return
		}
		if len(row) == 1 { // what a callback says
			fmt.Fprintln(w, row[0])
			return
		}
		if table != nil {
			_ = table.Append(row) // a table that can't be printed must not end the training
		}
	}
}

func newTable(w io.Writer, heads []string) *tablewriter.Table {
	widths := tw.NewMapper[int, int]()
	for i, h := range heads {
		widths.Set(i, max(len(h), 10)+2)
	}
	left := tw.CellAlignment{Global: tw.AlignLeft}
	t := tablewriter.NewTable(w,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders:  tw.BorderNone,
			Symbols:  tw.NewSymbols(tw.StyleNone),
			Settings: tw.Settings{Lines: tw.LinesNone, Separators: tw.SeparatorsNone},
		})),
		tablewriter.WithStreaming(tw.StreamConfig{Enable: true}),
		tablewriter.WithColumnWidths(widths),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAlignmentConfig(left),
		tablewriter.WithRowAlignmentConfig(left),
	)
	_ = t.Start()
	t.Header(heads)
	return t
}
