package pth

import (
	"archive/zip"
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// deflated packs the archive of a corpus file again.
func deflated(t *testing.T, name string) []byte {
	t.Helper()
	old, err := zip.OpenReader(filepath.Join(corpus, name+".pth"))
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	var b bytes.Buffer
	again := zip.NewWriter(&b)
	for _, record := range old.File {
		r, err := record.Open()
		if err != nil {
			t.Fatal(err)
		}
		w, err := again.Create(record.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(w, r); err != nil {
			t.Fatal(err)
		}
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A compressed storage is inflated when its numbers are asked for, and not before.
func TestStoragesAreInflatedWhenTheyAreAskedFor(t *testing.T) {
	f, err := Decode(deflated(t, "tied"))
	if err != nil {
		t.Fatal(err)
	}
	a, _ := Get[*Tensor](f.Value().(*Dict), "a")
	if a.Storage.Data != nil || a.Storage.NBytes() != 24 {
		t.Fatalf("the storage of %d bytes is inflated at once: %v", a.Storage.NBytes(), a.Storage.Data)
	}
	if err := a.Check(); err != nil || len(a.Storage.Data) != 24 {
		t.Errorf("Check leaves the storage as it is: %d bytes, %v", len(a.Storage.Data), err)
	}
	want := describeJSON(t, open(t, filepath.Join(corpus, "tied.pth")).Value())
	compare(t, describeJSON(t, f.Value()), want)
	var again bytes.Buffer
	if f, err = Decode(deflated(t, "tied")); err != nil {
		t.Fatal(err)
	}
	if err := Write(&again, f.Value()); err != nil {
		t.Fatal(err)
	}
	if f, err = Decode(again.Bytes()); err != nil {
		t.Fatal(err)
	}
	compare(t, describeJSON(t, f.Value()), want)
}

// A byte that is changed in a compressed file is noticed when it is opened or when the numbers are asked for, or changes nothing.
func TestEveryChangedByteOfACompressedFileIsNoticed(t *testing.T) {
	data := deflated(t, "tied")
	f, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	want := describeJSON(t, f.Value())
	late := 0
	for i := range data {
		changed := bytes.Clone(data)
		changed[i] ^= 0x41
		f, err := Decode(changed)
		if err != nil {
			continue
		}
		var damaged error
		for _, v := range f.Value().(*Dict).All() {
			if _, err := v.(*Tensor).Bytes(0); err != nil {
				damaged = err
			}
		}
		switch {
		case damaged == nil:
			compare(t, describeJSON(t, f.Value()), want)
		case !strings.HasPrefix(damaged.Error(), "pth: zip entry "):
			t.Errorf("byte %d: %v", i, damaged)
		default:
			late++
		}
	}
	if late == 0 {
		t.Error("no damage of a storage is noticed when it is inflated")
	}
}
