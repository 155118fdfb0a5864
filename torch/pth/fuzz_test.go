package pth

import (
	"bytes"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/torchzip"
)

// addCorpus gives a fuzz target the files that Python wrote, the small ones.
func addCorpus(f *testing.F, add func(data []byte)) {
	files, _ := filepath.Glob(filepath.Join(corpus, "*.pth"))
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 1<<13 {
			add(data)
		}
	}
}

// FuzzDecode reads whole files. What can be read can be walked, and if it can be written, it is read again as what it was.
func FuzzDecode(f *testing.F) {
	addCorpus(f, func(data []byte) { f.Add(data) })
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := Decode(data, WithOpaque(), SkipCRC())
		checkError(t, err)
		for _, data := range [][]byte{data, repaired(data)} {
			file, err := Decode(data)
			checkError(t, err)
			if err == nil {
				checkTree(t, file.Value())
			}
		}
	})
}

// repaired is data with the CRCs that its records should have: else hardly any change would get past them.
func repaired(data []byte) []byte {
	if !torchzip.IsZip(data) {
		return nil
	}
	a, err := torchzip.Open(data)
	if err != nil {
		return nil
	}
	for _, r := range a.Records {
		data = bytes.ReplaceAll(data, le.AppendUint32(nil, r.CRC), le.AppendUint32(nil, crc32.ChecksumIEEE(r.Data)))
	}
	return data
}

// FuzzPickle runs the pickle machine alone. Its storages are all of a kind, whatever their names.
func FuzzPickle(f *testing.F) {
	addCorpus(f, func(data []byte) {
		if !torchzip.IsZip(data) {
			f.Add(data)
		} else if a, err := torchzip.Open(data); err == nil && a.Records["data.pkl"] != nil {
			f.Add(a.Records["data.pkl"].Data)
		}
	})
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, opaque := range []bool{true, false} {
			known := map[string]*Storage{}
			storage := func(id Tuple) (*Storage, error) {
				s, err := declare(id)
				if err != nil {
					return nil, err
				}
				if old := known[s.key]; old != nil {
					return old, old.merge(s)
				}
				s.declared = min(s.declared, 1<<12)
				s.Data, s.limit = make([]byte, s.declared), 1<<12
				known[s.key] = &s
				return &s, nil
			}
			v, _, err := unpickle(data, len(data), storage, opaque)
			checkError(t, err)
			if err == nil && !opaque {
				checkTree(t, v)
			}
		}
	})
}

// checkError checks that an error is one of this package's, with a message for people.
func checkError(t *testing.T, err error) {
	var e *Error
	if err != nil && (!errors.As(err, &e) || e.Msg == "" && e.Err == nil || len(err.Error()) > 4000) {
		t.Fatalf("%T: %.4000v", err, err)
	}
}

// checkTree walks a tree and, if it can be written, compares what is written with what is read from that and written again.
func checkTree(t *testing.T, v any) {
	describeJSON(t, v)
	StateDict(v)
	var first, second bytes.Buffer
	if err := Write(&first, v); err != nil {
		checkError(t, err)
		return
	}
	again, err := Decode(first.Bytes())
	if err != nil {
		t.Fatalf("what was written cannot be read: %v", err)
	}
	if err := Write(&second, again.Value()); err != nil {
		t.Fatalf("what was written and read cannot be written: %v", err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Fatalf("written, read and written again, it is something else: %q and %q", first.Bytes(), second.Bytes())
	}
}
