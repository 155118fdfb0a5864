package summary_test

import (
	"fmt"
	"log"

	"github.com/fastlearn-go/fastlearn/fastlearn/summary"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// A custom model, and an input that it takes.
func ExampleOf() {
	s := torch.NewScope()
	defer s.Close()
	m := nn.NewSequential(nn.NewConv2d(1, 8, 3), &nn.ReLU{}, &nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, nn.NewLinear(8, 2))
	defer nn.Close(m)
	summary, err := summary.Of(m, s.Zeros(1, 1, 28, 28))
	if err != nil {
		log.Fatal(err)
	}
	for _, l := range summary.Layers {
		fmt.Println(l.Name, l.Type, l.Output, l.Params, l.MACs)
	}
	fmt.Print(summary.Sums())
	// Output:
	// 0 Conv2d [1 8 26 26] 80 48672
	// 1 ReLU [1 8 26 26] 0 0
	// 2 AdaptiveAvgPool2d [1 8 1 1] 0 0
	// 3 Flatten [1 8] 0 0
	// 4 Linear [1 2] 18 16
	// parameters        98
	//   trainable       98
	//   frozen          0
	// multiply-adds     48,688 for an item
}
