package interop_test

import (
	"fmt"
	"log"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/interop"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/sugarme/gotch"
	gotchnn "github.com/sugarme/gotch/nn"
)

// A tensor of ours seen by gotch, for an operation that only gotch has.
func Example() {
	s := torch.NewScope()
	defer s.Close()
	x := torch.FromSlice(s, []float32{3, 1, 2})
	interop.Guard(func() {
		g := interop.Gotch(x) // looks at the same memory
		defer g.MustDrop()
		c, err := g.Cumsum(0, gotch.Float, false)
		if err != nil {
			log.Fatal(err)
		}
		defer c.MustDrop()
		y, err := interop.FromGotch(s, c)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(torch.ToSlice[float32](y))
	})
	// Output: [3 4 6]
}

// A model of gotch's becomes a module, which fastlearn.NewLearner trains.
func ExampleNewModule() {
	var m *interop.Module
	interop.Guard(func() {
		vs := gotchnn.NewVarStore(gotch.CPU)
		model := gotchnn.SeqT()
		model.Add(gotchnn.NewLinear(vs.Root().Sub("out"), 4, 2, gotchnn.DefaultLinearConfig()))
		var err error
		if m, err = interop.NewModule(vs, model); err != nil {
			log.Fatal(err)
		}
	})
	defer nn.Close(m)
	s := torch.NewScope()
	defer s.Close()
	fmt.Println(m.Forward(s.Zeros(5, 4)).Shape(), len(nn.StateDict(m)), "tensors")
	// Output: [5 2] 2 tensors
}
