package nn

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch"
)

// The String of each layer is what PyTorch prints of its own.

// repr is a module's type with what PyTorch's extra_repr says; the arguments are written as Python writes them.
func repr(m Module, format string, args ...any) string {
	for i, a := range args {
		args[i] = py(a)
	}
	return typeName(m) + "(" + fmt.Sprintf(format, args...) + ")"
}

// printed is what f returns, "" of a module that isn't there, and the type alone of one without its weights, such as a closed one.
func printed[M any](m *M, f func() string) (s string) {
	if m == nil {
		return ""
	}
	if err := torch.Try(func() { s = f() }); err != nil {
		return reflect.TypeFor[M]().Name() + "()"
	}
	return s
}

func typeName(m Module) string {
	t := reflect.TypeOf(m)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}

// reprTree is a module's type with its children, one on a line.
func reprTree(m Module) string {
	children := Children(m)
	if len(children) == 0 {
		return typeName(m) + "()"
	}
	s := typeName(m) + "(\n"
	for _, c := range children {
		text := ""
		if own, ok := c.Module.(fmt.Stringer); ok {
			text = own.String()
		} else {
			text = reprTree(c.Module)
		}
		s += "  (" + c.Name + "): " + strings.ReplaceAll(text, "\n", "\n  ") + "\n"
	}
	return s + ")"
}

// py writes a number, a truth, or a list as a tuple.
func py(v any) string {
	switch v := v.(type) {
	case bool:
		if v {
			return "True"
		}
		return "False"
	case float64:
		if math.IsInf(v, 0) {
			return strconv.FormatFloat(v, 'g', -1, 64)
		}
		if a := math.Abs(v); v != 0 && (a < 1e-4 || a >= 1e16) {
			return strconv.FormatFloat(v, 'e', -1, 64)
		}
		s := strconv.FormatFloat(v, 'f', -1, 64)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		return s
	case []int64:
		if len(v) == 1 {
			return "(" + strconv.FormatInt(v[0], 10) + ",)"
		}
		return "(" + strings.Join(strings.Fields(strings.Trim(fmt.Sprint(v), "[]")), ", ") + ")"
	}
	return fmt.Sprint(v)
}

// call is torch.Call of an operation with one result.
func call(name string, args ...any) *torch.Tensor {
	return torch.Call(name, args...)[0].(*torch.Tensor)
}
