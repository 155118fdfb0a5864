package nn_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// A model is put together from modules. The names of its tensors are PyTorch's.
func Example() {
	m := nn.NewSequential(
		nn.NewConv2d(3, 8, 3, nn.Padding(1), nn.NoBias()), nn.NewBatchNorm(8), &nn.ReLU{InPlace: true},
		&nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, nn.NewLinear(8, 2))
	defer nn.Close(m)
	s := torch.NewScope()
	defer s.Close()
	fmt.Println(m.Forward(s.Zeros(4, 3, 16, 16)).Shape())
	for _, t := range nn.StateDict(m) {
		fmt.Println(t.Name, t.Shape())
	}
	// Output:
	// [4 2]
	// 0.weight [8 3 3 3]
	// 1.weight [8]
	// 1.bias [8]
	// 1.running_mean [8]
	// 1.running_var [8]
	// 1.num_batches_tracked []
	// 5.weight [2 8]
	// 5.bias [2]
}

// twice is a custom module: a layer that is applied twice.
type twice struct {
	nn.Base
	layer *nn.Linear
}

func newTwice(n int64) *twice {
	t := &twice{layer: nn.NewLinear(n, n, nn.NoBias())}
	t.Register("layer", t.layer)
	return t
}

func (t *twice) Forward(x *torch.Tensor) *torch.Tensor {
	return nn.Then(x, t.layer.Forward(x), t.layer)
}

// A type becomes a module by embedding Base.
func ExampleModule() {
	m := newTwice(2)
	defer nn.Close(m)
	torch.NoGrad(func() { nn.Constant_(m.layer.Weight, 1) })
	s := torch.NewScope()
	defer s.Close()
	fmt.Println(nn.StateDict(m)[0].Name, torch.ToSlice[float32](m.Forward(s.Ones(1, 2))))
	// Output: layer.weight [4 4]
}

// Weights come from any file of PyTorch's or safetensors'. One that doesn't fit changes nothing.
func ExampleLoadFile() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "linear.safetensors")
	from := nn.NewLinear(2, 3, nn.NoBias())
	defer nn.Close(from)
	state, err := nn.ToPTH(from)
	if err != nil {
		log.Fatal(err)
	}
	if err := checkpoint.WriteFile(file, state); err != nil {
		log.Fatal(err)
	}

	to := nn.NewLinear(2, 3)
	defer nn.Close(to)
	_, err = nn.LoadFile(to, file, nn.LoadOptions{})
	fmt.Println(err.Error()[len(file)+2:]) // the error begins with the file's name

	report, err := nn.LoadFile(to, file, nn.LoadOptions{NonStrict: true})
	fmt.Println(report.Missing, err, to.Weight.Equal(from.Weight))
	// Output:
	// state_dict does not fit the model: 1 missing: bias
	// [bias] <nil> true
}
