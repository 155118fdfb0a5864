package terminal

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// pixels is how wide a terminal is, eight for each column where it doesn't say.
func pixels(w io.Writer) int {
	if f, ok := w.(*os.File); ok && f != nil {
		if size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ); err == nil && size.Xpixel > 0 {
			return int(size.Xpixel)
		}
	}
	return 8 * Width(w)
}
