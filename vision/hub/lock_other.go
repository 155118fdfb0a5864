//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package hub

import "os"

// tryLock: this system has no flock; nothing keeps two processes apart.
func tryLock(*os.File) (bool, error) { return true, nil }
