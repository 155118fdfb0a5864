package data

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
)

// ParentLabel is the name of the folder that a picture lies in (fastai's parent_label).
func ParentLabel(path string) (string, error) {
	dir := filepath.Base(filepath.Dir(path))
	if dir == "." || dir == string(filepath.Separator) {
		return "", errors.New(path + ": the picture lies in no folder whose name could be its label")
	}
	return dir, nil
}

// RegexLabeller is the first group of a regular expression where it first matches a
// path, whose separators are made slashes (fastai's RegexLabeller). The syntax is Go's:
// without look-around and references back.
func RegexLabeller(re *regexp.Regexp) func(path string) (string, error) {
	return func(path string) (string, error) {
		if re.NumSubexp() < 1 {
			return "", fmt.Errorf("the regular expression %q has no group (…) for the label", re)
		}
		m := re.FindStringSubmatch(filepath.ToSlash(path))
		if m == nil {
			return "", fmt.Errorf("the regular expression %q does not match %q", re, path)
		}
		return m[1], nil
	}
}
