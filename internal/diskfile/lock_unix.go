//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package diskfile

import (
	"os"
	"syscall"
)

// lock locks a file until release is called or the process ends, however it ends. The lock outlives f.Close.
func lock(f *os.File) (release func(), state lockState) {
	nothing := func() {}
	syscall.ForkLock.RLock()
	fd, err := syscall.Dup(int(f.Fd()))
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nothing, unlocked
	}
	switch err := syscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB); err {
	case nil:
		return func() { syscall.Close(fd) }, locked
	case syscall.EWOULDBLOCK:
		state = busy
	default:
		state = unlocked
	}
	syscall.Close(fd)
	return nothing, state
}
