// Package terminal shows what a learner leaves to people at a terminal: the rate finder's
// curve as text, and pictures where the terminal can draw them. The learner knows nothing
// of it.
//
//	found, err := learn.LRFind(ctx)
//	err = terminal.LRFind(os.Stdout, found)
//	err = terminal.Show(os.Stdout, fig.Image())
//
// # Where there is no terminal
//
// Text is written to anything, 80 columns wide and without colours where it isn't a terminal,
// so that a log is readable. Colours are left out too where NO_COLOR is set (no-color.org)
// or TERM is "dumb". Pictures are written to terminals alone; see [Show].
package terminal

import (
	"io"
	"os"

	"golang.org/x/term"
)

// IsTerminal tells whether people read w as it comes, on a screen whose cursor can be moved.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && f != nil && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// Width is w's number of columns; 80 where it has none.
func Width(w io.Writer) int {
	if f, ok := w.(*os.File); ok && f != nil {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n
		}
	}
	return 80
}

// HasColors tells whether text on w may be coloured: on a terminal, unless NO_COLOR is set
// to anything but nothing.
func HasColors(w io.Writer) bool { return IsTerminal(w) && os.Getenv("NO_COLOR") == "" }
