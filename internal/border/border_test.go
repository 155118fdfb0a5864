package border

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

var (
	errorType   = reflect.TypeFor[error]()
	contextType = reflect.TypeFor[context.Context]()
	tensorType  = reflect.TypeFor[*torch.Tensor]()
	scopeType   = reflect.TypeFor[*torch.Scope]()
)

// ended is a context that is over.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// sense gives an argument that makes sense, as far as its type tells.
func sense(t reflect.Type) reflect.Value {
	if v, ok := sensible[t]; ok {
		return v()
	}
	v := reflect.New(t).Elem()
	switch t.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Float32, reflect.Float64:
		v.SetFloat(0.5)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Slice:
		v.Set(reflect.Append(v, sense(t.Elem())))
	case reflect.Func:
		v.Set(reflect.MakeFunc(t, func([]reflect.Value) (out []reflect.Value) {
			for i := range t.NumOut() {
				out = append(out, reflect.Zero(t.Out(i)))
			}
			return out
		}))
	}
	return v
}

// senseless gives the argument lists that make no sense for f, after those that are given, each by what it is. must tells for which of
// them nil is no answer.
func senseless(f reflect.Type, first ...reflect.Value) (lists map[string][]reflect.Value, must map[string]bool) {
	lists, must = map[string][]reflect.Value{}, map[string]bool{}
	add := func(how string, wanted bool, arg func(i int, t reflect.Type) reflect.Value) {
		in := slices.Clone(first)
		for i := len(first); i < f.NumIn(); i++ {
			in = append(in, arg(i, f.In(i)))
		}
		lists[how], must[how] = in, wanted
	}
	variadic := func(i int) bool { return f.IsVariadic() && i == f.NumIn()-1 }
	zero := func(i int, t reflect.Type) reflect.Value {
		if variadic(i) && nilable(t.Elem()) {
			return reflect.MakeSlice(t, 1, 1) // of one nil
		}
		return reflect.Zero(t)
	}
	add("nil and zeros", true, zero)
	if f.NumIn() == len(first) {
		return lists, must
	}
	add("NaN and an ended context", true, func(i int, t reflect.Type) reflect.Value {
		v := reflect.New(t).Elem()
		switch {
		case t == contextType:
			return reflect.ValueOf(ended())
		case t.Kind() == reflect.Float64 || t.Kind() == reflect.Float32:
			v.SetFloat(math.NaN())
			return v
		case t == reflect.TypeFor[[]float64]():
			return reflect.ValueOf([]float64{math.NaN()})
		}
		return zero(i, t)
	})
	for k := len(first); k < f.NumIn(); k++ {
		add(fmt.Sprintf("nothing as argument %d", k+1-len(first)), variadic(k) && nilable(f.In(k).Elem()) || f.In(k) == contextType, func(i int, t reflect.Type) reflect.Value {
			switch {
			case i == k:
				return zero(i, t)
			case variadic(i):
				return reflect.Zero(t)
			}
			return sense(t)
		})
	}
	return lists, must
}

func nilable(t reflect.Type) bool {
	return t.Kind() == reflect.Func || t.Kind() == reflect.Interface || t.Kind() == reflect.Pointer
}

// call calls f and recovers what it panics with.
func call(f reflect.Value, in []reflect.Value) (out []reflect.Value, panicked any) {
	defer func() { panicked = recover() }()
	if f.Type().IsVariadic() {
		return f.CallSlice(in), nil
	}
	return f.Call(in), nil
}

// receivers are the ones that f is tried on: of a function one that there isn't, of a method one that is nil, of the zero value, closed
// and in use.
func receivers(t *testing.T, name string, f reflect.Type) map[string]func() []reflect.Value {
	if isMethod := strings.Count(name[strings.LastIndex(name, "/")+1:], ".") == 2; !isMethod {
		return map[string]func() []reflect.Value{"": func() []reflect.Value { return nil }}
	}
	r, list := f.In(0), map[string]func() []reflect.Value{}
	add := func(how string, v func() reflect.Value) {
		list[how] = func() []reflect.Value { return []reflect.Value{v()} }
	}
	if r.Kind() == reflect.Pointer {
		add("nil", func() reflect.Value { return reflect.Zero(r) })
		add("zero", func() reflect.Value { return reflect.New(r.Elem()) })
	} else {
		add("zero", func() reflect.Value { return reflect.Zero(r) })
	}
	if m, ok := makers[r]; ok {
		add("in use", func() reflect.Value { return reflect.ValueOf(m(t, false)) })
		if _, closes := r.MethodByName("Close"); closes {
			add("closed", func() reflect.Value { return reflect.ValueOf(m(t, true)) })
		}
	}
	return list
}

// away runs the test where it can do no harm: in an empty directory, without a network.
func away(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"HOME", "FASTAI_HOME", "TORCH_HOME", "XDG_CACHE_HOME"} {
		t.Setenv(name, t.TempDir())
	}
	for _, name := range []string{"http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"} {
		t.Setenv(name, "http://127.0.0.1:1")
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	stdout := os.Stdout
	os.Stdout = null
	t.Cleanup(func() { os.Stdout = stdout; null.Close() })
}

// trial is one call: must tells whether nil is no answer to it.
type trial struct {
	name, how, receiver string
	must                bool
}

func (t trial) String() string {
	if t.receiver == "" {
		return t.name + " with " + t.how
	}
	return fmt.Sprintf("%s with %s, on one that is %s", t.name, t.how, t.receiver)
}

// listed finds a trial in a table, by the function or by it and the receiver.
func (t trial) listed(table map[string]string) (key, value string, ok bool) {
	for _, key := range []string{t.name, t.name + " " + t.receiver} {
		if value, ok := table[key]; ok {
			return key, value, true
		}
	}
	return "", "", false
}

// each tries every function of a list with whatever makes no sense.
func each(t *testing.T, list map[string]any, judge func(try trial, out []reflect.Value, panicked any)) {
	away(t)
	for _, name := range slices.Sorted(maps.Keys(list)) {
		f := reflect.ValueOf(list[name])
		on := receivers(t, name, f.Type())
		for _, r := range slices.Sorted(maps.Keys(on)) {
			lists, must := senseless(f.Type(), on[r]()...)
			for _, how := range slices.Sorted(maps.Keys(lists)) {
				in := lists[how]
				copy(in, on[r]()) // what was tried before may have closed it
				out, panicked := call(f, in)
				judge(trial{name, how, r, must[how] && (r != "in use" || f.Type().NumIn() > 1) || r == "nil" || r == "closed"}, out, panicked)
			}
		}
	}
}

// Whatever returns an error returns one for what makes no sense, and never panics; where nil is right the table says why.
func TestErrorsComeBack(t *testing.T) {
	used := map[string]bool{}
	each(t, withError, func(try trial, out []reflect.Value, panicked any) {
		if panicked != nil {
			t.Errorf("%v: a panic: %.300v", try, panicked)
			return
		}
		err, _ := out[len(out)-1].Interface().(error)
		var p *fastlearn.PanicError
		var r runtime.Error
		switch key, _, ok := try.listed(nilIsRight); {
		case errors.As(err, &p) && errors.As(err, &r):
			t.Errorf("%v: it wasn't refused: %v", try, err)
		case err != nil || !try.must:
		case ok:
			used[key] = true
		case strings.HasSuffix(try.name, ".Close"): // which may be called again, and of nothing frees nothing
		default:
			t.Errorf("%v: nil", try)
		}
	})
	unused(t, nilIsRight, used)
}

// What returns no error does nothing for a receiver that is nil, zero or closed, and returns zero values, but for what the tables list;
// operations of torch, and what takes or is a tensor, panic with a *torch.Error and nothing else.
func TestNothingComesOfNothing(t *testing.T) {
	used := map[string]bool{}
	each(t, withoutError, func(try trial, out []reflect.Value, panicked any) {
		if panicked != nil {
			err, _ := panicked.(error)
			var e *torch.Error
			key, want, ok := try.listed(panics)
			switch {
			case ofTensors(reflect.TypeOf(withoutError[try.name])) && errors.As(err, &e):
			case ok && strings.HasPrefix(fmt.Sprint(panicked), want):
				used[key] = true
			default:
				t.Errorf("%v: a panic: %.300v", try, panicked)
			}
			return
		}
		f := reflect.TypeOf(withoutError[try.name])
		if try.receiver == "in use" || ofTensors(f) || f.In(0).Kind() != reflect.Pointer { // a value such as an enumeration's has no nothing
			return
		}
		for _, v := range out {
			if p := ranges(v); p != nil {
				t.Errorf("%v: ranging over it panics: %.300v", try, p)
			}
			if v.Type() == f.In(0) && strings.HasPrefix(try.name, "fastlearn.Learner.To") { // they return the learner
				continue
			}
			if v.Kind() == reflect.Func || v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0 {
				continue
			}
			if strings.HasPrefix(try.name, "torch/nn.") && strings.HasSuffix(try.name, ".String") && try.receiver != "nil" {
				continue // layers print their options, zeros too
			}
			key, want, ok := try.listed(values)
			if got := fmt.Sprintf("%+v", v); !ok || !strings.HasPrefix(got, want) {
				t.Errorf("%v: %.100q, want %q", try, got, want)
			}
			used[key] = true
		}
	})
	unused(t, values, used)
	unused(t, panics, used)
}

// unused refuses what a table lists and never happens.
func unused(t *testing.T, table map[string]string, used map[string]bool) {
	for key := range table {
		if !used[key] {
			t.Errorf("a table has %s, which doesn't happen", key)
		}
	}
}

// ofTensors tells whether a method is an operation of torch or a part of one.
func ofTensors(f reflect.Type) bool {
	for i := range f.NumIn() {
		t := f.In(i)
		if t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		switch t {
		case tensorType, scopeType, reflect.TypeFor[torch.Factory](), reflect.TypeFor[torch.Reductions](),
			reflect.TypeFor[*nn.Base](), reflect.TypeFor[*optim.Param](), reflect.TypeFor[*optim.Optimizer]():
			return true
		}
	}
	return false
}

// ranges ranges over a sequence and returns what that panics with.
func ranges(v reflect.Value) (panicked any) {
	defer func() { panicked = recover() }()
	switch {
	case v.Kind() != reflect.Func || v.IsNil():
	case v.Type().CanSeq2():
		for range v.Seq2() {
		}
	case v.Type().CanSeq():
		for range v.Seq() {
		}
	case v.Type().NumIn() == 0:
		v.Call(nil)
	}
	return nil
}
