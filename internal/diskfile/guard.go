package diskfile

import (
	"errors"
	"runtime/debug"
)

var errVanished = errors.New("a part of a file that is mapped cannot be read: the disk fails, or another process made the file shorter")

// Guard runs what reads a mapped file. A page that cannot be had, since the disk fails or another process
// made the file shorter, is an error then; without this it would end the program. What read starts on
// other goroutines, or calls in C, is not guarded.
func Guard(read func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		p := recover()
		if _, isFault := p.(interface{ Addr() uintptr }); isFault {
			err = errVanished
		} else if p != nil {
			panic(p)
		}
	}()
	return read()
}
