package onnx_test

import (
	"bytes"
	"fmt"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/onnx"
)

func ExampleWrite() {
	s := torch.NewScope()
	defer s.Close()
	model := nn.NewSequential(nn.NewConv2d(3, 8, 3), &nn.ReLU{}, &nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, nn.NewLinear(8, 2))
	defer nn.Close(model)
	nn.Eval(model)
	x := s.Randn(2, 3, 32, 32)
	w := &bytes.Buffer{}

	g, err := nn.Trace(model, x)
	if err != nil {
		fmt.Println(err)
		return
	}
	state, err := nn.ToPTH(model)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer state.Release()
	err = onnx.Write(w, g, state, nil)
	fmt.Println(bytes.Contains(w.Bytes(), []byte("4.weight")), err)
	// Output: true <nil>
}
