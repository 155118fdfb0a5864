package nn_test

import (
	"fmt"
	"log"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// A loop by hand: each step has a scope of its own, hooks look at gradients, and nothing is left behind.
func Example_loop() {
	torch.ManualSeed(1)
	model := nn.NewSequential(nn.NewLinear(1, 8), &nn.GELU{}, nn.NewLinear(8, 1))
	defer nn.Close(model)
	opt := optim.New(optim.SGD{Momentum: 0.9}, nn.Parameters(model))
	defer opt.Close()
	if err := opt.Set("lr", 0.05); err != nil {
		log.Fatal(err)
	}
	s := torch.NewScope()
	defer s.Close()
	x := s.Linspace(-1, 1, 32).View(-1, 1)
	y := x.Square()

	seen := 0
	remove := nn.OnBackward(model, func(gradIn, gradOut *torch.Tensor) { seen++ })

	train := func() {
		step := s.Child()
		defer step.Close()
		loss := torch.MSELoss(nn.Call(model, x.In(step)), y, torch.ReductionMean)
		loss.Backward()
		nn.ClipGradNorm_(step, nn.Parameters(model), 1, 2)
		opt.Step()
		opt.ZeroGrad()
	}
	train() // the optimizer's averages stay
	remove()

	fmt.Println(seen, torch.Leaks(train))
	// Output: 1 []
}
