package data_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// Labels that can't be meant are errors that name the row, the label and what to do.
func TestLabelsThatCantBeMeant(t *testing.T) {
	several := data.MultiCategoryBlock{Delim: ";"}
	for _, c := range []struct {
		name   string
		y      data.TransformBlock
		labels []string // of a.jpg, b.jpg …; the last one is validated on
		want   []string // nil where the labels are right
	}{
		{"doubled delimiter", several, []string{"x", "x;;y", "x"}, []string{"line 3 (b.jpg)", `"x;;y"`, "empty one", `";"`}},
		{"delimiter at the end", several, []string{"x;", "y", "x"}, []string{"line 2 (a.jpg)", `"x;"`, "empty one"}},
		{"delimiter at the start", several, []string{"x", "y", ";x"}, []string{"line 4 (c.jpg)", `";x"`, "empty one"}},
		{"a delimiter alone", several, []string{"x", ";", "y"}, []string{"line 3 (b.jpg)", "empty one"}},
		{"a blank between delimiters", several, []string{"x; ;y", "y", "y"}, []string{"line 2 (a.jpg)", "empty one"}},
		{"two blanks", data.MultiCategoryBlock{}, []string{"x y", "x  y", "x"}, []string{"line 3 (b.jpg)", "empty one"}},
		{"a blank after a delimiter", several, []string{"x;y", "y; x", "x"}, []string{"line 3 (b.jpg)", `" x" differs from "x"`, "blanks"}},
		{"in validation alone", several, []string{"x;y", "y", "y;x "}, []string{"line 4 (c.jpg)", `"x " differs from the class "x"`}},
		{"doubled in numbers", data.RegressionBlock{Delim: ";"}, []string{"1;2", "1;;2", "3;4"}, []string{"line 3 (b.jpg)", "empty one"}},
		{"no number", data.RegressionBlock{}, []string{"1", "", "2"}, []string{"line 3 (b.jpg)", "no label"}},
		{"none, none and the same twice", several, []string{"x;y;x", "", "y"}, nil},
		{"a blank behind", data.CategoryBlock{}, []string{"rose", "rose ", "tulip", "rose"}, []string{"line 3 (b.jpg)", `"rose " differs from "rose"`, "blanks"}},
		{"a blank before, in validation", data.CategoryBlock{}, []string{"rose", "tulip", " rose"}, []string{"line 4 (c.jpg)", `" rose" differs from the class "rose"`}},
		{"the same with AddNA", data.CategoryBlock{AddNA: true}, []string{"rose", "tulip", " rose"}, []string{"line 4 (c.jpg)", "blanks"}},
		{"no-break space", data.CategoryBlock{}, []string{"red rose", "red\u00a0rose", "x"}, []string{"line 3 (b.jpg)", "blanks"}},
		{"no width", data.CategoryBlock{}, []string{"rose", "rose\u200b", "x"}, []string{"line 3 (b.jpg)", "blanks"}},
		{"two blanks within", data.CategoryBlock{}, []string{"red rose", "red  rose", "x"}, []string{"line 3 (b.jpg)", "blanks"}},
		{"a tab", data.CategoryBlock{}, []string{"rose", "x", "rose\t"}, []string{"line 4 (c.jpg)", "blanks"}},
		{"blank", data.CategoryBlock{}, []string{"rose", " ", "x", "x"}, []string{"line 3 (b.jpg)", "no label", "AddNA"}},
		{"empty", data.CategoryBlock{}, []string{"rose", "", "x", "x"}, []string{"line 3 (b.jpg)", "no label", "AddNA"}},
		{"blank, with AddNA", data.CategoryBlock{AddNA: true}, []string{"rose", "\u00a0", "x", ""}, nil},
		{"cases are classes", data.CategoryBlock{}, []string{"rose", "Rose", "rose"}, nil},
		{"a blank more within", data.CategoryBlock{}, []string{"12", "1 2", "12"}, nil},
		{"not in the training set", data.CategoryBlock{}, []string{"rose", "tulip", "daisy"}, []string{"line 4 (c.jpg)", `"daisy"`, "training set", "give the block a Vocab"}},
		{"not in the Vocab", data.CategoryBlock{Vocab: []string{"rose", "tulip"}}, []string{"rose", "daisy", "rose"}, []string{"line 3 (b.jpg)", `"daisy" is not in the given Vocab ["rose" "tulip"]`}},
		{"another case than the Vocab", data.CategoryBlock{Vocab: []string{"rose", "tulip"}}, []string{"rose", "Tulip", "rose"}, []string{"line 3 (b.jpg)", "the given Vocab", `has "tulip"`}},
		{"blanks in the Vocab", data.CategoryBlock{Vocab: []string{"rose", "rose "}}, []string{"rose", "rose", "rose"}, []string{"the given Vocab", "blanks"}},
		{"an empty class in the Vocab", withVocab(several, "x", ""), []string{"x", "x", "x"}, []string{"the given Vocab", "nothing to see"}},
		{"one class in the Vocab", data.CategoryBlock{Vocab: []string{"rose"}}, []string{"rose", "rose", "rose"}, []string{"the given Vocab has one class"}},
		{"several, not in the Vocab", withVocab(several, "x", "y"), []string{"x", "y;z", "x"}, []string{"line 3 (b.jpg)", `"y;z"`, `"z" is not in the given Vocab`}},
		{"a class that no item has", data.CategoryBlock{Vocab: []string{"rose", "tulip", "daisy"}}, []string{"rose", "tulip", "rose"}, nil},
		{"AddNA's own class", data.CategoryBlock{AddNA: true}, []string{"rose", "#na#", "rose"}, []string{"#na#", "AddNA"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "labels.csv")
			text := "file\tlabel\n"
			for i, l := range c.labels {
				text += fmt.Sprintf("%c.jpg\t\"%s\"\n", 'a'+i, l)
			}
			if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
			rows, err := data.ReadCSV(path, data.Comma('\t'))
			if err != nil {
				t.Fatal(err)
			}
			block := data.Block[data.Row]{Y: c.y, GetX: data.ColReader("file"), GetY: data.ColReader("label"), Splitter: data.IndexSplitter([]int{len(rows) - 1})}
			dls, err := block.DataLoaders(rows, data.BatchSize(1))
			if err == nil {
				dls.Close()
			}
			if c.want == nil && err != nil {
				t.Error(err)
			}
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("want an error of %q: %v", want, err)
				}
			}
		})
	}
}

func withVocab(b data.MultiCategoryBlock, vocab ...string) data.MultiCategoryBlock {
	b.Vocab = vocab
	return b
}

// A table with another separator is an error that names the file, our function and the option.
func TestTablesWithAnotherSeparator(t *testing.T) {
	for _, c := range []struct {
		name, text string
		opts       []data.FromCSVOption
		want       []string
	}{
		{"tabs", "id\tlabel\n0\t007\n1\t008\n", nil, []string{"FromCSV: ", "labels.csv", `CSVComma('\t')`}},
		{"tabs, with a column", "id\tlabel\n0\t007\n1\t008\n", []data.FromCSVOption{data.FileCol("id"), data.LabelCol("label")}, []string{"labels.csv", `no column "id"`, `CSVComma('\t')`}},
		{"semicolons", "id;label\n0;007\n", nil, []string{"FromCSV: ", "labels.csv", `CSVComma(';')`}},
		{"bars", "id|label|x\n0|007|1\n", nil, []string{"FromCSV: ", `CSVComma('|')`}},
		{"semicolons and decimal commas", "id;label\n0;1,5\n1;2,5\n", nil, []string{"labels.csv", `CSVComma(';')`}},
		{"commas, and an option", "id,label\n0,007\n", []data.FromCSVOption{data.CSVComma(';')}, []string{"FromCSV: ", `CSVComma(',')`}},
		{"one column", "id\n0\n1\n", nil, []string{"FromCSV: ", "labels.csv", `["id"]`}},
		{"another name", "id,label\n0,a\n1,b\n", []data.FromCSVOption{data.LabelCol("class")}, []string{"labels.csv", `no column "class": there are ["id" "label"]`}},
		{"a column to validate on", "id,label\n0,a\n1,b\n", []data.FromCSVOption{data.ValidCol("is_valid")}, []string{"ColSplitter", "labels.csv", `no column "is_valid"`}},
		{"true nowhere", "id,label,v\n0,a,False\n1,b,False\n", []data.FromCSVOption{data.ValidCol("v")}, []string{"ColSplitter", "labels.csv", `"v"`, "true in no row"}},
		{"true everywhere", "id,label,v\n0,a,True\n1,b,True\n", []data.FromCSVOption{data.ValidCol("v")}, []string{"the training set of 2 items is empty"}},
		{"no rows", "id,label\n", nil, []string{"FromCSV: ", "labels.csv", "no rows"}},
		{"too few to split", "id,label\n0,a\n1,b\n", nil, []string{"RandomSplitter: 0.2 of 2 items is none"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "labels.csv"), []byte(c.text), 0o666); err != nil {
				t.Fatal(err)
			}
			_, err := data.FromCSV(dir, c.opts...)
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("want an error of %q: %v", want, err)
				}
			}
			if n := len(c.want); err != nil && !strings.Contains(c.want[n-1], "CSVComma") && strings.Contains(err.Error(), "CSVComma") {
				t.Errorf("an option that can't help: %v", err)
			}
		})
	}
}

// A condition that no item meets is an error, not a validation set without items.
func TestSplittersOfNothing(t *testing.T) {
	rows := []data.Row{}
	for _, part := range []string{"train", "valid", "train"} {
		rows = append(rows, data.NewRow("t.csv", "part", part))
	}
	items := data.Items{Len: 3, At: func(i int) any { return rows[i] }, Path: func(i int) string { return fmt.Sprint(i, ".jpg") }}
	for want, split := range parity.Sorted(map[string]data.SplitFunc{
		`t.csv has "test" in the column "part": there are ["train" "valid"]`: data.ColSplitter("part", "test"),
		`t.csv has "Valid"`:                    data.ColSplitter("part", "valid", "Valid"),
		`no column "x"`:                        data.ColSplitter("x", "valid"),
		"true of none of 3 items":              data.FuncSplitter(func(data.Row) bool { return false }),
		"EndSplitter: 0.1 of 3":                data.EndSplitter(0.1),
		"RandomSubsetSplitter: 0.1 of 3 items": data.RandomSubsetSplitter(0.9, 0.1, 1),
	}) {
		if _, _, err := split(items); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error of %q: %v", want, err)
		}
	}
	if train, valid, err := data.ColSplitter("part", "valid")(items); err != nil || fmt.Sprint(train, valid) != "[0 2] [1]" {
		t.Errorf("%v %v, %v", train, valid, err)
	}
	for name, split := range parity.Sorted(map[string]data.SplitFunc{"RandomSplitter(0)": data.RandomSplitter(0, 1), "IndexSplitter(nil)": data.IndexSplitter(nil), "a mask": data.MaskSplitter(make([]bool, 3))}) {
		if train, valid, err := split(items); err != nil || len(train) != 3 || len(valid) != 0 {
			t.Errorf("%s, which asks for nothing to validate on: %v %v, %v", name, train, valid, err)
		}
	}
}
