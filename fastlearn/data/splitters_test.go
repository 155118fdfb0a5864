package data_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
)

func numbered(n int) data.Items {
	return data.Items{Len: n, At: func(i int) any { return i }, Path: func(i int) string { return fmt.Sprint(i) }}
}

func itemsOf[T any](all []T, path func(T) string) data.Items {
	return data.Items{Len: len(all), At: func(i int) any { return all[i] }, Path: func(i int) string { return path(all[i]) }}
}

const splitTable = `name,class,is_valid
a.jpg,rose,False
b.jpg,tulip,True
"c, d.jpg",daisy,False
e.jpg,rose,True
`

func TestSplittersEqualFastai(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	list, csv := write("valid.txt", "2.jpg\n5.jpg\nnone.jpg\n"), write("table.csv", splitTable)
	paths := []string{"d/train/a/1.jpg", "d/valid/a/2.jpg", "d/test/a/3.jpg", "d/train/b/4.jpg", "d/valid/b/5.jpg", "train/6.jpg"}
	rows, err := data.ReadCSV(csv)
	if err != nil {
		t.Fatal(err)
	}
	var want map[string][2][]int
	parity.Python(t, "splits.py", map[string]any{"paths": paths, "file": list, "csv": csv}, &want)

	mask, classes, labels := make([]bool, 100), make([]int, 100), make([]string, 100)
	for i := range mask {
		mask[i] = i%3 == 0
		for _, from := range []int{17, 47, 90} {
			if i >= from {
				classes[i]++
			}
		}
		labels[i] = fmt.Sprint(classes[i])
	}
	hundred, files := numbered(100), itemsOf(paths, func(p string) string { return p })
	table := itemsOf(rows, func(data.Row) string { return "" })
	state := torch.RNGState(torch.CPU)
	defer state.Close()
	for _, c := range []struct {
		name  string
		items data.Items
		split data.SplitFunc
	}{
		{"random10", numbered(10), data.RandomSplitter(0.2, 42)},
		{"random1000", numbered(1000), data.RandomSplitter(0.2, 42)},
		{"random8189", numbered(8189), data.RandomSplitter(0.2, 42)},
		{"subset", hundred, data.RandomSubsetSplitter(0.3, 0.25, 7)},
		{"index", hundred, data.IndexSplitter([]int{5, 3, 90})},
		{"mask", hundred, data.MaskSplitter(mask)},
		{"func", hundred, data.FuncSplitter(func(i int) bool { return i > 70 })},
		{"end", hundred, data.EndSplitter(0.23)},
		{"start", hundred, data.StartSplitter(0.23)},
		{"grandparent", files, data.GrandparentSplitter("train", "valid")},
		{"file", files, data.FileSplitter(list)},
		{"col", table, data.ColSplitter("is_valid")},
		{"col_on", table, data.ColSplitter("class", "rose", "tulip")},
	} {
		train, valid, err := c.split(c.items)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if !slices.Equal(train, want[c.name][0]) || !slices.Equal(valid, want[c.name][1]) {
			t.Errorf("%s: %v and %v, want %v", c.name, train, valid, want[c.name])
		}
	}
	for _, part := range []float64{0.1, 0.2, 0.37} {
		train, valid, err := data.TrainTestSplitter(part, 1, labels)(hundred)
		if err != nil {
			t.Fatal(err)
		}
		for side, set := range [][]int{train, valid} {
			var counts [4]int
			for _, i := range set {
				counts[classes[i]]++
			}
			if name := fmt.Sprint("stratified", part); !slices.Equal(counts[:], want[name][side]) {
				t.Errorf("%s: %v of each label, want %v", name, counts, want[name][side])
			}
		}
		if all := slices.Sorted(slices.Values(slices.Concat(train, valid))); len(slices.Compact(all)) != 100 {
			t.Errorf("stratified: %d different items of 100", len(all))
		}
	}
	after := torch.RNGState(torch.CPU)
	defer after.Close()
	if !state.Equal(after) {
		t.Error("splitting changed libtorch's generator")
	}
}

func TestSplittersRefuse(t *testing.T) {
	rows := itemsOf([]data.Row{{}}, func(data.Row) string { return "x" })
	for name, c := range parity.Sorted(map[string]struct {
		split data.SplitFunc
		items data.Items
		want  string
	}{
		"a part above 1":         {data.RandomSplitter(1.5, 1), numbered(5), "1.5"},
		"parts above 1":          {data.RandomSubsetSplitter(0.7, 0.7, 1), numbered(5), "0.7"},
		"all":                    {data.TrainTestSplitter(1, 1, nil), numbered(5), "TrainTestSplitter of 1"},
		"too few labels":         {data.TrainTestSplitter(0.5, 1, []string{"a"}), numbered(5), "1 labels"},
		"a label of one item":    {data.TrainTestSplitter(0.5, 1, []string{"a", "b", "b", "b"}), numbered(4), `"a"`},
		"more labels than items": {data.TrainTestSplitter(0.1, 1, []string{"a", "a", "b", "b"}), numbered(4), "the 2 labels"},
		"no part at the end":     {data.EndSplitter(0), numbered(5), "EndSplitter of 0"},
		"a short mask":           {data.MaskSplitter([]bool{true}), numbered(5), "a mask of 1 for 5"},
		"another item":           {data.FuncSplitter(func(string) bool { return true }), numbered(5), "takes string"},
		"no such folders":        {data.GrandparentSplitter("train", "valid"), numbered(5), "train"},
		"no such file":           {data.FileSplitter("/nowhere/list.txt"), numbered(5), "/nowhere/list.txt"},
		"rows without a table":   {data.ColSplitter("is_valid"), rows, "is_valid"},
		"items without rows":     {data.ColSplitter("is_valid"), numbered(5), "int"},
	}) {
		if _, _, err := c.split(c.items); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v must contain %q", name, err, c.want)
		}
	}
}
