package torch_test

import (
	"fmt"

	"github.com/fastlearn-go/fastlearn/torch"
)

// Tensors live in a scope, and so does what is computed from them.
func Example() {
	s := torch.NewScope()
	defer s.Close()
	x := torch.FromSlice(s, []float32{1, 2, 3, 4}, 2, 2)
	y := x.MatMul(x).AddScalar(-8).Relu()
	fmt.Println(y.Shape(), torch.ToSlice[float32](y))
	fmt.Println(s.Len(), "tensors in the scope")
	// Output:
	// [2 2] [0 2 7 14]
	// 4 tensors in the scope
}

// The derivative of x² at 3.
func ExampleTensor_Backward() {
	s := torch.NewScope()
	defer s.Close()
	x := torch.Scalar(s, 3.0).RequiresGrad_(true)
	x.Mul(x).Backward()
	fmt.Println(x.Grad().Item())
	// Output: 6
}

// An operation that can't be done says on what it was tried.
func ExampleTry() {
	s := torch.NewScope()
	defer s.Close()
	err := torch.Try(func() {
		s.Ones(2, 3).MatMul(s.Ones(2, 3))
	})
	fmt.Println(err)
	// Output: torch.matmul(float32[2×3], float32[2×3]): mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)
}

// A child scope frees the temporaries of a part of the work; Keep moves its result out.
func ExampleScope_Child() {
	s := torch.NewScope()
	defer s.Close()
	total := s.Zeros(1)
	for i := range 3 {
		part := s.Child()
		x := part.Full(float64(i), 1)
		total.Add_(x.Mul(x))
		part.Close()
	}
	fmt.Println(total.Item(), s.Len())
	// Output: 5 1
}

// Random numbers are those of PyTorch with the same seed.
func ExampleManualSeed() {
	s := torch.NewScope()
	defer s.Close()
	torch.ManualSeed(42)
	fmt.Printf("%.4f\n", torch.ToSlice[float32](s.Rand(3))) // torch.manual_seed(42); torch.rand(3)
	// Output: [0.8823 0.9150 0.3829]
}
