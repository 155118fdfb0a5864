package data

import (
	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// FromOption changes a default of all of [FromFolder], [FromLists], [FromCSV] and their like; every [LoaderOption] is one.
type FromOption interface {
	FromFolderOption
	FromRowsOption
	from(*fromConfig)
}

// FromFolderOption is one of [FromFolder].
type FromFolderOption interface{ folder(*fromConfig) }

// FromRowsOption is one of [FromRows] and [FromCSV].
type FromRowsOption interface {
	FromCSVOption
	table(*fromConfig)
}

// FromCSVOption is one of [FromCSV].
type FromCSVOption interface{ file(*fromConfig) }

type fromConfig struct {
	data                     []LoaderOption
	validPct                 *float64
	seed                     *int64
	trainFolder, validFolder string
	x                        ImageBlock
	y                        TransformBlock
	vocab                    []string
	csvName, below           string
	comma                    rune
	fileCol, labelCol        string
	suffix                   string
	delim                    string
	validCol                 string
}

func newFromConfig[O any](opts []O, set func(O, *fromConfig)) fromConfig {
	c := fromConfig{trainFolder: "train", validFolder: "valid", csvName: "labels.csv"}
	if err := guard.Options("data: loaders", opts, func(o O) { set(o, &c) }); err != nil {
		c.data = append(c.data, func(d *dataConfig) { d.err = err })
	}
	return c
}

type (
	fromOption   func(*fromConfig)
	folderOption func(*fromConfig)
	tableOption  func(*fromConfig)
	fileOption   func(*fromConfig)
)

func (f fromOption) from(c *fromConfig)     { f(c) }
func (f fromOption) folder(c *fromConfig)   { f(c) }
func (f fromOption) table(c *fromConfig)    { f(c) }
func (f fromOption) file(c *fromConfig)     { f(c) }
func (f folderOption) folder(c *fromConfig) { f(c) }
func (f tableOption) table(c *fromConfig)   { f(c) }
func (f tableOption) file(c *fromConfig)    { f(c) }
func (f fileOption) file(c *fromConfig)     { f(c) }

func (f LoaderOption) from(c *fromConfig)   { c.data = append(c.data, f) }
func (f LoaderOption) folder(c *fromConfig) { f.from(c) }
func (f LoaderOption) table(c *fromConfig)  { f.from(c) }
func (f LoaderOption) file(c *fromConfig)   { f.from(c) }

// ValidPct sets the part of the pictures that is validated on, at random. The default is 0.2;
// [FromFolder] splits by its folders instead.
func ValidPct(p float64) FromOption { return fromOption(func(c *fromConfig) { c.validPct = &p }) }

// SplitSeed makes the random split the same every time: fastai's, of the same files in the
// same order. (fastai's from_folder takes them as the file system has them; ours are sorted.)
func SplitSeed(seed int64) FromOption { return fromOption(func(c *fromConfig) { c.seed = &seed }) }

// TrainFolder sets the folder of the pictures to train on (default "train").
func TrainFolder(name string) FromFolderOption {
	return folderOption(func(c *fromConfig) { c.trainFolder = name })
}

// ValidFolder sets the folder of the pictures to validate on (default "valid").
func ValidFolder(name string) FromFolderOption {
	return folderOption(func(c *fromConfig) { c.validFolder = name })
}

// Vocab are the classes (default those of the training set).
func Vocab(classes []string) FromOption { return fromOption(func(c *fromConfig) { c.vocab = classes }) }

// XBlock sets how pictures are decoded (default as colour).
func XBlock(b ImageBlock) FromOption { return fromOption(func(c *fromConfig) { c.x = b }) }

// YBlock sets what the labels are: a [CategoryBlock] or, with [LabelDelim], a
// [MultiCategoryBlock] without it.
func YBlock(b TransformBlock) FromOption { return fromOption(func(c *fromConfig) { c.y = b }) }

// CSVName sets the table's file (default "labels.csv").
func CSVName(name string) FromCSVOption { return fileOption(func(c *fromConfig) { c.csvName = name }) }

// CSVComma sets what stands between the table's values (default a comma).
func CSVComma(r rune) FromCSVOption { return fileOption(func(c *fromConfig) { c.comma = r }) }

// Folder sets where the table's pictures lie, below its own folder.
func Folder(name string) FromRowsOption { return tableOption(func(c *fromConfig) { c.below = name }) }

// FileCol sets the column of the files' names (default the first).
func FileCol(name string) FromRowsOption {
	return tableOption(func(c *fromConfig) { c.fileCol = name })
}

// FileSuffix is put after the files' names, such as ".jpg".
func FileSuffix(s string) FromRowsOption { return tableOption(func(c *fromConfig) { c.suffix = s }) }

// LabelCol sets the column of the labels (default the second).
func LabelCol(name string) FromRowsOption {
	return tableOption(func(c *fromConfig) { c.labelCol = name })
}

// LabelDelim sets what stands between several labels of a picture.
func LabelDelim(d string) FromOption { return fromOption(func(c *fromConfig) { c.delim = d }) }

// ValidCol sets the column that says which pictures are validated on, see [ColSplitter].
// The default is a random part.
func ValidCol(name string) FromRowsOption {
	return tableOption(func(c *fromConfig) { c.validCol = name })
}

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
