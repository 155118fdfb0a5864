package data

import (
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// Part is a further part of an item.
type Part[T any] struct {
	Block TransformBlock
	Get   func(T) (string, error) // the source that Block makes it of
}

// getter is a part of the block's items.
type getter[T any] struct {
	block TransformBlock
	role  string // who gets its source
	fn    any
	get   func(T) (string, error)
}

// parts are the block's: the picture, further inputs, the label, further targets.
func (b Block[T]) parts() []getter[T] {
	y := b.Y
	if y == nil {
		y = CategoryBlock{}
	}
	further := func(all []getter[T], parts []Part[T], role string) []getter[T] {
		for i, p := range parts {
			all = append(all, getter[T]{p.Block, fmt.Sprintf("the Get of %s[%d]", role, i), p.Get, p.Get})
		}
		return all
	}
	all := further([]getter[T]{{b.X, "GetX", b.GetX, b.path}}, b.Inputs, "Inputs")
	return further(append(all, getter[T]{y, "GetY", b.GetY, b.label}), b.Targets, "Targets")
}

// of are the sources of all items.
func (g getter[T]) of(items []T) ([]string, error) {
	if g.get == nil || guard.IsNil(g.block) {
		return nil, fmt.Errorf("data: %s, or its Block, is nil", g.role)
	}
	return each(items, g.role, g.fn, g.get)
}

func (b Block[T]) path(item T) (string, error) {
	if b.GetX != nil {
		return b.GetX(item)
	}
	if path, ok := any(item).(string); ok {
		return path, nil
	}
	return "", fmt.Errorf("the data block has no GetX, and a %T isn't a path", item)
}

func (b Block[T]) label(item T) (string, error) {
	if b.GetY == nil {
		return "", errors.New("the data block has no GetY: nothing says what the labels are")
	}
	return b.GetY(item)
}

// each asks get, which calls fn, for all items.
func each[T any](items []T, role string, fn any, get func(T) (string, error)) ([]string, error) {
	out := make([]string, len(items))
	for i, item := range items {
		err := guard.Call(role, fn, func() (err error) {
			out[i], err = get(item)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("data: item %d: %w", i, err)
		}
	}
	return out, nil
}
