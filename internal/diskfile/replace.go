package diskfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Replace writes a file so that at every moment either the old content or the
// new one is there, whole: write fills a temporary file in the same directory, which then
// takes path's name. With sync, content and name are on the disk when Replace returns.
//
// A file that is replaced keeps its permissions, and one that is write-protected is not replaced; a new one gets
// 0666 less the umask. If path is a symbolic link, the file it points to is replaced, or made. When anything fails,
// the temporary file is removed and path is as it was. When the process is killed, the temporary file ".NAME.tmp"
// may stay beside it; the next Replace of the same path removes it.
func Replace(path string, sync bool, write func(f *os.File) error) (err error) {
	path = target(path)
	mode, err := modeToKeep(path)
	if err != nil {
		return err
	}
	f, err := createTemp(path)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return fmt.Errorf("no file can be made in the directory %s, and a new one begins there: %w", filepath.Dir(path), Cause(err))
	}
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
	if err := Guard(func() error { return write(f.File) }); err != nil {
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

// modeToKeep is the permissions of the file at path, 0 if there is none. It fails if there is what can't be
// replaced, or what its owner protected: a rename would not mind.
func modeToKeep(path string) (fs.FileMode, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, nil
	case err != nil:
		return 0, err
	case regular(info) != nil:
		return 0, regular(info)
	}
	f, err := OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return 0, err
	}
	return info.Mode().Perm(), f.Close()
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
