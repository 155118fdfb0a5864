package diskfile

import (
	"io/fs"
	"os"
	"path/filepath"
)

// Replace writes a file so that at every moment either the old content or the
// new one is there, whole: write fills a temporary file in the same directory, which then
// takes path's name. With sync, content and name are on the disk when Replace returns.
//
// A file that is replaced keeps its permissions; a new one gets 0666 less the umask.
// If path is a symbolic link, the file it points to is replaced. When anything fails,
// the temporary file is removed and path is as it was. When the process is killed, the temporary file ".NAME.tmp"
// may stay beside it; the next Replace of the same path removes it.
func Replace(path string, sync bool, write func(f *os.File) error) (err error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	mode := fs.FileMode(0)
	if info, err := os.Stat(path); err == nil {
		if !info.Mode().IsRegular() {
			return &fs.PathError{Op: "replace", Path: path, Err: fs.ErrInvalid}
		}
		mode = info.Mode().Perm()
	}
	f, err := createTemp(path)
	if err != nil {
		return err
	}
	defer f.release()
	defer func() {
		if err != nil {
			f.discard()
		}
	}()
	if mode != 0 {
		if err := f.Chmod(mode); err != nil {
			return err
		}
	}
	if err := write(f.File); err != nil {
		return err
	}
	if sync {
		if err := f.Sync(); err != nil {
			return err
		}
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	if sync {
		return syncDir(filepath.Dir(path))
	}
	return nil
}

// ReplaceBytes is [Replace] for content that is in memory, without waiting for the disk.
func ReplaceBytes(path string, content []byte) error {
	return Replace(path, false, func(f *os.File) error {
		_, err := f.Write(content)
		return err
	})
}

// syncDir makes a rename in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
