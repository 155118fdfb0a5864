package torch

import (
	"slices"
	"testing"
)

// What is counted are the products of the sizes, of one family of scopes alone.
func TestCountMACs(t *testing.T) {
	s, other := NewScope(), NewScope()
	defer s.Close()
	defer other.Close()
	var got []int64
	var last *Tensor
	s.CountMACs(func(n int64, weight *Tensor) { got, last = append(got, n), weight })
	w := s.Ones([]int64{6, 2, 3, 3})
	child := s.Child()
	defer child.Close()
	Conv2d(child.Ones([]int64{5, 4, 8, 8}), w, nil, Conv2dOptions{Groups: 2, Stride: [2]int64{2, 2}})
	if last != w {
		t.Error("not the convolution's weight")
	}
	Linear(s.Ones([]int64{5, 3, 4}), s.Ones([]int64{7, 4}), nil)
	s.Ones([]int64{2, 3, 4}).MatMul(s.Ones([]int64{4, 5}))
	s.Ones([]int64{4}).MatMul(s.Ones([]int64{4}))
	s.Ones([]int64{0, 4}).MatMul(s.Ones([]int64{4, 2}))
	Linear(other.Ones([]int64{5, 4}), other.Ones([]int64{7, 4}), nil)
	s.CountMACs(nil)
	s.Ones([]int64{2, 3}).MatMul(s.Ones([]int64{3, 2}))
	want := []int64{5 * 6 * 3 * 3 * 2 * 3 * 3, 5 * 3 * 7 * 4, 2 * 3 * 5 * 4, 4, 0}
	if !slices.Equal(got, want) {
		t.Errorf("counted %v, want %v", got, want)
	}
}
