package diskfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A temp is a temporary file that its writer keeps locked, also while it is renamed.
type temp struct {
	*os.File
	release func() // gives the lock back
}

// createTemp makes a new hidden file beside path: ".NAME.tmp", or ".NAME.1.tmp" and so on where others are
// writing NAME too. A file of such a name that nobody has locked was left behind by a process that was
// killed: it is removed, and its name used again. So at most one is ever left behind, unless several were killed at once.
//
// (os.CreateTemp would do, but for its mode of 0600, which a file for colleagues should not end up with, and
// for its names, under which what is left behind would pile up.)
func createTemp(path string) (*temp, error) {
	for i := range 100 {
		name := tempName(path, i)
		for range 3 { // others may take our new file for one that was left behind
			f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
			if errors.Is(err, fs.ErrExist) {
				if !removeAbandoned(name) {
					break
				}
				continue
			}
			if err != nil {
				return nil, err
			}
			release, state := lock(f)
			if state != busy && isAt(f, name) {
				return &temp{f, release}, nil
			}
			release()
			f.Close()
		}
	}
	return nil, &fs.PathError{Op: "create", Path: tempName(path, 0), Err: fs.ErrExist}
}

// tempName is the name of a temporary file; a file system's limit of 255 bytes leaves room for the rest.
func tempName(path string, i int) string {
	dir, base := filepath.Split(path)
	if len(base) > 240 {
		base = strings.ToValidUTF8(base[:240], "")
	}
	if i > 0 {
		base = fmt.Sprintf("%s.%d", base, i)
	}
	return filepath.Join(dir, "."+base+".tmp")
}

// removeAbandoned removes a temporary file if its writer is gone, and tells whether it did.
func removeAbandoned(name string) bool {
	if info, err := os.Lstat(name); err != nil || !info.Mode().IsRegular() {
		return err != nil
	}
	f, err := OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	defer f.Close()
	release, state := lock(f)
	defer release()
	return state == locked && isAt(f, name) && os.Remove(name) == nil
}

// isAt tells whether name still is the file f.
func isAt(f *os.File, name string) bool {
	mine, err1 := f.Stat()
	there, err2 := os.Lstat(name)
	return err1 == nil && err2 == nil && os.SameFile(mine, there)
}

// discard removes the file: before others can lock it, where an open file can be removed.
func (t *temp) discard() {
	err := os.Remove(t.Name())
	t.Close()
	if err != nil {
		os.Remove(t.Name())
	}
}
