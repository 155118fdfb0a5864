package nn

import (
	"fmt"
	"math"
	"strconv"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
)

// Spec describes a module without its weights, in words and numbers that JSON can hold:
// the class of torch.nn, and the arguments to make it with, by their names there.
type Spec struct {
	Type     string         `json:"type"`
	Args     map[string]any `json:"args,omitempty"`
	Children []Spec         `json:"children,omitempty"` // of a Sequential
}

// Describe describes m. What this package doesn't know is asked of other, which may be nil
// and says whether it knows it. A [BatchNorm] is called so, since torch.nn has one for
// each number of dimensions.
func Describe(m Module, other func(Module) (Spec, bool)) (Spec, error) {
	if err := Check(m); err != nil {
		return Spec{}, err
	}
	return describe("", m, other)
}

func describe(name string, m Module, other func(Module) (Spec, bool)) (Spec, error) {
	if other != nil {
		var s Spec
		var ok bool
		if err := guard.Call("other", other, func() error { s, ok = other(m); return nil }); err != nil || ok {
			return s, err
		}
	}
	where := "the model"
	if name != "" {
		where = "the model's part " + strconv.Quote(name)
	}
	if s, ok := m.(*Sequential); ok {
		return describeSequential(name, s, other)
	}
	s, known := leaf(m)
	if !known {
		return Spec{}, fmt.Errorf("%s is a %T, which can't be described", where, m)
	}
	var again Module
	var err error
	SkipInit(func() { again, err = FromSpec(s, nil) })
	if err != nil {
		return Spec{}, fmt.Errorf("%s: %w", where, err)
	}
	defer Close(again)
	if got, want := fmt.Sprint(again), fmt.Sprint(m); got != want { // such as a kernel that isn't square
		return Spec{}, fmt.Errorf("%s is %s, which a description can't hold: it would become %s", where, want, got)
	}
	return s, nil
}

func describeSequential(name string, m *Sequential, other func(Module) (Spec, bool)) (Spec, error) {
	s := Spec{Type: "Sequential"}
	for _, c := range m.children {
		child, err := describe(join(name, c.Name), c.Module, other)
		if err != nil {
			return s, err
		}
		s.Children = append(s.Children, child)
	}
	return s, nil
}

// leaf describes a layer without children as far as a description goes.
func leaf(m Module) (Spec, bool) {
	switch m := m.(type) {
	case *Conv2d:
		o := m.options
		return Spec{Type: "Conv2d", Args: map[string]any{
			"in_channels": m.Weight.Size(1) * o.Groups, "out_channels": m.Weight.Size(0), "kernel_size": m.Weight.Size(2),
			"stride": o.Stride[0], "padding": o.Padding[0], "dilation": o.Dilation[0], "groups": o.Groups, "bias": m.Bias != nil}}, true
	case *Linear:
		return Spec{Type: "Linear", Args: map[string]any{"in_features": m.Weight.Size(1), "out_features": m.Weight.Size(0), "bias": m.Bias != nil}}, true
	case *BatchNorm:
		args := map[string]any{"num_features": m.features}
		if o := m.options; o != defaultBatchNorm {
			args["eps"], args["affine"], args["momentum"] = o.eps, !o.noAffine, o.momentum
			if o.cumulative {
				args["momentum"] = nil
			}
			if o.noStats {
				args["track_running_stats"] = false
			}
		}
		return Spec{Type: "BatchNorm", Args: args}, true
	case *ReLU:
		return Spec{Type: "ReLU", Args: map[string]any{"inplace": m.InPlace}}, true
	case *MaxPool2d:
		return Spec{Type: "MaxPool2d", Args: map[string]any{"kernel_size": m.Kernel, "stride": m.Stride, "padding": m.Padding}}, true
	case *AdaptiveAvgPool2d:
		return Spec{Type: "AdaptiveAvgPool2d", Args: map[string]any{"output_size": m.Size}}, true
	case *AdaptiveMaxPool2d:
		return Spec{Type: "AdaptiveMaxPool2d", Args: map[string]any{"output_size": m.Size}}, true
	case *Flatten:
		return Spec{Type: "Flatten"}, true
	case *Dropout:
		return Spec{Type: "Dropout", Args: map[string]any{"p": m.P}}, true
	}
	return Spec{}, false
}

// FromSpec makes the module that [Describe] described, with fresh weights. What this package
// doesn't know is asked of other, which may be nil, and returns a nil module for what it
// doesn't know either.
func FromSpec(s Spec, other func(Spec) (Module, error)) (m Module, err error) {
	if other != nil {
		err := guard.Call("other", other, func() (err error) { m, err = other(s); return err })
		if m != nil || err != nil {
			return m, err
		}
	}
	if s.Type == "Sequential" {
		var children []Module
		for _, c := range s.Children {
			if m, err = FromSpec(c, other); err != nil {
				for _, m := range children {
					Close(m)
				}
				return nil, err
			}
			children = append(children, m)
		}
		return NewSequential(children...), nil
	}
	tryErr := torch.Try(func() { m, err = s.layer() })
	if err == nil {
		err = tryErr
	}
	return m, err
}

// layer makes a module that has no children.
func (s Spec) layer() (m Module, err error) {
	n := func(name string) int64 {
		v, argErr := s.Int(name)
		if err == nil {
			err = argErr
		}
		return v
	}
	size := func(name string) int64 { // of weights, which can't be empty
		v := n(name)
		if err == nil && v < 1 {
			err = fmt.Errorf("%s: %s is %d: want 1 or more", s.Type, name, v)
		}
		return v
	}
	var layer func() Module
	switch s.Type {
	case "Conv2d":
		in, out, kernel, groups := size("in_channels"), size("out_channels"), size("kernel_size"), size("groups")
		opts := []ConvOption{Stride(size("stride")), Padding(n("padding")), Dilation(size("dilation")), Groups(groups)}
		if !s.flag("bias") {
			opts = append(opts, NoBias())
		}
		if err == nil && in%groups != 0 {
			err = fmt.Errorf("%s: %d channels in %d groups", s.Type, in, groups)
		}
		layer = func() Module { return NewConv2d(in, out, kernel, opts...) }
	case "Linear":
		in, out := size("in_features"), size("out_features")
		var opts []LinearOption
		if !s.flag("bias") {
			opts = append(opts, NoBias())
		}
		layer = func() Module { return NewLinear(in, out, opts...) }
	case "BatchNorm":
		features := size("num_features")
		opts, argErr := s.batchNorm()
		if err == nil {
			err = argErr
		}
		layer = func() Module { return NewBatchNorm(features, opts...) }
	case "ReLU":
		layer = func() Module { return &ReLU{InPlace: s.flag("inplace")} }
	case "MaxPool2d":
		p := &MaxPool2d{Kernel: n("kernel_size"), Stride: n("stride"), Padding: n("padding")}
		layer = func() Module { return p }
	case "AdaptiveAvgPool2d":
		p := &AdaptiveAvgPool2d{Size: n("output_size")}
		layer = func() Module { return p }
	case "AdaptiveMaxPool2d":
		p := &AdaptiveMaxPool2d{Size: n("output_size")}
		layer = func() Module { return p }
	case "Flatten":
		layer = func() Module { return &Flatten{} }
	case "Dropout":
		p, _ := s.Args["p"].(float64)
		layer = func() Module { return &Dropout{P: p} }
	default:
		return nil, fmt.Errorf("the module %q is not known here: is the file of a newer version?", s.Type)
	}
	if err != nil {
		return nil, err
	}
	return layer(), nil
}

// Weights is about how many numbers the described layers hold, without what only others
// know: so that nobody makes layers for which a file has no weights.
func (s Spec) Weights() float64 {
	product := func(names ...string) float64 {
		n := 1.0
		for _, name := range names {
			v, _ := s.Int(name)
			n *= float64(v)
		}
		return n
	}
	switch s.Type {
	case "Conv2d":
		return product("in_channels", "out_channels", "kernel_size", "kernel_size") / max(product("groups"), 1)
	case "Linear":
		return product("in_features", "out_features")
	case "BatchNorm":
		return 4 * product("num_features")
	}
	n := 0.0
	for _, c := range s.Children {
		n += c.Weights()
	}
	return n
}

// Int is a whole number among the arguments, from JSON or from [Describe]. No layer's is
// negative or above a million, so that a file can't ask for memory without end.
func (s Spec) Int(name string) (int64, error) {
	switch v := s.Args[name].(type) {
	case int64:
		return v, nil
	case float64:
		if v >= 0 && v <= 1e6 && v == math.Trunc(v) {
			return int64(v), nil
		}
	}
	return 0, fmt.Errorf("%s: %s is %v: want a whole number from 0 to a million", s.Type, name, s.Args[name])
}

// batchNorm returns the options of a batch norm that differ from torch.nn's defaults.
func (s Spec) batchNorm() (opts []BatchNormOption, err error) {
	for name, v := range s.Args {
		number, isNumber := v.(float64)
		on, isBool := v.(bool)
		switch {
		case name == "num_features" || name == "affine" && on:
		case name == "eps" && isNumber:
			opts = append(opts, Eps(number))
		case name == "momentum" && isNumber:
			opts = append(opts, Momentum(number))
		case name == "momentum" && v == nil:
			opts = append(opts, CumulativeAverage())
		case name == "track_running_stats" && isBool:
			opts = append(opts, NoRunningStats())
		case name == "affine" && isBool:
			opts = append(opts, NoAffine())
		default:
			return nil, fmt.Errorf("%s: %s is %v: want numbers for eps and momentum, whose null is an average of all batches, and true or false for affine", s.Type, name, v)
		}
	}
	return opts, nil
}

func (s Spec) flag(name string) bool {
	on, _ := s.Args[name].(bool)
	return on
}
