package diskfile

import (
	"fmt"
	"io/fs"
	"os"
)

// Open opens a regular file to be read. Anything else is an error: a pipe would keep its reader waiting.
func Open(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if err := regular(info); err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return os.Open(path)
}

func regular(info fs.FileInfo) error {
	if info.Mode().IsRegular() {
		return nil
	}
	return fmt.Errorf("it is not a regular file (%v)", info.Mode().Type())
}
