package vision

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// extensions are those of files that hold pictures Open can decode.
var extensions = []string{".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}

// GetImageFiles lists the pictures in dir and below it, by their extensions, sorted;
// hidden files and folders are left out (fastai's get_image_files).
func GetImageFiles(dir string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if hidden := path != dir && strings.HasPrefix(d.Name(), "."); hidden {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if !d.IsDir() && slices.Contains(extensions, strings.ToLower(filepath.Ext(path))) {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("pictures: %w", err)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("pictures: there are none in %s", dir)
	}
	slices.Sort(files)
	return files, nil
}
