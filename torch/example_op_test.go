package torch_test

import (
	"fmt"
	"log"

	"github.com/fastlearn-go/fastlearn/torch"
)

// Any operation of libtorch's, by its name.
func ExampleOp() {
	s := torch.NewScope()
	defer s.Close()
	x := torch.FromSlice(s, []float32{3, 1, 2})

	topk, err := torch.Op("aten::topk")
	if err != nil {
		log.Fatal(err)
	}
	out, err := topk.Call(x, 2)
	if err != nil {
		log.Fatal(err)
	}
	values, indices := out[0].(*torch.Tensor), out[1].(*torch.Tensor)
	fmt.Println(torch.ToSlice[float32](values), torch.ToSlice[int64](indices))

	_, err = topk.Call(x, "2")
	fmt.Println(err)
	// Output:
	// [3 2] [0 2]
	// aten::topk: no overload takes (float32[3], string):
	// aten::topk(Tensor self, SymInt k, int dim=-1, bool largest=True, bool sorted=True) -> (Tensor values, Tensor indices)
	// aten::topk.values(Tensor self, SymInt k, int dim=-1, bool largest=True, bool sorted=True, *, Tensor(a!) values, Tensor(b!) indices) -> (Tensor(a!) values, Tensor(b!) indices)
}
