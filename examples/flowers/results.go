package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/vision"
)

var resultHeads = []string{"step", "model", "epochs", "valid_loss", "accuracy", "time"}

// begin starts a training's clock; what it returns enters the training into results.csv, in
// the place of an earlier one of that name.
func (f *flow) begin(name string, arch vision.Arch, epochs int, learn *fastlearn.Learner) (end func() error) {
	start := time.Now()
	return func() error {
		rows, err := f.readResults()
		if err != nil {
			return err
		}
		values := learn.Recorder.Values
		last := values[len(values)-1]
		row := []string{
			name, arch.Name, fmt.Sprint(epochs), fmt.Sprintf("%.4f", last[1]), fmt.Sprintf("%.4f", last[2]),
			time.Since(start).Round(time.Second).String(),
		}
		for i, r := range rows {
			if r[0] == name {
				rows[i], row = row, nil
			}
		}
		if row != nil {
			rows = append(rows, row)
		}
		return f.writeResults(rows)
	}
}

func (f *flow) resultsFile() string { return filepath.Join(f.flags.out, "results.csv") }

func (f *flow) readResults() ([][]string, error) {
	file, err := diskfile.Open(f.resultsFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	r := csv.NewReader(file)
	r.FieldsPerRecord = len(resultHeads)
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.resultsFile(), err)
	}
	return rows[min(1, len(rows)):], nil
}

func (f *flow) writeResults(rows [][]string) error {
	file, err := os.Create(f.resultsFile())
	if err != nil {
		return err
	}
	defer file.Close()
	if err := csv.NewWriter(file).WriteAll(append([][]string{resultHeads}, rows...)); err != nil {
		return err
	}
	return file.Close()
}

// results prints the table of all steps.
func (f *flow) results(context.Context) error {
	rows, err := f.readResults()
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return fmt.Errorf("%s holds no results yet: run the other steps first", f.resultsFile())
	}
	table := tablewriter.NewTable(os.Stdout,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders:  tw.BorderNone,
			Symbols:  tw.NewSymbols(tw.StyleNone),
			Settings: tw.Settings{Lines: tw.LinesNone, Separators: tw.SeparatorsNone},
		})),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAlignmentConfig(tw.CellAlignment{Global: tw.AlignLeft}),
	)
	table.Header(resultHeads)
	if err := table.Bulk(rows); err != nil {
		return err
	}
	return table.Render()
}
