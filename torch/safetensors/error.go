package safetensors

import (
	"fmt"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
)

// Error is every error of this package: which file, which of its tensors, and what is wrong.
type Error struct {
	Path string // the file; empty for bytes in memory
	Key  string // the tensor, or the key of the metadata; empty for the file as a whole
	Err  error  // the cause, if it is an error of the system
	Msg  string // what is wrong otherwise
}

// Error says what was wrong with the file and where.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("safetensors: ")
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	if e.Key != "" {
		fmt.Fprintf(&b, "%.200q: ", e.Key)
	}
	if e.Err != nil {
		b.WriteString(e.Err.Error())
	} else {
		b.WriteString(e.Msg)
	}
	return b.String()
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

func errorf(format string, args ...any) *Error { return &Error{Msg: fmt.Sprintf(format, args...)} }

// at says that the error is about the tensor of that key.
func (e *Error) at(key string) *Error {
	if e.Key == "" {
		e.Key = key
	}
	return e
}

// inFile makes an error of any kind one of ours that names the file.
func inFile(path string, err error) *Error {
	e, ok := err.(*Error)
	if !ok {
		e = &Error{Err: diskfile.Cause(err)}
	}
	e.Path = path
	return e
}
