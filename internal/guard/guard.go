// Package guard is the border between this module and the functions that its callers pass in: a panic in one becomes an
// error there that names it.
package guard

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
)

// PanicError is a panic in a function that the caller passed in.
type PanicError struct {
	Func  string // the function, by its role and Go's name: "GetY (main.label)", or "(*main.Logger).AfterBatch"
	Value any    // what it panicked with
	Stack []byte // the goroutine's stack where it panicked, as runtime/debug.Stack has it
	at    string
}

// Error puts it on one line, unless what it panicked with has several. Stack is not in it.
func (e *PanicError) Error() string {
	if err, ok := e.Value.(error); ok && !isRuntime(err) { // such as *torch.Error, whose panic is its way to fail
		return fmt.Sprintf("%s: %v%s", e.Func, err, e.at)
	}
	return fmt.Sprintf("%s panicked: %v%s", e.Func, e.Value, e.at)
}

// Unwrap returns what the function panicked with if that is an error, such as a *torch.Error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

func isRuntime(err error) bool {
	var r runtime.Error
	return errors.As(err, &r)
}

// Call runs f, which calls a function of the caller's: fn itself, or the method role of fn. A panic becomes a [*PanicError];
// one from a Call or Do within stays as it is. A runtime.Goexit goes on.
func Call(role string, fn any, f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = newError(role, fn, r)
		}
	}()
	return f()
}

// Do is Call for where an error has no way out: it panics with the [*PanicError], for the Call around it.
func Do(role string, fn any, f func()) {
	defer func() {
		if r := recover(); r != nil {
			panic(newError(role, fn, r))
		}
	}()
	f()
}

// Value is Do for a function with a result.
func Value[T any](role string, fn any, f func() T) (v T) {
	Do(role, fn, func() { v = f() })
	return v
}

// Pointer is Value for a function that must not return nil, such as one that makes a tensor.
func Pointer[T any](role string, fn any, f func() *T) *T {
	return Value(role, fn, func() *T {
		p := f()
		if p == nil {
			panic(fmt.Errorf("it returned no %s", strings.ToLower(reflect.TypeFor[T]().Name())))
		}
		return p
	})
}

func newError(role string, fn any, value any) *PanicError {
	if inner, ok := value.(*PanicError); ok {
		return inner
	}
	return &PanicError{Func: Name(role, fn), Value: value, Stack: debug.Stack(), at: where()}
}

// Name names a function by its role, or the method role of a value.
func Name(role string, fn any) string {
	v := reflect.ValueOf(fn)
	switch {
	case !v.IsValid():
		return role
	case v.Kind() == reflect.Func:
		if v.IsNil() {
			return role
		}
		return fmt.Sprintf("%s (%s)", role, runtime.FuncForPC(v.Pointer()).Name())
	case v.Kind() == reflect.Pointer:
		return fmt.Sprintf("(%T).%s", fn, role)
	}
	return fmt.Sprintf("%T.%s", fn, role)
}

// where is the place in a file of the caller's code that panicked; nothing where this module's or the library's own did.
func where() string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs)])
	panicked := false
	for {
		f, more := frames.Next()
		ours := strings.HasPrefix(f.File, sources) && !strings.HasSuffix(f.File, "_test.go") // a closure of ours is called by its caller's name
		switch {
		case strings.HasPrefix(f.Function, "runtime."):
			panicked = panicked || strings.Contains(f.Function, "panic")
		case panicked && ours && strings.HasPrefix(f.Function, module+"/internal/guard."):
			return ""
		case panicked && !ours:
			return fmt.Sprintf(" (at %s:%d)", filepath.Base(f.File), f.Line)
		}
		if !more {
			return ""
		}
	}
}

// module is this module's path, sources where its files are.
var (
	module  = strings.TrimSuffix(reflect.TypeFor[PanicError]().PkgPath(), "/internal/guard")
	sources = func() string {
		_, file, _, _ := runtime.Caller(0)
		return strings.TrimSuffix(file, "internal/guard/guard.go")
	}()
)

// IsNil tells whether v is nil, or holds a nil pointer, function, map, slice or channel.
func IsNil(v any) bool {
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Func, reflect.Map, reflect.Slice, reflect.Chan, reflect.UnsafePointer:
		return r.IsNil()
	}
	return false
}

// Options hands each option to set. A nil one is left out, and an error, named by what takes it.
func Options[O any](of string, opts []O, set func(O)) error { return All(of, "option", opts, set) }

// All is Options for a list of something else, such as transforms.
func All[O any](of, what string, list []O, set func(O)) error {
	var err error
	for i, o := range list {
		if IsNil(o) {
			err = errors.Join(err, fmt.Errorf("%s: %s %d is nil", of, what, i+1))
			continue
		}
		set(o)
	}
	return err
}

// Given refuses what is nil, a receiver or an argument, and names its type.
func Given(of string, args ...any) error {
	for _, a := range args {
		switch {
		case a == nil:
			return fmt.Errorf("%s: an argument is nil", of)
		case IsNil(a):
			return fmt.Errorf("%s: the %s is nil", of, strings.TrimPrefix(reflect.TypeOf(a).String(), "*"))
		}
	}
	return nil
}

// Context refuses a nil context.
func Context(of string, ctx context.Context) error {
	if IsNil(ctx) {
		return fmt.Errorf("%s: the context is nil: pass context.Background()", of)
	}
	return nil
}
