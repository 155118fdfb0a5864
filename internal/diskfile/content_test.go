//go:build linux

package diskfile

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// Whatever is done to a file between a look at it and its copy: an error, or the content that was there first.
func TestCopyIsOfOneContent(t *testing.T) {
	defer func(n int64) { unseen = n }(unseen)
	unseen = 0
	old, other := bytes.Repeat([]byte("o"), 3<<20), bytes.Repeat([]byte("n"), 3<<20)
	for _, c := range []struct {
		name string
		do   func(path string) error
		want error
	}{
		{"nothing", func(string) error { return nil }, nil},
		{"written in place", func(p string) error { return inPlace(p, other, 0) }, errChanged},
		{"one byte at its end written", func(p string) error { return inPlace(p, other[:1], 3<<20-1) }, errChanged},
		{"made shorter", func(p string) error { return os.Truncate(p, 100) }, errChanged},
		{"emptied", func(p string) error { return os.Truncate(p, 0) }, errChanged},
		{"made longer", func(p string) error { return inPlace(p, other, 3<<20) }, errChanged},
		{"written, its mtime set back", func(p string) error {
			info, err := os.Stat(p)
			return errors.Join(err, inPlace(p, other, 0), os.Chtimes(p, info.ModTime(), info.ModTime()))
		}, errChanged},
		{"replaced by a rename", func(p string) error { return ReplaceBytes(p, other) }, nil},
		{"removed", os.Remove, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x")
			put(t, path, string(old))
			content, err := Copy(path, func([]byte) error { return c.do(path) })
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				t.Fatalf("%v, want %v", err, c.want)
			}
			if err != nil {
				return
			}
			if !bytes.Equal(content.Data, old) {
				t.Error("the copy isn't what was there first")
			}
			if err := content.Close(); err != nil || content.Data != nil {
				t.Errorf("closing: %v", err)
			}
		})
	}
}

// What look refuses is its error, and no memory is taken.
func TestCopyLooksFirst(t *testing.T) {
	path := filepath.Join(t.TempDir(), "huge")
	put(t, path, "begins well")
	if err := os.Truncate(path, 1<<44); err != nil { // 16 TB of nothing
		t.Skip(err)
	}
	refused := errors.New("refused")
	if _, err := Copy(path, func(data []byte) error { return refused }); err == nil {
		t.Error("16 TB were copied")
	} else if !errors.Is(err, refused) {
		t.Log(err) // mapping it took too much address space already
	}
	if _, err := ReadFile(path); err == nil {
		t.Error("16 TB were read")
	}
}

// A file of one letter that is written over in place with another one, again and again, as torch.save and rsync --inplace
// write: what is read without an error is of one letter.
func TestNoMixtureWhileAFileIsWrittenInPlace(t *testing.T) {
	const size = 9 << 20
	path := filepath.Join(t.TempDir(), "x")
	letters := [2][]byte{bytes.Repeat([]byte("a"), size), bytes.Repeat([]byte("b"), size)}
	put(t, path, string(letters[0]))
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		pause := rand.New(rand.NewPCG(1, 2))
		for i := 1; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(time.Duration(pause.IntN(60)) * time.Millisecond):
			}
			if i%7 == 0 {
				os.Truncate(path, 0)
			}
			if err := inPlace(path, letters[i%2], 0); err != nil {
				t.Error(err)
				return
			}
		}
	})
	reads := []func() ([]byte, error){
		func() ([]byte, error) { return ReadFile(path) },
		func() ([]byte, error) {
			c, err := Copy(path, nil)
			if err != nil {
				return nil, err
			}
			defer c.Close()
			return bytes.Clone(c.Data), nil
		},
	}
	for i := range 30 {
		for _, read := range reads {
			data, err := read()
			if err != nil {
				if !errors.Is(err, errChanged) && !errors.Is(err, errWriting) {
					t.Errorf("read %d: %v", i, err)
				}
				continue
			}
			if len(data) > 0 && bytes.Count(data, data[:1]) != len(data) {
				t.Errorf("read %d: a mixture, without an error", i)
			}
		}
	}
	close(stop)
	writer.Wait()
}

func TestStamps(t *testing.T) {
	at := time.Unix(1000, 0)
	s := stamp{size: 100 << 20, mtime: at, ctime: 5, links: 1}
	for _, c := range []struct {
		name string
		now  stamp
		same bool
	}{
		{"untouched", s, true},
		{"size", stamp{1, at, 5, 1}, false},
		{"mtime", stamp{s.size, at.Add(1), 6, 1}, false},
		{"ctime", stamp{s.size, at, 6, 1}, false},
		{"a rename over it", stamp{s.size, at, 6, 0}, true},
	} {
		if s.same(c.now) != c.same {
			t.Errorf("%s: same is %v", c.name, !c.same)
		}
	}
	for _, c := range []struct {
		after time.Duration
		by    writers
		wait  bool
	}{
		{0, noWriter, true}, {tick, noWriter, false}, {tick, someWriter, true}, {stall, someWriter, false},
		{tick, unknownWriters, true}, {time.Second, unknownWriters, false}, {-time.Hour, someWriter, false},
	} {
		if got := s.unsettled(at.Add(c.after), c.by) > 0; got != c.wait {
			t.Errorf("%v after it was written, writers %d: waits is %v", c.after, c.by, got)
		}
	}
}

// A file that somebody has open for writing, and wrote to just now, isn't read.
func TestWritersAreSeen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	switch writersOf(r) {
	case unknownWriters:
		t.Skip("this file system has no leases")
	case noWriter:
		t.Error("a writer isn't seen")
	}
	f.Close()
	if writersOf(r) != noWriter {
		t.Error("a writer is seen that isn't there any more")
	}
}

func TestMapTellsOfChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	put(t, path, "old")
	c, err := Map(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Unchanged(); err != nil {
		t.Error(err)
	}
	if err := inPlace(path, []byte("new"), 0); err != nil {
		t.Fatal(err)
	}
	if err := c.Unchanged(); !errors.Is(err, errChanged) {
		t.Errorf("after a write: %v", err)
	}
}

func inPlace(path string, content []byte, at int64) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(content, at)
	return errors.Join(err, f.Close())
}
