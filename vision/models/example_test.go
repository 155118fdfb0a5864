package models_test

import (
	"fmt"
	"log"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// A ResNet has torchvision's names, so files of its weights load by key; hub.Weights fetches one.
func ExampleResNet18() {
	m := models.ResNet18(1000)
	defer nn.Close(m)
	state := nn.StateDict(m)
	fmt.Println(len(state), state[0].Name, state[len(state)-1].Name)

	s := torch.NewScope()
	defer s.Close()
	nn.Eval(m)
	torch.NoGrad(func() {
		fmt.Println(m.Forward(s.Zeros(1, 3, 64, 64)).Shape())
	})
	// Output:
	// 122 conv1.weight fc.bias
	// [1 1000]
}

// A plain name is timm's where both libraries have it.
func ExampleGet() {
	arch, err := models.Get("convnext_tiny")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(arch.Name, models.List("convnext_t*"))
	// Output:
	// convnext_tiny [convnext_tiny torchvision/convnext_tiny]
}
