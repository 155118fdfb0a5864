package jit_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/jit"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// A model that torch.jit.script made is a module like any other. fastlearn.NewLearner trains it.
func Example() {
	m, err := jit.Load("testdata/net.pt")
	if err != nil {
		log.Fatal(err)
	}
	defer nn.Close(m)
	s := torch.NewScope()
	defer s.Close()
	nn.Eval(m)
	fmt.Println(m.Forward(s.Zeros(2, 3, 32, 32)).Shape())
	for _, p := range nn.NamedParameters(m) {
		fmt.Println(p.Name, p.Shape())
	}

	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	fmt.Println(jit.Save(m, filepath.Join(dir, "trained.pt"))) // torch.jit.load in Python
	// Output:
	// [2 10]
	// 0.weight [4 3 3 3]
	// 0.bias [4]
	// 1.weight [4]
	// 1.bias [4]
	// 5.weight [10 4]
	// 5.bias [10]
	// <nil>
}
