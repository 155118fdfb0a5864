package recipe

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/vision"
)

// source is what was recognised: where the pictures are, and what their labels are.
type source struct {
	about   string
	metrics []metric.Metric
	loaders func(...data.LoaderOption) (*data.Loaders, error)
}

// recognise looks at a folder or a table.
func recognise(path, labels string, valid float64, seed uint64) (*source, error) {
	if !slices.Contains([]string{"auto", "one", "several", "numbers"}, labels) {
		return nil, fmt.Errorf("recipe: labels %q: want auto, one, several or numbers", labels)
	}
	switch info, err := os.Stat(path); {
	case err != nil:
		return nil, err
	case info.IsDir():
		if table := filepath.Join(path, "labels.csv"); exists(table) {
			return fromTable(table, labels, valid, seed)
		}
		return fromFolder(path, valid, seed)
	}
	return fromTable(path, labels, valid, seed)
}

// fromFolder is of folders train and valid, or of a folder for each class.
func fromFolder(dir string, valid float64, seed uint64) (*source, error) {
	s := &source{about: fmt.Sprintf("a folder for each class, %.0f %% to validate on", 100*valid), metrics: []metric.Metric{metric.Accuracy()}}
	split := []data.FromFolderOption{data.ValidPct(valid), data.SplitSeed(int64(seed))}
	for _, name := range []string{"valid", "val", "validation"} {
		if exists(filepath.Join(dir, "train")) && exists(filepath.Join(dir, name)) {
			s.about, split = "folders train and "+name, []data.FromFolderOption{data.ValidFolder(name)}
		}
	}
	if files, err := vision.GetImageFiles(dir); err != nil || len(files) == 0 {
		return nil, fmt.Errorf("%s: there are no pictures in it: want a folder for each class, or labels.csv", dir)
	} else if !slices.ContainsFunc(files, func(f string) bool { return filepath.Dir(f) != filepath.Clean(dir) }) {
		return nil, fmt.Errorf("%s: all pictures lie in the folder itself: put those of each class into a folder, or name a table of files and labels", dir)
	}
	s.loaders = func(opts ...data.LoaderOption) (*data.Loaders, error) {
		all := slices.Clone(split)
		for _, o := range opts {
			all = append(all, o)
		}
		return data.FromFolder(dir, all...)
	}
	return s, nil
}

// fromTable is of a table whose first column names files and whose second has labels; a column is_valid splits.
func fromTable(path, labels string, valid float64, seed uint64) (*source, error) {
	rows, err := data.ReadCSV(path)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || len(rows[0].Columns()) < 2 {
		return nil, fmt.Errorf("%s: want a table with heads, a column of files, one of labels, and rows", path)
	}
	var values []string
	for _, r := range rows {
		v, _ := r.Get(rows[0].Columns()[1])
		values = append(values, v)
	}
	split := []data.FromRowsOption{data.ValidPct(valid), data.SplitSeed(int64(seed))}
	if slices.Contains(rows[0].Columns(), "is_valid") {
		split = []data.FromRowsOption{data.ValidCol("is_valid")}
	}
	s := &source{}
	kind, delim := kindOf(values)
	if labels != "auto" {
		kind = labels
	}
	switch kind {
	case "several":
		s.about, s.metrics = fmt.Sprintf("several labels for each picture, with %q between them", delim), []metric.Metric{metric.AccuracyMulti()}
		split = append(split, data.LabelDelim(delim))
	case "numbers":
		s.about, s.metrics = "numbers", []metric.Metric{metric.RMSE(), metric.MeanAbsoluteError()}
		split = append(split, data.YBlock(data.RegressionBlock{Delim: delim}))
	default:
		s.about, s.metrics = "one class for each picture", []metric.Metric{metric.Accuracy()}
	}
	s.about = fmt.Sprintf("a table, %s (labels: %s)", s.about, kind)
	s.loaders = func(opts ...data.LoaderOption) (*data.Loaders, error) {
		all := slices.Clone(split)
		for _, o := range opts {
			all = append(all, o)
		}
		return data.FromRows(rows, filepath.Dir(path), all...)
	}
	return s, nil
}

// kindOf tells what labels are. Numbers are those of which one has a fraction or which are many; texts are several labels if
// they are put together of fewer parts than there are texts, so that names of two words stay what they are.
func kindOf(values []string) (kind, delim string) {
	texts := distinct(values, "")
	for _, d := range []string{";", "|", ",", " "} {
		parts := distinct(values, d)
		if len(parts) == len(texts) && !slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(t, d) }) {
			continue
		}
		if all(parts, isNumber) {
			return "numbers", d
		}
		if d != " " && d != "," || len(parts) < len(texts) {
			return "several", d
		}
	}
	if all(texts, isNumber) && (!all(texts, isWhole) || len(texts) > max(20, len(values)/10)) {
		return "numbers", " "
	}
	return "one", " "
}

// distinct are the different parts of texts; an empty delim leaves them whole.
func distinct(texts []string, delim string) []string {
	seen := map[string]bool{}
	for _, t := range texts {
		parts := []string{t}
		if delim != "" {
			parts = strings.Split(t, delim)
		}
		for _, p := range parts {
			if p = strings.TrimSpace(p); p != "" {
				seen[p] = true
			}
		}
	}
	var out []string
	for p := range seen {
		out = append(out, p)
	}
	return out
}

func all(texts []string, is func(string) bool) bool {
	return len(texts) > 0 && !slices.ContainsFunc(texts, func(t string) bool { return !is(t) })
}

func isNumber(t string) bool { _, err := strconv.ParseFloat(t, 64); return err == nil }
func isWhole(t string) bool  { _, err := strconv.Atoi(t); return err == nil }
