package data

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/scale"
	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// FuncSplitter validates on the items for which f is true; one that is true of none is an error. T is the data block's.
func FuncSplitter[T any](f func(T) bool) SplitFunc {
	return func(items Items) (train, valid []int, err error) {
		if f == nil {
			return nil, nil, errors.New("FuncSplitter(nil): want a function")
		}
		train, valid, err = byMask(items, func(i int) (is bool, err error) {
			item, ok := items.At(i).(T)
			if !ok {
				return false, fmt.Errorf("FuncSplitter: items are %T, and its function takes %T", items.At(i), item)
			}
			err = guard.Call("FuncSplitter", f, func() error { is = f(item); return nil })
			return is, err
		})
		if err == nil && len(valid) == 0 && items.Len > 0 {
			err = fmt.Errorf("FuncSplitter: its function is true of none of %s: there is nothing to validate on", scale.Plural(items.Len, "item"))
		}
		return train, valid, err
	}
}

// GrandparentSplitter goes by the folder that the picture's folder lies in:
// train/daisy/1.jpg, valid/daisy/2.jpg. Pictures in other folders are left out.
func GrandparentSplitter(train, valid string) SplitFunc {
	return func(items Items) ([]int, []int, error) {
		in := func(name string) (out []int) {
			for i := range items.Len {
				if filepath.Base(filepath.Dir(filepath.Dir(items.Path(i)))) == name {
					out = append(out, i)
				}
			}
			return out
		}
		t, v := in(train), in(valid)
		if len(t) == 0 || len(v) == 0 {
			return nil, nil, fmt.Errorf("GrandparentSplitter: %d pictures lie below a folder %s and %d below %s", len(t), train, len(v), valid)
		}
		return t, v, nil
	}
}

// FileSplitter validates on the pictures whose files are named in a text file, a name
// a line, without folders.
func FileSplitter(path string) SplitFunc {
	return func(items Items) (train, valid []int, err error) {
		data, err := diskfile.ReadFile(path)
		if err != nil {
			return nil, nil, fmt.Errorf("FileSplitter: %w", err)
		}
		named := map[string]bool{}
		for name := range strings.SplitSeq(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n") {
			named[name] = true
		}
		train, valid, err = byMask(items, func(i int) (bool, error) { return named[filepath.Base(items.Path(i))], nil })
		if err == nil && len(valid) == 0 {
			err = fmt.Errorf("FileSplitter: %s names none of the %d pictures", path, items.Len)
		}
		return train, valid, err
	}
}

// ColSplitter validates on the rows whose column is true: true, 1 or yes in any case,
// or, where values are given, one of them. Items must be [Row]. Anything but these and
// false, 0 and no is refused, where fastai takes what is not empty for true; so are a value that no row has, and a column
// that is true nowhere.
func ColSplitter(col string, values ...string) SplitFunc {
	return func(items Items) (train, valid []int, err error) {
		there := map[string]bool{}
		train, valid, err = byMask(items, func(i int) (bool, error) {
			row, ok := items.At(i).(Row)
			if !ok {
				return false, fmt.Errorf("ColSplitter: items are %T, want the rows of a table", items.At(i))
			}
			v, err := row.Get(col)
			if there[v] = true; err != nil {
				return false, fmt.Errorf("ColSplitter: %w", err)
			}
			if len(values) > 0 {
				return slices.Contains(values, v), nil
			}
			return truth(v, row, col)
		})
		if err != nil || items.Len == 0 {
			return nil, nil, err
		}
		first := items.At(0).(Row) // byMask saw that it is one
		for _, v := range values {
			if !there[v] {
				return nil, nil, fmt.Errorf("ColSplitter: no row of %s has %q in the column %q: there are %s", first.table.name, v, col, someOf(slices.Sorted(maps.Keys(there))))
			}
		}
		if len(valid) == 0 {
			return nil, nil, fmt.Errorf("ColSplitter: the column %q of %s is true in no row: there is nothing to validate on", col, first.table.name)
		}
		return train, valid, nil
	}
}

func truth(v string, row Row, col string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(v)) {
	case "true", "1", "1.0", "yes":
		return true, nil
	case "false", "0", "0.0", "no":
		return false, nil
	}
	return false, fmt.Errorf("ColSplitter: %s, column %q: %q is neither true nor false", row.where(), col, v)
}

func byMask(items Items, in func(i int) (bool, error)) (train, valid []int, err error) {
	for i := range items.Len {
		v, err := in(i)
		if err != nil {
			return nil, nil, err
		}
		if v {
			valid = append(valid, i)
		} else {
			train = append(train, i)
		}
	}
	return train, valid, nil
}
