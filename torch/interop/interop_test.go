package interop_test

import (
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/interop"
)

func TestBothWaysShareMemory(t *testing.T) {
	collector.Off(t)
	before := torch.LiveTensors()
	s := torch.NewScope()
	x := s.Zeros(2, 3)
	g := interop.Gotch(x)
	back, err := interop.FromGotch(s, g)
	if err != nil {
		t.Fatal(err)
	}
	back.AddScalar_(2)
	if got := x.Sum().Item(); got != 12 {
		t.Errorf("memory is not shared: sum %v, want 12", got)
	}
	if size := g.MustSize(); len(size) != 2 || size[1] != 3 {
		t.Errorf("gotch sees shape %v", size)
	}
	s.Close()
	if got := g.Float64Values(); got[0] != 2 {
		t.Errorf("gotch's tensor must outlive the scope, got %v", got)
	}
	if y, err := interop.FromGotch(s, g); err == nil {
		t.Errorf("a tensor in a closed scope: %v", y)
	}
	g.MustDrop()
	if got := torch.LiveTensors() - before; got != 0 {
		t.Errorf("%d tensors live", got)
	}
}
