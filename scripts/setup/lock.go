package main

import (
	"fmt"
	"os"
	"syscall"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
)

// lock waits until no other setup runs on this cache.
func lock(path string) (unlock func(), err error) {
	f, err := diskfile.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		progress("waiting for another setup to end")
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
			f.Close()
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return func() { f.Close() }, nil // closing lets go of the lock
}

func progress(format string, args ...any) { fmt.Fprintf(os.Stderr, "setup: "+format+"\n", args...) }
