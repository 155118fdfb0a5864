package pth

import (
	"errors"
	"fmt"
	"strings"
)

// Error is every error of this package that concerns a file: which file, where in its
// tree of values, what is wrong and, where there is something to do, what to do.
type Error struct {
	Path  string // the file; empty for bytes in memory
	Where string // the place in the tree, such as ".opt.state[3].grad_avg"; empty for the file as a whole
	Err   error  // the cause, if it has a type of its own: an error of the system, a *Refused
	Msg   string // what is wrong, or with Err what to do

	odd bool // a value is of a kind that isn't read, and nothing is damaged: WithOpaque keeps it
}

// Error says what was wrong with the file and where.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("pth: ")
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	if e.Where != "" {
		b.WriteString("at " + e.Where + ": ")
	}
	switch {
	case e.Err == nil:
		b.WriteString(e.Msg)
	case e.Msg == "":
		b.WriteString(e.Err.Error())
	default:
		b.WriteString(e.Err.Error() + ": " + e.Msg)
	}
	return b.String()
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Refused is the cause of an Error when a file asks for a Python class or function
// that is not on this package's closed list.
type Refused struct {
	Module, Name string
	Others       []string // further ones in the file
}

// Error says what was wrong with the file and where.
func (r *Refused) Error() string {
	names := []string{fmt.Sprintf("%.200s.%.200s", r.Module, r.Name)}
	for _, name := range r.Others[:min(len(r.Others), 4)] {
		names = append(names, fmt.Sprintf("%.200s", name))
	}
	class := "class"
	if len(names) > 1 {
		class = "classes"
	}
	s := "unsupported " + class + " " + strings.Join(names, ", ")
	if n := len(r.Others) - 4; n > 0 {
		s += fmt.Sprintf(" and %d more", n)
	}
	return s
}

func errorf(format string, args ...any) *Error {
	return &Error{Msg: fmt.Sprintf(format, args...)}
}

// oddf returns the error of a value that Python can have written and that isn't read. With [WithOpaque] it becomes an [Object].
func oddf(format string, args ...any) *Error {
	return &Error{Msg: fmt.Sprintf(format, args...), odd: true}
}

func isOdd(err error) bool {
	e, ok := err.(*Error)
	return ok && e.odd
}

// asError is err as an *Error.
func asError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Err: err}
}
