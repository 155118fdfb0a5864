package optim_test

import (
	"fmt"
	"log"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// A training loop without a Learner: 2x + 1 is found.
func Example() {
	torch.ManualSeed(1)
	m := nn.NewLinear(1, 1)
	defer nn.Close(m)
	opt := optim.New(optim.SGD{Momentum: 0.9}, nn.Parameters(m))
	defer opt.Close()
	if err := opt.Set("lr", 0.05); err != nil {
		log.Fatal(err)
	}
	for range 200 {
		s := torch.NewScope()
		x := s.Randn(16, 1)
		y := x.MulScalar(2).AddScalar(1)
		torch.MSELoss(m.Forward(x), y, torch.ReductionMean).Backward()
		opt.Step()
		opt.ZeroGrad()
		s.Close()
	}
	fmt.Printf("%.3f x + %.3f\n", m.Weight.Item(), m.Bias.Item())
	// Output: 2.000 x + 1.000
}

// A rule with other defaults. A name that it doesn't have is an error.
func ExampleWith() {
	rule, err := optim.With(optim.Adam{}, optim.Hypers{"sqr_mom": 0.999})
	fmt.Println(rule.Defaults()["sqr_mom"], rule.Defaults()["mom"], err)
	_, err = optim.With(optim.Adam{}, optim.Hypers{"beta2": 0.999})
	fmt.Println(err)
	// Output:
	// 0.999 0.9 <nil>
	// optim: optim.Adam has no hyperparameter "beta2": its own are [eps lr mom sqr_mom wd]
}
