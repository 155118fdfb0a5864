package pth

import "runtime/debug"

// guarded runs what reads a mapped file. A page that cannot be had, since the disk fails or another process
// made the file shorter, is an error then; without this it would end the program.
func guarded(read func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		p := recover()
		if _, isFault := p.(interface{ Addr() uintptr }); isFault {
			err = errorf("a part of the file cannot be read: the disk fails, or the file was made shorter by another process")
		} else if p != nil {
			panic(p)
		}
	}()
	return read()
}
