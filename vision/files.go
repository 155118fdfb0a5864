package vision

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// extensions are those of files that hold pictures Open can decode.
var extensions = []string{".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}

// GetImageFiles lists the pictures in dir and below it, by their extensions (bmp, gif, jfif,
// jpe, jpeg, jpg, png, tif, tiff, webp), sorted;
// hidden files and folders are left out, links are followed. Where folders are named,
// only those of dir are searched (fastai's get_image_files).
func GetImageFiles(dir string, folders ...string) ([]string, error) {
	var w walk
	err := w.folder(dir, nil, func(name string, isDir bool) bool {
		return len(folders) == 0 || isDir && slices.Contains(folders, name)
	})
	if err != nil {
		return nil, fmt.Errorf("pictures: %w", err)
	}
	if len(w.files) == 0 {
		where := dir
		if len(folders) > 0 {
			where = fmt.Sprintf("the folders %q of %s", folders, dir)
		}
		return nil, fmt.Errorf("pictures: there are none in %s", where)
	}
	slices.Sort(w.files)
	return w.files, nil
}

type walk struct{ files []string }

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
		case slices.Contains(extensions, strings.ToLower(filepath.Ext(path))):
			w.files = append(w.files, path)
		}
	}
	return nil
}
