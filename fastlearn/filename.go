package fastlearn

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	pthExt         = ".pth"
	safetensorsExt = ".safetensors"
)

// fileName is the one rule for the names of files with weights: the file is in dir unless its name is absolute, and a name that
// doesn't end in .pth or .safetensors, in whatever case, gets ext.
func fileName(dir, name, ext string) (string, error) {
	switch base := filepath.Base(name); {
	case name == "":
		return "", errors.New("the file's name is empty")
	case strings.ContainsRune(name, 0):
		return "", fmt.Errorf("the file's name %q holds a zero byte", name)
	case os.IsPathSeparator(name[len(name)-1]) || base == "." || base == "..":
		return "", fmt.Errorf("%q is a directory's name: want a file's", name)
	case strings.EqualFold(base, pthExt) || strings.EqualFold(base, safetensorsExt):
		return "", fmt.Errorf("%q is an extension alone: want a name before it", name)
	}
	if !hasExt(name, pthExt) && !hasExt(name, safetensorsExt) {
		name += ext
	}
	if filepath.IsAbs(name) {
		return name, nil
	}
	return filepath.Join(dir, name), nil
}

// fileToRead is the file that [fileName] names, or the one of just that name where there is only that.
func fileToRead(dir, name, ext string) (string, error) {
	path, err := fileName(dir, name, ext)
	if err != nil {
		return "", err
	}
	plain := name
	if !filepath.IsAbs(name) {
		plain = filepath.Join(dir, name)
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		if _, err := os.Stat(plain); err == nil {
			return plain, nil
		}
	}
	return path, nil
}

func hasExt(name, ext string) bool { return strings.EqualFold(filepath.Ext(name), ext) }

// modelDir is where models are saved.
func (l *Learner) modelDir() string { return filepath.Join(l.Path, l.ModelDir) }

// modelFile is the file in which a model of this name is saved.
func (l *Learner) modelFile(name string) (string, error) { return fileName(l.modelDir(), name, pthExt) }
