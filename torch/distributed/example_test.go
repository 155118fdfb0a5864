package distributed_test

import (
	"fmt"
	"log"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/distributed"
)

// A program that no launcher started is a group of one; started several times, each of them has its
// own rank and prints the sum of all.
func ExampleInit() {
	group, err := distributed.Init()
	if err != nil {
		log.Fatal(err)
	}
	defer group.Close()
	s := torch.NewScope()
	defer s.Close()
	t := torch.FromSlice(s, []float32{1, 2}, 2)
	if err := group.AllReduce(t, distributed.Sum); err != nil {
		log.Fatal(err)
	}
	fmt.Println(group.Rank(), group.WorldSize(), torch.ToSlice[float32](t))
	// Output: 0 1 [1 2]
}
