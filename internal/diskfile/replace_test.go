package diskfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := ReplaceBytes(path, []byte(content)); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, path, content string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != content {
		t.Errorf("%s holds %q, %v; want %q", path, got, err, content)
	}
}

// names are the files in a directory.
func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

func TestReplaceKeepsPermissionsAndFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "w.pth"), filepath.Join(dir, "link")
	put(t, path, "old")
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("w.pth", link); err != nil {
		t.Fatal(err)
	}
	put(t, link, "new")
	expect(t, path, "new")
	if info, _ := os.Lstat(link); info.Mode()&fs.ModeSymlink == 0 {
		t.Error("the link was replaced, not its file")
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o640 {
		t.Errorf("the mode is %v", info.Mode())
	}
	if got := names(t, dir); got != "link w.pth" {
		t.Errorf("the directory holds %s", got)
	}
}

// A link may point to where no file is yet, and to another link.
func TestReplaceMakesTheFileThatALinkPointsTo(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "runs"), 0o777); err != nil {
		t.Fatal(err)
	}
	for link, to := range parity.Sorted(map[string]string{"best.pth": "last.pth", "last.pth": "runs/7.pth", "circle": "circle", "lost": "gone/w.pth"}) {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	put(t, filepath.Join(dir, "best.pth"), "new")
	expect(t, filepath.Join(dir, "runs", "7.pth"), "new")
	if to, _ := os.Readlink(filepath.Join(dir, "best.pth")); to != "last.pth" {
		t.Errorf("best.pth points to %q", to)
	}
	if err := ReplaceBytes(filepath.Join(dir, "circle"), nil); err == nil {
		t.Error("a link to itself was replaced")
	}
	if err := ReplaceBytes(filepath.Join(dir, "lost"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a link into a missing directory: %v", err)
	}
}

func TestFailureLeavesTheOldFileAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "w.pth")
	put(t, path, "old")
	wanted := errors.New("no more")
	err := Replace(path, true, func(f *os.File) error {
		f.WriteString("half of the n")
		return wanted
	})
	if err != wanted {
		t.Errorf("the error is %v", err)
	}
	expect(t, path, "old")
	if got := names(t, dir); got != "w.pth" {
		t.Errorf("the directory holds %s", got)
	}
	if err := ReplaceBytes(dir, nil); err == nil {
		t.Error("a directory was replaced")
	}
	if err := ReplaceBytes(filepath.Join(dir, "no", "w.pth"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing directory: %v", err)
	}
}

// What a killed writer left is removed by the next one; what a living writer is filling is not touched.
func TestAbandonedTemporaryFilesAreRemoved(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "w.pth")
	left := filepath.Join(dir, ".w.pth.tmp")
	if err := os.WriteFile(left, []byte("left behind"), 0o666); err != nil {
		t.Fatal(err)
	}
	err := Replace(path, false, func(outer *os.File) error {
		if outer.Name() != left {
			t.Errorf("the temporary file is %s", outer.Name())
		}
		outer.WriteString("outer")
		put(t, path, "inner")
		expect(t, path, "inner")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, path, "outer")
	if got := names(t, dir); got != "w.pth" {
		t.Errorf("the directory holds %s", got)
	}
	if err := os.Symlink("w.pth", left); err != nil {
		t.Fatal(err)
	}
	put(t, path, "beside a link")
	if got := names(t, dir); got != ".w.pth.tmp w.pth" {
		t.Errorf("a link in the temporary file's place: the directory holds %s", got)
	}
	long := strings.Repeat("x", 255)
	put(t, filepath.Join(dir, long), "long")
	expect(t, filepath.Join(dir, long), "long")
}

func TestManyWritersOfOneFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "w.pth")
	var all sync.WaitGroup
	for i := range 8 {
		content := strings.Repeat(string(rune('a'+i)), 100000)
		all.Go(func() {
			for range 50 {
				if err := ReplaceBytes(path, []byte(content)); err != nil {
					t.Error(err)
					return
				}
				got, err := os.ReadFile(path)
				if err != nil || len(got) != 100000 || strings.Count(string(got), string(got[:1])) != len(got) {
					t.Errorf("the file is not one writer's: %d bytes, %v", len(got), err)
					return
				}
			}
		})
	}
	all.Wait()
	if got := names(t, dir); got != "w.pth" {
		t.Errorf("the directory holds %s", got)
	}
}
