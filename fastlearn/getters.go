package fastlearn

import (
	"errors"
	"path/filepath"
)

// ParentLabel is the name of the folder that a picture lies in (fastai's parent_label).
func ParentLabel(path string) (string, error) {
	dir := filepath.Base(filepath.Dir(path))
	if dir == "." || dir == string(filepath.Separator) {
		return "", errors.New(path + ": the picture lies in no folder whose name could be its label")
	}
	return dir, nil
}
