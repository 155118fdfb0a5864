package terminal

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// patience bounds the wait for an answer, which comes from afar through ssh.
var patience = time.Second

// query asks the terminal. Whatever is not as it should be means no protocol.
func query(tty *os.File) Protocol {
	fd := int(tty.Fd())
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_ACCMODE != unix.O_RDWR {
		return NoProtocol
	}
	if group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP); err == nil && group != unix.Getpgrp() {
		return NoProtocol // in the background: to read would stop this program
	}
	before, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil || readable(fd, 0) {
		return NoProtocol
	}
	silent := *before // no echo and no waiting for a line's end; Ctrl-C still works
	silent.Lflag &^= unix.ICANON | unix.ECHO
	silent.Cc[unix.VMIN], silent.Cc[unix.VTIME] = 0, 0
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, &silent); err != nil {
		return NoProtocol
	}
	defer func() { _ = unix.IoctlSetTermios(fd, unix.TCSETS, before) }()
	if n, err := unix.Write(fd, []byte(question)); err != nil || n != len(question) {
		return NoProtocol
	}
	var answer []byte
	for end := time.Now().Add(patience); readable(fd, time.Until(end)) && len(answer) < 4096; {
		buf := make([]byte, 256)
		n, err := unix.Read(fd, buf)
		if n <= 0 && err != unix.EINTR && err != unix.EAGAIN {
			return NoProtocol // it was closed
		}
		answer = append(answer, buf[:max(n, 0)]...)
		if p, whole := answered(string(answer)); whole {
			return p
		}
	}
	return NoProtocol
}

// readable waits until there is something to read.
func readable(fd int, wait time.Duration) bool {
	for end := time.Now().Add(wait); ; {
		left := max(time.Until(end), 0)
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(left.Milliseconds()))
		if err != unix.EINTR {
			return err == nil && n > 0
		}
		if left == 0 {
			return false
		}
	}
}
