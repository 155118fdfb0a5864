package data

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/vision"
)

// FromFolder makes loaders of a folder in which the pictures of a class lie in a folder
// of its name, below folders train and valid or, with [ValidPct], anywhere
// (ImageDataLoaders.from_folder).
func FromFolder(dir string, opts ...FromFolderOption) (*Loaders, error) {
	c := newFromConfig(opts, FromFolderOption.folder)
	folders, split := []string{c.trainFolder, c.validFolder}, GrandparentSplitter(c.trainFolder, c.validFolder)
	if c.validPct != nil {
		folders, split = nil, c.random()
	}
	files, err := vision.GetImageFiles(dir, folders...)
	if err != nil {
		return nil, fmt.Errorf("data: FromFolder: %w", err)
	}
	block := Block[string]{X: c.x, Y: c.target(), GetY: ParentLabel, Splitter: split}
	return block.DataLoaders(files, c.data...)
}

// FromPathFunc makes loaders of pictures whose labels a function finds in their paths
// (ImageDataLoaders.from_path_func).
func FromPathFunc(files []string, label func(path string) (string, error), opts ...FromOption) (*Loaders, error) {
	c := newFromConfig(opts, FromOption.from)
	block := Block[string]{X: c.x, Y: c.target(), GetY: label, Splitter: c.random()}
	return block.DataLoaders(files, c.data...)
}

// FromNameFunc is [FromPathFunc] for a function of the file's name alone
// (ImageDataLoaders.from_name_func).
func FromNameFunc(files []string, label func(name string) (string, error), opts ...FromOption) (*Loaders, error) {
	if label == nil {
		return FromPathFunc(files, nil, opts...)
	}
	byName := func(path string) (y string, err error) {
		err = guard.Call("label", label, func() error { y, err = label(filepath.Base(path)); return err })
		return y, err
	}
	return FromPathFunc(files, byName, opts...)
}

// FromNameRegex makes loaders of pictures whose labels are the first group of a regular
// expression, where it first matches their names: `(.+)_\d+\.jpg$`
// (ImageDataLoaders.from_name_re).
func FromNameRegex(files []string, pattern string, opts ...FromOption) (*Loaders, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("data: FromNameRegex: %w", err)
	}
	return FromNameFunc(files, RegexLabeller(re), opts...)
}

// FromPathRegex is [FromNameRegex] for the whole paths (ImageDataLoaders.from_path_re).
func FromPathRegex(files []string, pattern string, opts ...FromOption) (*Loaders, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("data: FromPathRegex: %w", err)
	}
	return FromPathFunc(files, RegexLabeller(re), opts...)
}

// FromLists makes loaders of pictures and their labels, one a picture
// (ImageDataLoaders.from_lists).
func FromLists(files, labels []string, opts ...FromOption) (*Loaders, error) {
	if len(files) != len(labels) {
		return nil, fmt.Errorf("data: FromLists: %d pictures and %d labels", len(files), len(labels))
	}
	type pair struct{ file, label string }
	pairs := make([]pair, len(files))
	for i := range files {
		pairs[i] = pair{files[i], labels[i]}
	}
	c := newFromConfig(opts, FromOption.from)
	block := Block[pair]{
		X: c.x, Y: c.target(), Splitter: c.random(),
		GetX: func(p pair) (string, error) { return p.file, nil },
		GetY: func(p pair) (string, error) { return p.label, nil },
	}
	return block.DataLoaders(pairs, c.data...)
}

// FromCSV makes loaders of the table dir/labels.csv, whose first column names files
// below dir and whose second has their labels (ImageDataLoaders.from_csv). Labels that are
// all whole numbers are sorted as numbers, as pandas reads them; all others, "NA" too, are
// what stands there.
func FromCSV(dir string, opts ...FromCSVOption) (*Loaders, error) {
	c := newFromConfig(opts, FromCSVOption.file)
	var how []CSVOption
	if c.comma != 0 {
		how = append(how, Comma(c.comma))
	}
	rows, err := ReadCSV(filepath.Join(dir, c.csvName), how...)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("data: FromCSV: the table %s has no rows", filepath.Join(dir, c.csvName))
	}
	return fromRows("FromCSV", rows, dir, c)
}

// wholeNumbers tells whether a column holds nothing else.
func wholeNumbers(rows []Row, col string) bool {
	for _, r := range rows {
		v, err := r.Get(col)
		if _, notNumber := strconv.Atoi(v); err != nil || notNumber != nil {
			return false
		}
	}
	return true
}

// FromRows is [FromCSV] for a table that is read (ImageDataLoaders.from_df).
func FromRows(rows []Row, dir string, opts ...FromRowsOption) (*Loaders, error) {
	if len(rows) == 0 {
		return nil, fmt.Errorf("data: FromRows: the table for %s has no rows", dir)
	}
	return fromRows("FromRows", rows, dir, newFromConfig(opts, FromRowsOption.table))
}

// fromRows is what both do; caller is named in errors.
func fromRows(caller string, rows []Row, dir string, c fromConfig) (*Loaders, error) {
	t := rows[0].table
	if t == nil {
		return nil, fmt.Errorf("data: %s: the rows are of no table: read them by ReadCSV", caller)
	}
	for i, col := range []*string{&c.fileCol, &c.labelCol} {
		if columns := rows[0].Columns(); *col == "" {
			if len(columns) <= i {
				return nil, fmt.Errorf("data: %s: %s has only the column %q: want one of files and one of labels%s", caller, t.name, columns, t.hint)
			}
			*col = columns[i]
		}
	}
	split := ColSplitter(c.validCol)
	if c.validCol == "" {
		split = c.random()
	}
	y := c.target()
	if b, ok := y.(CategoryBlock); ok && c.y == nil && c.vocab == nil {
		b.Numeric = wholeNumbers(rows, c.labelCol)
		y = b
	}
	block := Block[Row]{
		X: c.x, Y: y, Splitter: split,
		GetX: ColReader(c.fileCol, Prefix(filepath.Join(dir, c.below)), Suffix(c.suffix)),
		GetY: ColReader(c.labelCol),
	}
	return block.DataLoaders(rows, c.data...)
}
