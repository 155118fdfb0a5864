package torch

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// Operator is an operation of libtorch's dispatcher, found by [Op]. It may be used by many goroutines.
type Operator struct {
	name      string
	overloads []*schema
}

// Kwargs are the last argument of [Operator.Call]: arguments by their names, which keyword-only ones need.
type Kwargs map[string]any

// operators holds what was looked up already, by the name that was asked for.
var operators sync.Map

// Op finds an operation by the name that PyTorch's torch.ops has for it, with its namespace and, where there are several,
// its overload: "aten::gelu", "aten::add.Tensor", "mkldnn::_linear_pointwise". Namespaces are aten, mkldnn, onednn, quantized
// and those of libraries from [LoadLibrary]. Without an overload [Operator.Call] takes the only one that its arguments match.
//
// The daily operations are methods and functions of this package, which are faster and checked by the compiler.
func Op(name string) (*Operator, error) {
	if known, ok := operators.Load(name); ok {
		return known.(*Operator), nil
	}
	base, overload, one := strings.Cut(name, ".")
	if strings.ContainsRune(name, 0) || !strings.Contains(base, "::") {
		return nil, fmt.Errorf("torch.Op(%q): want a namespace and a name, such as aten::gelu", name)
	}
	all, err := shim.OpNames(base)
	if err != nil {
		return nil, fmt.Errorf("torch.Op(%q): %w", name, err)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("torch.Op(%q): libtorch has no such operation; those of a library are there after torch.LoadLibrary", name)
	}
	op := &Operator{name: name}
	for _, each := range all {
		if one && each != base+"."+overload {
			continue
		}
		s, err := findSchema(each)
		if err != nil {
			return nil, err
		}
		op.overloads = append(op.overloads, s)
	}
	if op.overloads == nil {
		return nil, fmt.Errorf("torch.Op(%q): there is no such overload, but %s", name, strings.Join(all, ", "))
	}
	known, _ := operators.LoadOrStore(name, op)
	return known.(*Operator), nil
}

// LoadLibrary opens a shared library, whose operations register themselves (torch.ops.load_library). The library's code
// runs: load only what you trust.
func LoadLibrary(path string) error {
	if path == "" {
		return errors.New("torch.LoadLibrary: there is no path")
	}
	if err := shim.LoadLibrary(path); err != nil {
		return fmt.Errorf("torch.LoadLibrary: %w", err)
	}
	return nil
}

// String returns the schema, or each overload's on a line of its own, as PyTorch writes them.
func (o *Operator) String() string {
	if o == nil {
		return ""
	}
	lines := make([]string, len(o.overloads))
	for i, s := range o.overloads {
		lines[i] = s.text
	}
	return strings.Join(lines, "\n")
}

// Call calls the operation and returns its results, one for each that the schema names.
//
// Arguments are those of the schema in its order; what is left out takes the schema's default. As the types are written there:
//
//	Tensor                  *Tensor
//	Tensor[], Tensor?[]     []*Tensor
//	int, SymInt, Scalar     any of Go's integers; Scalar and float also floats, Scalar also bool and complex128
//	int[], float[], bool[]  []int64 or []int, []float64, []bool; int[2] also one integer, for both
//	str, Dimname            string
//	ScalarType, Device, MemoryFormat, Layout   DType, Device, MemoryFormat, an integer
//	what ends with ?        nil, for None
//	any other type          an [*Object] that an operation returned
//
// A [*Scope] before the first argument is where new tensors live. Otherwise they live in the youngest scope of the tensors
// among the arguments, as with every operation; without a scope they are the caller's to close. A tensor that the operation
// wrote to is returned as the argument that it is. Integers return as int64, floats as float64, lists of tensors as
// []*Tensor, other lists as []any, None as nil.
//
// An argument that doesn't fit is an error with the schema. So is an input that requires gradients, outside of [NoGrad], of
// an operation without a derivative, since its result would be cut off from the graph: mkldnn's and onednn's have none.
func (o *Operator) Call(args ...any) (results []any, err error) {
	if err := guard.Given("torch: Operator.Call", o); err != nil {
		return nil, err
	}
	var scope *Scope
	if len(args) > 0 {
		if s, ok := args[0].(*Scope); ok {
			scope, args = s, args[1:]
		}
	}
	c := calls.Get().(*opCall)
	defer c.done()
	failure := Try(func() {
		var s *schema
		if s, err = o.bind(c, args); err != nil {
			return
		}
		for _, t := range c.operands {
			scope = younger(scope, t.scope)
		}
		scope.check(s.name, c.operands...)
		if !s.derivative && s.returnsTensor() && GradEnabled() {
			for _, t := range c.operands {
				if t.RequiresGrad() {
					fail(s.name, "it has no derivative, and an input requires gradients: call it in NoGrad, or with Detach", c.operands...)
				}
			}
		}
		results = c.run(s, scope)
	})
	return results, cmp.Or(err, failure)
}

// bind encodes args for the only overload that they match.
func (o *Operator) bind(c *opCall, args []any) (*schema, error) {
	var kwargs Kwargs
	if n := len(args); n > 0 {
		if k, ok := args[n-1].(Kwargs); ok {
			kwargs, args = k, args[:n-1]
		}
	}
	if len(o.overloads) == 1 {
		s := o.overloads[0]
		if reason := c.encode(s, args, kwargs); reason != "" {
			return nil, fmt.Errorf("%s: %s: %s", s.name, reason, s.text)
		}
		return s, nil
	}
	var matching []*schema
	for _, s := range o.overloads {
		if c.encode(s, args, kwargs) == "" {
			matching = append(matching, s)
		}
	}
	switch len(matching) {
	case 0:
		return nil, fmt.Errorf("%s: no overload takes (%s):\n%s", o.name, typesOf(args, kwargs), o)
	case 1:
		c.encode(matching[0], args, kwargs)
		return matching[0], nil
	}
	return nil, fmt.Errorf("%s: several overloads take (%s), name one:\n%s", o.name, typesOf(args, kwargs), &Operator{overloads: matching})
}

func typesOf(args []any, kwargs Kwargs) string {
	var all []string
	for _, a := range args {
		all = append(all, typeOf(a))
	}
	for name, a := range kwargs {
		all = append(all, name+"="+typeOf(a))
	}
	return strings.Join(all, ", ")
}

func typeOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "nil"
	case *Tensor:
		return v.describe()
	}
	return fmt.Sprintf("%T", v)
}
