// Package clean looks for what may be wrong with a data set ([Check]: files that can't be read, duplicates, labels that the
// other images speak against), and turns choices about images into moved and deleted files (fastai's ImageClassifierCleaner).
package clean

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/files"
	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// Choice is what becomes of a picture whose label may be wrong (a row of fastai's
// ImageClassifierCleaner).
type Choice struct {
	Path  string // the picture's file, as the loader has it
	Label string // the label it was given
	// Choice is "keep", "delete", or "relabel:" and the class it should have: see [Relabel].
	Choice string
}

// What a [Choice] may be besides a [Relabel].
const (
	Keep   = "keep"
	Delete = "delete"
)

const relabel = "relabel:"

// Relabel is the choice of another class. It says more than the class's name, since a class
// may be named "delete".
func Relabel(class string) string { return relabel + class }

// Class is the class that a [Relabel] names; of other choices there is none.
func (c Choice) Class() (class string, ok bool) { return strings.CutPrefix(c.Choice, relabel) }

func (c Choice) check() error {
	if c.Path == "" {
		return errors.New("there is no path")
	}
	if class, ok := c.Class(); c.Choice != Keep && c.Choice != Delete && (!ok || class == "") {
		return fmt.Errorf("%s: the choice is %q: want %q, %q or %q and a class", c.Path, c.Choice, Keep, Delete, relabel)
	}
	return nil
}

// Choices returns those of the k items with the largest losses, all of them for a k of 0, each to be
// kept: a list to change and to give to [WriteChoices].
func Choices(i *fastlearn.Interpretation, k int) ([]Choice, error) {
	if err := guard.Given("clean: Choices", i); err != nil {
		return nil, err
	}
	if i.Preds == nil {
		return nil, errors.New("clean: Choices: the interpretation is empty: make it by Learner.Interpret")
	}
	if i.Files == nil {
		return nil, errors.New("clean: Choices: the predictions are of a custom loader: there are no files to choose about")
	}
	if i.Targets == nil {
		return nil, errors.New("clean: Choices: the targets aren't classes to choose among")
	}
	var choices []Choice
	for _, p := range i.TopLosses(k) {
		choices = append(choices, Choice{i.Files[p], i.Class(i.Targets[p]), Keep})
	}
	return choices, nil
}

// WriteChoices writes choices as comma-separated values under the heads path, label and choice. A
// file that is there is replaced whole or not at all. It is an error if a name would not be read as
// it is, as one with a line's end of Windows. Spreadsheets take a cell that begins with =, +, - or @
// for a formula: open a list of data that others named as text.
func WriteChoices(file string, choices []Choice) error {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	err := w.Write(files.ChoiceHeads)
	for _, c := range choices {
		err = errors.Join(err, c.check(), w.Write([]string{c.Path, c.Label, c.Choice}))
	}
	w.Flush()
	if err == nil {
		err = checkRoundTrip(b.Bytes(), choices)
	}
	if err == nil {
		err = diskfile.ReplaceBytes(file, b.Bytes())
	}
	if err != nil {
		return fmt.Errorf("clean: choices %s: %w", file, err)
	}
	return nil
}

// checkRoundTrip is an error if text is read as anything but choices: another picture might be deleted.
func checkRoundTrip(text []byte, choices []Choice) error {
	read, err := readChoices(bytes.NewReader(text))
	if err != nil {
		return err
	}
	for i, c := range choices {
		if read[i] != c {
			return fmt.Errorf("%q can't be written as comma-separated values: it would be read as %q; rename it", c, read[i])
		}
	}
	return nil
}

// ReadChoices reads what [WriteChoices] or a report's page wrote. A row that isn't a choice is an
// error that names its line.
func ReadChoices(file string) ([]Choice, error) {
	data, err := diskfile.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("clean: choices: %w", err)
	}
	choices, err := readChoices(bytes.NewReader(data))
	if err != nil {
		return nil, files.Identify(fmt.Errorf("clean: choices %s: %w", file, err), "ReadChoices", file)
	}
	return choices, nil
}

func readChoices(r io.Reader) (choices []Choice, err error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord = len(files.ChoiceHeads)
	heads, err := in.Read()
	if err == io.EOF {
		return nil, errors.New("the file is empty")
	}
	if err != nil {
		return nil, err
	}
	heads[0] = strings.TrimPrefix(heads[0], "\ufeff") // which spreadsheets put before the text
	for i, h := range files.ChoiceHeads {
		if heads[i] != h {
			return nil, fmt.Errorf("the heads are %q: want %q", heads, files.ChoiceHeads)
		}
	}
	for {
		row, err := in.Read()
		if err == io.EOF {
			return choices, nil
		}
		if err != nil {
			return nil, err
		}
		c := Choice{row[0], row[1], row[2]}
		if err := c.check(); err != nil {
			line, _ := in.FieldPos(0)
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		choices = append(choices, c)
	}
}
