package files

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	PTH         = ".pth"
	Safetensors = ".safetensors"
)

// fileName is the one rule for the names of files with weights: the file is in dir unless its name is absolute, and a name that
// doesn't end in .pth or .safetensors, in whatever case, gets ext.
func Name(dir, name, ext string) (string, error) {
	switch base := filepath.Base(name); {
	case name == "":
		return "", errors.New("the file's name is empty")
	case strings.ContainsRune(name, 0):
		return "", fmt.Errorf("the file's name %q holds a zero byte", name)
	case os.IsPathSeparator(name[len(name)-1]) || base == "." || base == "..":
		return "", fmt.Errorf("%q is a directory's name: want a file's", name)
	case strings.EqualFold(base, PTH) || strings.EqualFold(base, Safetensors):
		return "", fmt.Errorf("%q is an extension alone: want a name before it", name)
	}
	if !HasExt(name, PTH) && !HasExt(name, Safetensors) {
		name += ext
	}
	if filepath.IsAbs(name) {
		return name, nil
	}
	return filepath.Join(dir, name), nil
}

// fileToRead is the file that [fileName] names, or the one of just that name where there is only that.
func ToRead(dir, name, ext string) (string, error) {
	path, err := Name(dir, name, ext)
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

func HasExt(name, ext string) bool { return strings.EqualFold(filepath.Ext(name), ext) }
