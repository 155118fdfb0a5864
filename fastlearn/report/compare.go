package report

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/page"
	"github.com/fastlearn-go/fastlearn/internal/diskfile"
)

// Compare writes a page about two runs to path: each metric's best and last epoch and its curves, the F1 of each class with
// what the second run gained or lost, and the settings and versions that differ. Each run is a report that [Write] wrote, or a
// table of [callback.CSVLogger], which has epochs alone. Of several fits the page compares the last ones that measured the
// same things, such as both of FineTune's.
//
//	err := report.Compare("resnet18/report.html", "resnet50/report.html", "compare.html")
//
// A file that is there is replaced whole or not at all.
func Compare(a, b, path string) error {
	first, err := page.ReadRecord(a)
	if err != nil {
		return fmt.Errorf("report: Compare: %w", err)
	}
	second, err := page.ReadRecord(b)
	if err != nil {
		return fmt.Errorf("report: Compare: %w", err)
	}
	p := &page.Page{Title: "Two runs", Sub: "Written by fastlearn on " + time.Now().Format("2 January 2006, 15:04 MST"),
		Compared: page.NewCompared(first, second, called(first, a), called(second, b))}
	html, err := p.HTML()
	if err == nil {
		err = diskfile.ReplaceBytes(path, html)
	}
	if err != nil {
		return fmt.Errorf("report: Compare: %s: %w", path, err)
	}
	return nil
}

// called names a run by its title and its file.
func called(r *page.Record, path string) string {
	name := filepath.Join(filepath.Base(filepath.Dir(path)), filepath.Base(path))
	if r.Title == "" {
		return name
	}
	return fmt.Sprintf("%s (%s)", r.Title, name)
}
