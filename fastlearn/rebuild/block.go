package rebuild

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// block is a module of parts, whose forward pass is a row of blocks. Its parts and parameters have the names that they have in Python.
type block struct {
	nn.Base
	parts    map[string]nn.Module     `nn:"-"`
	own      map[string]*torch.Tensor `nn:"-"`
	steps    []step
	features int // how many of the steps are before the head
}

// step makes of a block's input and of what the steps before made of it the next.
type step func(in, x *torch.Tensor) *torch.Tensor

// Forward does the steps.
func (m *block) Forward(x *torch.Tensor) *torch.Tensor { return m.run(x, m.steps) }

func (m *block) run(in *torch.Tensor, steps []step) *torch.Tensor {
	x := in
	for _, s := range steps {
		y := s(in, x)
		if x != in && x != y {
			x.Close()
		}
		x = y
	}
	return x
}

// compiler turns a recipe into steps, and remembers what they use.
type compiler struct {
	*block
	*attrs
	used map[string]bool
}

// block makes a block of an object.
func (b *builder) block(a *attrs, recipe, path string) (nn.Module, error) {
	m := &block{parts: map[string]nn.Module{}, own: map[string]*torch.Tensor{}}
	c := &compiler{m, a, map[string]bool{}}
	for name, want := range demands[classKey(a.o)] {
		a.must(name, want)
	}
	err := b.fill(c, path)
	if err == nil {
		c.compile(recipe)
		err = a.err
	}
	if err != nil {
		nn.Close(m)
		return nil, err
	}
	return m, nil
}

// fill makes the parts and the parameters.
func (b *builder) fill(c *compiler, path string) error {
	var none *torch.Scope
	persistent := func(string) bool { return true }
	if transient, ok := pth.Get[*pth.Set](c.o.Attrs(), "_non_persistent_buffers_set"); ok {
		persistent = func(name string) bool { return !slices.Contains(transient.Items, any(name)) }
	}
	for _, kind := range []string{"_parameters", "_buffers"} {
		for k, v := range c.dict(kind).All() {
			name, _ := k.(string)
			t, ok := v.(*pth.Tensor)
			if !ok || kind == "_buffers" && !persistent(name) {
				continue
			}
			if err := backed(t); err != nil {
				return c.fault("has %s, which %w", name, err)
			}
			err := torch.Try(func() {
				fresh := none.With(torch.DType(t.DType)).Empty(t.Shape...)
				if c.own[name] = fresh; kind == "_buffers" {
					c.RegisterBuffer(name, fresh)
				} else {
					c.RegisterParameter(name, fresh)
				}
			})
			if err != nil {
				return c.fault("can't have %s: %w", name, err)
			}
		}
	}
	for k, v := range c.modules().All() {
		name, _ := k.(string)
		o, ok := v.(*pth.Object)
		if !ok {
			continue // None
		}
		m, err := b.module(o, strings.TrimPrefix(path+"."+name, "."))
		if err != nil {
			return err
		}
		if err := torch.Try(func() { c.Register(name, m) }); err != nil {
			nn.Close(m)
			return c.fault("can't have %s: %w", name, err)
		}
		c.parts[name] = m
	}
	return nil
}

// compile makes the steps.
func (c *compiler) compile(recipe string) {
	from := 0 // where the steps begin that have the same input
	for _, word := range strings.Fields(recipe) {
		switch word {
		case "|":
			c.features = len(c.steps)
			continue
		case "&":
			before := slices.Clone(c.steps[from:])
			c.steps = append(c.steps[:from], func(_, x *torch.Tensor) *torch.Tensor { return c.run(x, before) })
			from = len(c.steps)
			continue
		}
		text, attribute, sign := word, "", true
		if i := strings.IndexAny(word, "@!"); i >= 0 {
			text, attribute, sign = word[:i], word[i+1:], word[i] == '@'
		}
		s := c.step(text)
		if attribute == "" || c.flag(attribute, false) == sign {
			c.steps = append(c.steps, s...)
		}
	}
	if from > 0 {
		rest := slices.Clone(c.steps[from:])
		c.steps = append(c.steps[:from], func(_, x *torch.Tensor) *torch.Tensor { return c.run(x, rest) })
	}
	for _, name := range slices.Sorted(maps.Keys(c.parts)) {
		if !c.used[name] && c.err == nil {
			c.err = c.fault("has a part %s, of which it isn't known here what its forward pass does with it: it is of another version", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.own)) {
		if !c.used[name] && c.err == nil {
			c.err = c.fault("has a parameter %s, of which it isn't known here what its forward pass does with it: it is of another version", name)
		}
	}
}

// step makes the steps of one word; none where it does nothing.
func (c *compiler) step(word string) []step {
	switch {
	case word == "...":
		var all []step
		for _, child := range nn.Children(c.block) {
			all = append(all, c.step(child.Name)...)
		}
		return all
	case word == "*":
		return []step{func(in, x *torch.Tensor) *torch.Tensor { return in.Mul(x) }}
	case strings.HasPrefix(word, "+"):
		shortcut := c.part(word[1:], true)
		return []step{func(in, x *torch.Tensor) *torch.Tensor {
			if shortcut == nil {
				return x.Add(in)
			}
			other := nn.Call(shortcut, in)
			if other != in {
				defer other.Close()
			}
			return x.Add(other)
		}}
	case strings.HasPrefix(word, ":"):
		if s := operations[word[1:]](c); s != nil {
			return []step{s}
		}
		return nil
	}
	name, optional := strings.CutSuffix(word, "?")
	m := c.part(name, optional)
	if m == nil {
		return nil
	}
	return []step{func(_, x *torch.Tensor) *torch.Tensor { return nn.Call(m, x) }}
}

// part is a part by its name; nil, where it may be missing, for None.
func (c *compiler) part(name string, optional bool) nn.Module {
	if name == "" {
		return nil
	}
	c.used[name] = true
	m := c.parts[name]
	if m == nil && !optional && c.err == nil {
		c.err = c.fault("has no part %s: it is of another version than those that are known here", name)
	}
	return m
}

// tensor is a parameter or buffer of the block's own.
func (c *compiler) tensor(name string, optional bool) *torch.Tensor {
	c.used[name] = true
	t := c.own[name]
	if t == nil && !optional && c.err == nil {
		c.err = c.fault("has no parameter %s: it is of another version than those that are known here", name)
	}
	return t
}

// String is the parts' names, for errors.
func (m *block) String() string { return fmt.Sprintf("block of %d parts", len(m.parts)) }
