package data

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/vision"
)

// FromOption changes a default of [FromFolder] and its like; every [LoaderOption] is one.
type FromOption interface{ from(*fromConfig) }

type fromConfig struct {
	data         []LoaderOption
	validPct     *float64
	seed         *int64
	train, valid string
	x            ImageBlock
	y            TransformBlock
	vocab        []string
	csv, folder  string
	comma        rune
	file, label  string // columns
	suffix       string
	delim        string
	validCol     string
}

func newFromConfig(opts []FromOption) fromConfig {
	c := fromConfig{train: "train", valid: "valid", csv: "labels.csv"}
	if err := guard.Options("data: loaders", opts, func(o FromOption) { o.from(&c) }); err != nil {
		c.data = append(c.data, func(d *dataConfig) { d.err = err })
	}
	return c
}

type fromOption func(*fromConfig)

func (f fromOption) from(c *fromConfig) { f(c) }

func (f LoaderOption) from(c *fromConfig) { c.data = append(c.data, f) }

// ValidPct is the part of the pictures that is validated on, at random: 0.2 without it,
// and for [FromFolder] none: its folders say.
func ValidPct(p float64) FromOption { return fromOption(func(c *fromConfig) { c.validPct = &p }) }

// SplitSeed makes the random split the same every time: fastai's, of the same files in the
// same order. (fastai's from_folder takes them as the file system has them; ours are sorted.)
func SplitSeed(seed int64) FromOption { return fromOption(func(c *fromConfig) { c.seed = &seed }) }

// TrainFolder is the folder of the pictures to train on (default "train").
func TrainFolder(name string) FromOption { return fromOption(func(c *fromConfig) { c.train = name }) }

// ValidFolder is the folder of the pictures to validate on (default "valid").
func ValidFolder(name string) FromOption { return fromOption(func(c *fromConfig) { c.valid = name }) }

// Vocab are the classes (default those of the training set).
func Vocab(classes []string) FromOption { return fromOption(func(c *fromConfig) { c.vocab = classes }) }

// XBlock says how pictures are decoded (default as colour).
func XBlock(b ImageBlock) FromOption { return fromOption(func(c *fromConfig) { c.x = b }) }

// YBlock says what the labels are: a [CategoryBlock] or, with [LabelDelim], a
// [MultiCategoryBlock] without it.
func YBlock(b TransformBlock) FromOption { return fromOption(func(c *fromConfig) { c.y = b }) }

// CSVName is the table's file, "labels.csv" without it.
func CSVName(name string) FromOption { return fromOption(func(c *fromConfig) { c.csv = name }) }

// CSVComma is what stands between the table's values (default a comma).
func CSVComma(r rune) FromOption { return fromOption(func(c *fromConfig) { c.comma = r }) }

// Folder is where the table's pictures lie, below its own folder.
func Folder(name string) FromOption { return fromOption(func(c *fromConfig) { c.folder = name }) }

// FileCol sets the column of the files' names (default the first).
func FileCol(name string) FromOption { return fromOption(func(c *fromConfig) { c.file = name }) }

// FileSuffix is put after the files' names, such as ".jpg".
func FileSuffix(s string) FromOption { return fromOption(func(c *fromConfig) { c.suffix = s }) }

// LabelCol is the column of the labels (default the second).
func LabelCol(name string) FromOption { return fromOption(func(c *fromConfig) { c.label = name }) }

// LabelDelim is what stands between several labels of a picture.
func LabelDelim(d string) FromOption { return fromOption(func(c *fromConfig) { c.delim = d }) }

// ValidCol is the column that says which pictures are validated on, see [ColSplitter]; a
// random part without it.
func ValidCol(name string) FromOption { return fromOption(func(c *fromConfig) { c.validCol = name }) }

func (c fromConfig) random() SplitFunc {
	pct := 0.2
	if c.validPct != nil {
		pct = *c.validPct
	}
	if c.seed != nil {
		return RandomSplitter(pct, *c.seed)
	}
	return RandomSplitter(pct, randomSeed())
}

func (c fromConfig) target() TransformBlock {
	switch {
	case c.y != nil:
		return c.y
	case c.delim != "":
		return MultiCategoryBlock{Delim: c.delim, Vocab: c.vocab}
	}
	return CategoryBlock{Vocab: c.vocab}
}

// FromFolder makes loaders of a folder in which the pictures of a class lie in a folder
// of its name, below folders train and valid or, with [ValidPct], anywhere
// (ImageDataLoaders.from_folder).
func FromFolder(dir string, opts ...FromOption) (*Loaders, error) {
	c := newFromConfig(opts)
	folders, split := []string{c.train, c.valid}, GrandparentSplitter(c.train, c.valid)
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
	c := newFromConfig(opts)
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
	c := newFromConfig(opts)
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
func FromCSV(dir string, opts ...FromOption) (*Loaders, error) {
	c := newFromConfig(opts)
	var how []CSVOption
	if c.comma != 0 {
		how = append(how, Comma(c.comma))
	}
	rows, err := ReadCSV(filepath.Join(dir, c.csv), how...)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("data: FromCSV: the table %s has no rows", filepath.Join(dir, c.csv))
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
func FromRows(rows []Row, dir string, opts ...FromOption) (*Loaders, error) {
	if len(rows) == 0 {
		return nil, fmt.Errorf("data: FromRows: the table for %s has no rows", dir)
	}
	return fromRows("FromRows", rows, dir, newFromConfig(opts))
}

// fromRows is what both do; caller is named in errors.
func fromRows(caller string, rows []Row, dir string, c fromConfig) (*Loaders, error) {
	t := rows[0].table
	if t == nil {
		return nil, fmt.Errorf("data: %s: the rows are of no table: read them by ReadCSV", caller)
	}
	for i, col := range []*string{&c.file, &c.label} {
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
		b.Numeric = wholeNumbers(rows, c.label)
		y = b
	}
	block := Block[Row]{
		X: c.x, Y: y, Splitter: split,
		GetX: ColReader(c.file, Prefix(filepath.Join(dir, c.folder)), Suffix(c.suffix)),
		GetY: ColReader(c.label),
	}
	return block.DataLoaders(rows, c.data...)
}
