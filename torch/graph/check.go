package graph

import (
	"errors"
	"fmt"
	"math"
)

// Check returns an error where there are no outputs, or a value is used before it is made, is made twice, or doesn't exist, or a range isn't one.
func (g *Graph) Check() error {
	if g == nil {
		return errors.New("graph: it is nil")
	}
	if len(g.Outputs) == 0 {
		return errors.New("graph: it has no outputs")
	}
	for i, v := range g.Values {
		if r := v.Range; r != nil && !(-math.MaxFloat32 <= r.Low && r.Low <= r.High && r.High <= math.MaxFloat32) {
			return fmt.Errorf("graph: the value %d lies between %g and %g: want two numbers of float32, the least first", i, r.Low, r.High)
		}
	}
	made := make([]bool, len(g.Values))
	exists := func(r Ref) bool { return r >= 0 && int(r) < len(made) }
	make := func(where string, r Ref) error {
		if !exists(r) || made[r] {
			return fmt.Errorf("graph: %s: the value %d doesn't exist, or is made twice", where, r)
		}
		made[r] = true
		return nil
	}
	for _, r := range g.Inputs {
		if err := make("the inputs", r); err != nil {
			return err
		}
	}
	for key, r := range g.Weights {
		if err := make("the weight "+key, r); err != nil {
			return err
		}
	}
	uses := func(where string, r Ref) error {
		if !exists(r) || !made[r] {
			return fmt.Errorf("graph: %s: the value %d is used before it is made", where, r)
		}
		return nil
	}
	for i, n := range g.Nodes {
		where := fmt.Sprintf("operation %d, %s", i, n.Op)
		for name, a := range n.Args {
			for _, r := range Refs(a) {
				if err := uses(where+", argument "+name, r); err != nil {
					return err
				}
			}
		}
		for _, r := range n.Results {
			if r != None {
				if err := make(where, r); err != nil {
					return err
				}
			}
		}
	}
	for _, r := range g.Outputs {
		if err := uses("the outputs", r); err != nil {
			return err
		}
	}
	return nil
}

// Refs lists the values that an argument names.
func Refs(arg any) (all []Ref) {
	switch v := arg.(type) {
	case Ref:
		return []Ref{v}
	case []Ref:
		for _, r := range v {
			if r != None {
				all = append(all, r)
			}
		}
	}
	return all
}

// Uses lists the values among a node's arguments, each as often as it stands there.
func (n Node) Uses() (all []Ref) {
	for _, a := range n.Args {
		all = append(all, Refs(a)...)
	}
	return all
}
