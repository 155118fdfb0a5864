package vision

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Warn is told what goes on without being an error, in a line of text: the files that [GetImageFiles] leaves out, and scripts that no font has (package plot). It writes to standard
// error; a program may set another one when it begins, or nil for none.
var Warn = func(text string) { fmt.Fprintln(os.Stderr, text) }

// GetImageFiles lists the pictures in dir and below it, sorted (fastai's get_image_files): the files whose extensions a
// registered [Format] claims, in any case. Hidden files and folders are left out, links are followed. Where folders are named,
// only those of dir are searched. Files of other picture formats are left out too, which [Warn] is told, with the
// package that would read them.
func GetImageFiles(dir string, folders ...string) ([]string, error) {
	w := walk{extensions: Extensions(), left: map[string]int{}}
	err := w.folder(dir, nil, func(name string, isDir bool) bool {
		return len(folders) == 0 || isDir && slices.Contains(folders, name)
	})
	if err != nil {
		return nil, fmt.Errorf("pictures: %w", err)
	}
	where := dir
	if len(folders) > 0 {
		where = fmt.Sprintf("the folders %q of %s", folders, dir)
	}
	if len(w.files) == 0 {
		if left := leftOut(w.left, true); left != "" {
			return nil, fmt.Errorf("pictures: there are none in %s that can be read (%s)", where, left)
		}
		return nil, fmt.Errorf("pictures: there are none in %s", where)
	}
	if left := leftOut(w.left, false); left != "" {
		if Warn != nil {
			Warn(fmt.Sprintf("vision: left out in %s: %s", where, left))
		}
	}
	slices.Sort(w.files)
	return w.files, nil
}

// walk collects files.
type walk struct {
	extensions []string
	files      []string
	left       map[string]int // others, by extension
}

// folder adds the pictures of a folder and of those below it. The folders above it are
// known, so that a link to one of them does not go round in circles.
func (w *walk) folder(dir string, above []os.FileInfo, keep func(name string, isDir bool) bool) error {
	here, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(above, func(f os.FileInfo) bool { return os.SameFile(f, here) }) {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path, isDir := filepath.Join(dir, e.Name()), e.IsDir()
		if e.Type()&fs.ModeSymlink != 0 {
			if to, err := os.Stat(path); err == nil { // a link to nothing is found when it is read
				isDir = to.IsDir()
			}
		}
		switch {
		case strings.HasPrefix(e.Name(), ".") || !keep(e.Name(), isDir):
		case isDir:
			if err := w.folder(path, append(slices.Clip(above), here), func(string, bool) bool { return true }); err != nil {
				return err
			}
		case slices.Contains(w.extensions, extensionOf(path)):
			w.files = append(w.files, path)
		default:
			w.left[extensionOf(path)]++
		}
	}
	return nil
}
