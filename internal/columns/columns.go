// Package columns makes tables of text without lines: heads and rows in columns.
package columns

import (
	"io"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// New makes a table whose heads stay as they are written. align is that of each column, left for those that it lacks.
func New(w io.Writer, align []tw.Align, opts ...tablewriter.Option) *tablewriter.Table {
	all := tw.CellAlignment{Global: tw.AlignLeft, PerColumn: align}
	return tablewriter.NewTable(w, append([]tablewriter.Option{
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders:  tw.BorderNone,
			Symbols:  tw.NewSymbols(tw.StyleNone),
			Settings: tw.Settings{Lines: tw.LinesNone, Separators: tw.SeparatorsNone},
		})),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAlignmentConfig(all),
		tablewriter.WithRowAlignmentConfig(all),
	}, opts...)...)
}
