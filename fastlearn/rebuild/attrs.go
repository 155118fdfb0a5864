package rebuild

import (
	"fmt"
	"slices"

	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// attrs reads a Python object's attributes. The first that isn't as wanted is kept as err.
type attrs struct {
	o     *pth.Object
	where string // for errors
	err   error
}

func (a *attrs) fault(format string, args ...any) error {
	return fmt.Errorf("%s %w", a.where, fmt.Errorf(format, args...))
}

func (a *attrs) fail(err error) {
	if a.err == nil && err != nil {
		a.err = fmt.Errorf("%s: %w", a.where, err)
	}
}

// odd keeps an error about an attribute.
func (a *attrs) odd(name string, v any, want string) {
	if a.err == nil {
		a.err = a.fault("has %s = %v: want %s", name, printed(v), want)
	}
}

// printed is a value in an error.
func printed(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool, int64, float64:
		return fmt.Sprint(v)
	case string:
		return fmt.Sprintf("%.40q", v)
	case pth.Tuple:
		return fmt.Sprintf("a tuple of %d", len(v))
	case *pth.Object:
		return v.String()
	}
	return fmt.Sprintf("%T", v)
}

// get is an attribute, without what wraps it; missing is what it is where there is none.
func (a *attrs) get(name string, missing any) any {
	v, ok := a.o.Attr(name)
	if !ok {
		return missing
	}
	return plain(v)
}

// plain is the tuple in a fastuple or the value of an enum's member, else v.
func plain(v any) any {
	if o, ok := v.(*pth.Object); ok && o.Call && len(o.Args) == 1 && o.State == nil {
		switch arg := o.Args[0].(type) {
		case pth.Tuple, int64, string:
			return arg
		case *pth.List:
			return pth.Tuple(arg.Items)
		}
	}
	return v
}

func (a *attrs) flag(name string, missing bool) bool {
	on, ok := a.get(name, missing).(bool)
	if !ok {
		a.odd(name, a.get(name, nil), "True or False")
	}
	return on
}

func (a *attrs) float(name string, missing float64) float64 {
	f, ok := pth.Float(a.get(name, missing))
	if !ok {
		a.odd(name, a.get(name, nil), "a number")
	}
	return f
}

func (a *attrs) text(name, missing string) string {
	s, ok := a.get(name, missing).(string)
	if !ok {
		a.odd(name, a.get(name, nil), "a text")
	}
	return s
}

// ints are n whole numbers: one for all, or a tuple.
func (a *attrs) ints(name string, n int, missing int64) []int64 {
	v := a.get(name, missing)
	if one, ok := pth.Int(v); ok {
		return slices.Repeat([]int64{one}, n)
	}
	tuple, _ := v.(pth.Tuple)
	if list, ok := v.(*pth.List); ok {
		tuple = list.Items
	}
	var all []int64
	for _, item := range tuple {
		if i, ok := pth.Int(item); ok {
			all = append(all, i)
		}
	}
	if len(all) != n || len(tuple) != n {
		a.odd(name, v, fmt.Sprintf("a whole number or %d of them", n))
		return make([]int64, n)
	}
	return all
}

// same is one whole number: a number or a tuple of equal ones.
func (a *attrs) same(name string, n int, missing int64) int64 {
	all := a.ints(name, n, missing)
	if slices.Max(all) != slices.Min(all) {
		a.odd(name, all, "the same number in all dimensions")
	}
	return all[0]
}

// must refuses a setting that a module of package nn doesn't have.
func (a *attrs) must(name string, want any) {
	if v := a.get(name, want); v != want {
		a.odd(name, v, printed(want))
	}
}

func (a *attrs) dict(name string) *pth.Dict {
	d, _ := pth.Get[*pth.Dict](a.o.Attrs(), name)
	return d
}

func (a *attrs) modules() *pth.Dict { return a.dict("_modules") }

// weight is a parameter; nil where it is None.
func (a *attrs) weight(name string) *pth.Tensor {
	t, _ := pth.Get[*pth.Tensor](a.dict("_parameters"), name)
	return t
}

// shape is that of a parameter that has to be there, of so many dimensions.
func (a *attrs) shape(name string, dims int) []int64 {
	t := a.weight(name)
	if t == nil || len(t.Shape) != dims || slices.Contains(t.Shape, 0) {
		if a.err == nil {
			a.err = a.fault("has no parameter %s of %d dimensions", name, dims)
		}
		return slices.Repeat([]int64{1}, dims)
	}
	if fault := backed(t); fault != nil {
		a.fail(fmt.Errorf("%s %w", name, fault))
		return slices.Repeat([]int64{1}, dims)
	}
	return t.Shape
}

// backed refuses a tensor that is larger than its memory in the file, for which a module would take memory without end.
func backed(t *pth.Tensor) error {
	if t.Len()*int64(t.DType.Size()) > int64(len(t.Storage.Data)) && len(t.Storage.Data) > 0 {
		return fmt.Errorf("is larger than its memory in the file")
	}
	return t.Check()
}

// checkPlain refuses what changes a module's forward pass from without: hooks, and methods put into the object.
func (a *attrs) checkPlain() {
	for _, hooks := range []string{"_forward_hooks", "_forward_pre_hooks"} {
		for _, hook := range a.dict(hooks).All() {
			a.err = a.fault("has a hook, %s, that changes what it computes: remove it in Python before the export, such as by remove_weight_norm", printed(hook))
			return
		}
	}
	if v, ok := a.o.Attr("forward"); ok {
		a.err = a.fault("has a forward of its own, %s: this package knows only the class's", printed(v))
	}
}
