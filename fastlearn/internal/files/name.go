// Package files names the files that fastlearn writes, and tells by its content what a file is.
package files

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The extensions of files with weights.
const (
	PTH         = ".pth"
	Safetensors = ".safetensors"
	ONNX        = ".onnx"
)

// Name is the one rule for the names of files with weights: the file is in dir unless its name is absolute, and a name that
// doesn't end in ext, .pth or .safetensors, in whatever case, gets ext.
func Name(dir, name, ext string) (string, error) {
	switch base := filepath.Base(name); {
	case name == "":
		return "", errors.New("the file's name is empty")
	case strings.ContainsRune(name, 0):
		return "", fmt.Errorf("the file's name %q holds a zero byte", name)
	case os.IsPathSeparator(name[len(name)-1]) || base == "." || base == "..":
		return "", fmt.Errorf("%q is a directory's name: want a file's", name)
	case strings.EqualFold(base, PTH) || strings.EqualFold(base, Safetensors) || strings.EqualFold(base, ext):
		return "", fmt.Errorf("%q is an extension alone: want a name before it", name)
	}
	if !HasExt(name, ext) && !HasExt(name, PTH) && !HasExt(name, Safetensors) {
		name += ext
	}
	if filepath.IsAbs(name) {
		return name, nil
	}
	return filepath.Join(dir, name), nil
}

// ToRead returns the file that [Name] names, or the one of just that name where there is only that.
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

// HasExt tells whether a name has an extension, in whatever case.
func HasExt(name, ext string) bool { return strings.EqualFold(filepath.Ext(name), ext) }
