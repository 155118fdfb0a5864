package pth

import (
	"fmt"
	"strings"
)

// Error is every error of this package that concerns a file: which file, where in its
// tree of values, what is wrong and, where there is something to do, what to do.
type Error struct {
	Path  string // the file; empty for bytes in memory
	Where string // the place in the tree, such as ".opt.state[3].grad_avg"; empty for the file as a whole
	Msg   string
	Err   error // the cause, if there is one: an *os.PathError, a *Refused, …
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("pth: ")
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	if e.Where != "" {
		b.WriteString("at " + e.Where + ": ")
	}
	b.WriteString(e.Msg)
	if e.Err != nil {
		if e.Msg != "" {
			b.WriteString(": ")
		}
		b.WriteString(e.Err.Error())
	}
	return b.String()
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Refused is the cause of an Error when a file asks for a Python class or function
// that is not on this package's closed list.
type Refused struct {
	Module, Name string
}

func (r *Refused) Error() string {
	return fmt.Sprintf("the file asks for Python's %s.%s, which is not read here", r.Module, r.Name)
}

func errorf(format string, args ...any) *Error {
	return &Error{Msg: fmt.Sprintf(format, args...)}
}
