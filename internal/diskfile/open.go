package diskfile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// Open opens a regular file to be read, through any links to it. Anything else is an error at once that names its
// kind: a pipe would keep its reader waiting, and a device may have no end.
func Open(path string) (*os.File, error) { return OpenFile(path, os.O_RDONLY, 0) }

// OpenFile is [os.OpenFile] for regular files alone. The file is opened without waiting, and it is the open file that
// is looked at: what path names may be another one a moment later.
func OpenFile(path string, flag int, perm fs.FileMode) (*os.File, error) {
	f, err := os.OpenFile(path, flag|nonblock, perm)
	if err != nil {
		return nil, named(path, err)
	}
	info, err := f.Stat()
	if err == nil {
		err = regular(info)
	}
	if err == nil {
		err = blocking(f)
	}
	if err != nil {
		f.Close()
		return nil, &fs.PathError{Op: "open", Path: path, Err: Cause(err)}
	}
	return f, nil
}

// named replaces the system's error by the kind of what is there, where it is the kind that can't be opened so: a
// socket, a pipe without a reader, a device without a driver, or a directory that should be written to.
func named(path string, err error) error {
	if !errors.Is(err, syscall.ENXIO) && !errors.Is(err, syscall.EISDIR) {
		return err
	}
	info, statErr := os.Stat(path)
	if statErr != nil || regular(info) == nil {
		return err
	}
	return &fs.PathError{Op: "open", Path: path, Err: regular(info)}
}

// A kind is the error that something is not a regular file.
type kind string

func (k kind) Error() string { return "it is " + string(k) + ", not a file" }

func regular(info fs.FileInfo) error {
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		return kind("a directory")
	case mode&fs.ModeNamedPipe != 0:
		return kind("a named pipe")
	case mode&fs.ModeSocket != 0:
		return kind("a socket")
	case mode&fs.ModeDevice != 0:
		return kind("a device")
	}
	return kind("something else (" + info.Mode().Type().String() + ")")
}

// Cause strips the path off an error that is told with the path anyway.
func Cause(err error) error {
	if e, ok := err.(*fs.PathError); ok {
		return e.Err
	}
	return err
}

// OpenRoot is [os.OpenRoot], which would wait for the other end of a pipe.
func OpenRoot(dir string) (*os.Root, error) { return os.OpenRoot(dir + string(os.PathSeparator)) }
