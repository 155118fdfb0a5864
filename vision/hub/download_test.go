package hub

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

const mb = 1 << 20

// want fails unless file holds content and nothing else lies beside it.
func want(t *testing.T, file string, content []byte) {
	t.Helper()
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, content) {
		t.Errorf("%s is not what was served", file)
	}
	alone(t, filepath.Dir(file), filepath.Base(file))
}

// alone fails unless dir holds just these names.
func alone(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, names) {
		t.Errorf("%s holds %q, want %q", dir, got, names)
	}
}

func TestDownload(t *testing.T) {
	s := serve(t, 3*mb+17)
	name := "net-" + hashOf(s.content)[:8] + ".pth"
	file := filepath.Join(t.TempDir(), "new", "directories", name)
	var written, totals []int64
	report := Progress(func(w, total int64) { written, totals = append(written, w), append(totals, total) })
	if err := Download(t.Context(), s.URL+"/models/"+name, file, report); err != nil {
		t.Fatal(err)
	}
	want(t, file, s.content)
	size := int64(len(s.content))
	if written[0] != 0 || written[len(written)-1] != size || !slices.IsSorted(written) {
		t.Errorf("progress went %v", written)
	}
	if slices.Min(totals) != size || slices.Max(totals) != size {
		t.Errorf("totals were %v, want %d", totals, size)
	}
	if err := Download(t.Context(), s.URL+"/models/"+name, file); err != nil || s.count() != 1 {
		t.Errorf("the second call made requests: %d in all, error %v", s.count(), err)
	}
}

func TestChecks(t *testing.T) {
	s := serve(t, 2*mb)
	whole, head := md5.Sum(s.content), md5.Sum(s.content[:mb])
	good := []Option{
		Size(2 * mb), MD5(hex.EncodeToString(whole[:])), SHA256(strings.ToUpper(hashOf(s.content))),
		FastaiCheck(2*mb, hex.EncodeToString(head[:])),
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := Download(t.Context(), s.URL+"/x", file, good...); err != nil {
		t.Fatal(err)
	}
	for what, bad := range parity.Sorted(map[string]Option{
		"2097152 bytes, not 5": Size(5), "its MD5 begins": MD5("00ff"), "its SHA-256 begins": SHA256("00ff"),
		"first MiB": FastaiCheck(2*mb, "00ff"),
	}) {
		file := filepath.Join(t.TempDir(), "file")
		err := Download(t.Context(), s.URL+"/x", file, bad)
		oneLine(t, err, what, s.URL)
		if !errors.Is(err, ErrChecksum) {
			t.Errorf("%v isn't an ErrChecksum", err)
		}
		alone(t, filepath.Dir(file))
	}
	// A name with a hash is checked, unless that is switched off.
	named := s.URL + "/net-deadbeef.pth"
	oneLine(t, Download(t.Context(), named, filepath.Join(t.TempDir(), "a")), "SHA-256", "not deadbeef", "removed")
	if err := Download(t.Context(), named, filepath.Join(t.TempDir(), "a"), SHA256("")); err != nil {
		t.Error(err)
	}
}

// A file that is there and is not what was published is replaced, but not before
// what was published is there.
func TestReplacesWrongFile(t *testing.T) {
	s := serve(t, mb)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := Download(t.Context(), s.URL+"/x", file, SHA256("00")); !errors.Is(err, ErrChecksum) {
		t.Fatal(err)
	}
	want(t, file, []byte("old"))
	if err := Download(t.Context(), s.URL+"/x", file, SHA256(hashOf(s.content))); err != nil {
		t.Fatal(err)
	}
	want(t, file, s.content)
}

func TestUnknownLength(t *testing.T) {
	content := random(mb, 1)
	chunked := serveChunked(t, content)
	file := filepath.Join(t.TempDir(), "file")
	var last int64
	err := Download(t.Context(), chunked+"/x", file, Progress(func(_, total int64) { last = total }))
	if err != nil {
		t.Fatal(err)
	}
	want(t, file, content)
	if last != mb {
		t.Errorf("the last total was %d", last)
	}
	err = Download(t.Context(), chunked+"/x", filepath.Join(t.TempDir(), "file"), Size(1000))
	oneLine(t, err, "more than its 1000 bytes")
}

// Many at once: one downloads, the others take what it fetched.
func TestConcurrent(t *testing.T) {
	s := serve(t, 4*mb)
	file := filepath.Join(t.TempDir(), "file")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := Download(context.Background(), s.URL+"/x", file); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	want(t, file, s.content)
	if s.count() != 1 {
		t.Errorf("%d requests, want 1", s.count())
	}
}

// Who waits for a process that gets nothing is told so.
func TestWaitsNotForever(t *testing.T) {
	s := serve(t, mb)
	file := filepath.Join(t.TempDir(), "file")
	p, err := openPart(t.Context(), file+".part", s.URL+"/x", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	err = Download(t.Context(), s.URL+"/x", file, Patience(50*time.Millisecond))
	oneLine(t, err, "another process holds", file)
	p.Close()
	if err := Download(t.Context(), s.URL+"/x", file); err != nil {
		t.Fatal(err)
	}
	want(t, file, s.content)
}

func TestBadPlaces(t *testing.T) {
	s := serve(t, mb)
	dir := t.TempDir()
	oneLine(t, Download(t.Context(), s.URL+"/x", dir), dir, "isn't a file")
	blocked := filepath.Join(dir, "a-file")
	if err := os.WriteFile(blocked, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	oneLine(t, Download(t.Context(), s.URL+"/x", filepath.Join(blocked, "file")), blocked)
	if _, err := os.Stat("/dev/full"); err == nil { // a disk that is full
		if err := os.Symlink("/dev/full", filepath.Join(dir, "file.part")); err != nil {
			t.Fatal(err)
		}
		oneLine(t, Download(t.Context(), s.URL+"/x", filepath.Join(dir, "file")), filepath.Join(dir, "file.part"))
	}
	for _, url := range []string{"", "file:///etc/passwd", "http://", "resnet34", "http://a b/"} {
		oneLine(t, Download(t.Context(), url, filepath.Join(dir, "x")), "an http or https URL")
	}
}
