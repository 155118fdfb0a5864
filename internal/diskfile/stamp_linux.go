package diskfile

import (
	"io/fs"
	"os"
	"syscall"
)

func inodeTimes(info fs.FileInfo) (ctime int64, links uint64) {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return s.Ctim.Nano(), uint64(s.Nlink)
	}
	return 0, 0
}

const (
	fSetSig   = 10
	fSetLease = 1024
)

// writersOf asks for a lease, which the kernel grants only while nobody has the file open for writing, and gives it back
// at once. SIGURG, which is ignored, is what it would send to tell of somebody who opens the file meanwhile.
func writersOf(f *os.File) (w writers) {
	raw, err := f.SyscallConn()
	if err != nil {
		return unknownWriters
	}
	raw.Control(func(fd uintptr) {
		fcntl := func(command, value uintptr) syscall.Errno {
			_, _, errno := syscall.Syscall(syscall.SYS_FCNTL, fd, command, value)
			return errno
		}
		if fcntl(fSetSig, uintptr(syscall.SIGURG)) != 0 {
			return
		}
		switch fcntl(fSetLease, syscall.F_RDLCK) {
		case 0:
			fcntl(fSetLease, syscall.F_UNLCK)
			w = noWriter
		case syscall.EAGAIN:
			w = someWriter
		}
	})
	return w
}
