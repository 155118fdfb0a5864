package vision

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// ramp fills the first convolution of a model of one output with 1, 2, 3.
func ramp(whole nn.Module) error {
	s := torch.NewScope()
	defer s.Close()
	torch.NoGrad(func() { firstConv(whole).Weight.Copy_(torch.FromSlice(s, []float32{1, 2, 3}, 1, 3, 1, 1)) })
	return nil
}

// Weights of three channels are adapted as fastai does, or where the architecture heeds channels, as timm does.
func TestChannelsOfWeights(t *testing.T) {
	collector.Off(t)
	of := func(channels int64) nn.Module { return nn.NewSequential(nn.NewConv2d(channels, 1, 1)) }
	arch := Arch{Name: "one", New: func(int64) nn.Module { return of(3) }}
	timm := arch
	timm.NewIn = func(_, channels int64) nn.Module { return of(channels) }
	for n, want := range parity.Sorted(map[int64][2]string{
		1: {"[6]", "[6]"}, 2: {"[1.5 3]", "[1.5 3]"}, 3: {"[1 2 3]", "[1 2 3]"}, 4: {"[1 2 3 0]", "[0.75 1.5 2.25 0.75]"},
	}) {
		for i, a := range []Arch{arch, timm} {
			m, err := newWhole(a, 1, n, ramp)
			if err != nil {
				t.Fatal(err)
			}
			first := firstConv(m)
			if got := fmt.Sprint(torch.ToSlice[float32](first.Weight)); got != want[i] || !first.Weight.RequiresGrad() {
				t.Errorf("%d channels: %s, want %s", n, got, want[i])
			}
			nn.Close(m)
		}
	}
	if m, err := newWhole(timm, 1, 2, func(nn.Module) error { return nil }); err != nil { // a file that lacks them
		t.Error(err)
	} else if w := torch.ToSlice[float32](firstConv(m).Weight); len(w) != 2 || math.IsNaN(float64(w[0])) {
		t.Error(w)
	}
	bad := errors.New("no such file")
	four := Arch{Name: "four", New: func(int64) nn.Module { return of(4) }}
	four.NewIn = func(int64, int64) nn.Module { return of(4) }
	plain := Arch{Name: "four", New: four.New}
	for _, c := range []struct {
		arch Arch
		n    int64
		load func(nn.Module) error
		want string
	}{
		{arch, 0, nil, "NIn(0): want 1 or more"}, {timm, -1, ramp, "NIn(-1): want 1 or more"}, {plain, 2, nil, "Conv2d of 3 channels"},
		{four, 2, func(nn.Module) error { return nil }, "Arch.NewIn made does not begin with a Conv2d of 2 channels"},
		{arch, 2, func(nn.Module) error { return bad }, bad.Error()}, {timm, 2, func(nn.Module) error { return bad }, bad.Error()},
	} {
		before := torch.LiveTensors()
		if _, err := newWhole(c.arch, 1, c.n, c.load); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d channels: %v, want %q", c.n, err, c.want)
		}
		if n := torch.LiveTensors() - before; n != 0 {
			t.Errorf("%d channels: an error leaves %d tensors", c.n, n)
		}
	}
}
