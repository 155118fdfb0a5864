package nn

import (
	"fmt"
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/torch"
)

// double is a custom module that is a layer of this package inside.
type double struct{ Linear }

func (d *double) Forward(x *torch.Tensor) *torch.Tensor {
	y := d.Linear.Forward(x)
	return torch.Cat(1, y, y)
}

// direct runs its child's Forward by itself.
type direct struct {
	Base
	relu *ReLU
}

func (d *direct) Forward(x *torch.Tensor) *torch.Tensor { return d.relu.Forward(x) }

// Hooks see each pass once, with the input and what comes out of the outermost Forward,
// until they are removed.
func TestHooksSeeEachPass(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	inner := &double{Linear: *NewLinear(3, 2)}
	own := &direct{relu: &ReLU{}}
	own.Register("relu", own.relu)
	m := NewSequential(inner, own, &Dropout{P: 0.5})
	defer Close(m)
	var seen []string
	var removes []func()
	Walk(m, func(name string, m Module) {
		removes = append(removes, OnForward(m,
			func(x *torch.Tensor) { seen = append(seen, "before "+name) },
			func(x, y *torch.Tensor) { seen = append(seen, fmt.Sprint("after ", name, x.Shape(), y.Shape())) }))
	})
	removes = append(removes, OnForward(m, nil, nil))
	Eval(m)
	x := s.Zeros(5, 3)
	Call(m, x)
	want := []string{"before ", "before 0", "after 0[5 3] [5 4]", "before 1", "after 1.relu[5 4] [5 4]", "after 1[5 4] [5 4]", "before 2", "after 2[5 4] [5 4]", "after [5 3] [5 4]"}
	if !slices.Equal(seen, want) {
		t.Errorf("seen %q,\nwant %q", seen, want)
	}
	if err := torch.Try(func() { Call(m, s.Zeros(5, 7)) }); err == nil {
		t.Error("an input that doesn't fit must fail")
	}
	seen = nil
	Call(m, x)
	if !slices.Equal(seen, want) {
		t.Errorf("after an error: %q", seen)
	}
	for _, remove := range removes {
		remove()
	}
	seen = nil
	Call(m, x)
	if seen != nil {
		t.Errorf("removed hooks saw %q", seen)
	}
}
