package diskfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// CheckWritable makes the directory of a file that is to be written later and tries it; an error names by whom.
func CheckWritable(by, path string) error { return CannotWrite(by, path, checkWritable(path)) }

func checkWritable(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a directory", path)
	}
	f, err := os.CreateTemp(dir, ".writable-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// CannotWrite names who couldn't write a file, and the file, in an error.
func CannotWrite(by, path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s can't write %s: %w", by, path, err)
}
