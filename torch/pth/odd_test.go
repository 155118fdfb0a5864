package pth

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// One odd value doesn't close a file: WithOpaque reads what is beside it, and leaves in the tree nothing of the machine's own.
func TestOddValuesDoNotCloseAFile(t *testing.T) {
	dir := t.TempDir()
	python(t, "pth_odd.py", dir)
	files, _ := filepath.Glob(filepath.Join(dir, "*.pth"))
	if len(files) < 40 {
		t.Fatalf("%d files", len(files))
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			f, err := Open(path, WithOpaque())
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			root := f.Value().(*Dict)
			w, _ := Get[*Tensor](root, "w")
			data, err := w.Bytes(0)
			if err != nil || !slices.Equal(data, []byte{0, 0, 0x80, 0x3f, 0, 0, 0x80, 0x3f}) {
				t.Errorf("the weights beside it are %v: %v", data, err)
			}
			if _, ok := root.Get("odd"); !ok {
				t.Error("the odd value is gone")
			}
			noneOfTheMachine(t, f.Value(), "", map[any]bool{})
			if _, err := Open(path); err != nil && !strings.Contains(err.Error(), "WithOpaque") && !strings.Contains(err.Error(), "in Python") {
				t.Errorf("no advice: %v", err)
			}
		})
	}
}

// noneOfTheMachine looks for types that aren't exported in a tree.
func noneOfTheMachine(t *testing.T, v any, at string, seen map[any]bool) {
	if id := identity(v); id != nil {
		if seen[id] {
			return
		}
		seen[id] = true
	}
	items := func(items []any) {
		for i, item := range items {
			noneOfTheMachine(t, item, at+place{index: i}.String(), seen)
		}
	}
	switch v := v.(type) {
	case *global, *numpyType, unknown, hashed:
		t.Errorf("%s holds a %T", at, v)
	case *Dict:
		for k, item := range v.All() {
			noneOfTheMachine(t, k, at+" (key)", seen)
			noneOfTheMachine(t, item, at+step(k), seen)
		}
	case *List:
		items(v.Items)
	case Tuple:
		items(v)
	case *Set:
		items(v.Items)
	case *Tensor:
		noneOfTheMachine(t, v.Attrs, at, seen)
	case *Object:
		items(v.Args)
		items(v.Items)
		noneOfTheMachine(t, v.State, at+" (state)", seen)
		noneOfTheMachine(t, &v.Dict, at, seen)
	}
}

// Numbers of a conjugated or negated view are those of PyTorch's, however they are asked for; corpus files hold them too.
func TestSignsOfViews(t *testing.T) {
	for _, c := range []struct {
		of        DType
		conj, neg bool
		in, want  []byte
	}{
		{Float16, false, true, []byte{1, 2}, []byte{1, 0x82}},
		{Complex32, true, false, []byte{1, 2, 3, 4}, []byte{1, 2, 3, 0x84}},
		{Complex32, true, true, []byte{1, 2, 3, 4}, []byte{1, 0x82, 3, 4}},
		{Complex32, false, true, []byte{1, 2, 3, 4}, []byte{1, 0x82, 3, 0x84}},
		{Int16, false, true, []byte{1, 0, 0, 0x80}, []byte{0xff, 0xff, 0, 0x80}},
		{Int8, false, true, []byte{0, 1, 0xff}, []byte{0, 0xff, 1}},
	} {
		x := NewTensor(c.of, []int64{int64(len(c.in) / c.of.Size())}, c.in)
		x.Conj, x.Neg = c.conj, c.neg
		var written strings.Builder
		n, err := x.WriteTo(&written)
		if got, e := x.Bytes(0); e != nil || err != nil || !slices.Equal(got, c.want) || written.String() != string(c.want) || n != int64(len(c.want)) {
			t.Errorf("%v, conj %v, neg %v: %v (%v, %v), want %v", c.of, c.conj, c.neg, got, err, e, c.want)
		}
	}
	for _, x := range []*Tensor{{DType: Float32, Conj: true}, {DType: Bool, Neg: true}} {
		x.Shape, x.Stride, x.Storage = []int64{1}, []int64{1}, &Storage{Data: make([]byte, 4)}
		if b, err := x.Bytes(0); err == nil {
			t.Errorf("a tensor of %v has signs to change: %v", x.DType, b)
		}
	}
}
