package checkpoint_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/fastlearn-go/fastlearn/torch/checkpoint"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// The weights out of a Lightning checkpoint, as safetensors.
func Example() {
	f, err := checkpoint.Open("../pth/testdata/python/lightning.pth", pth.WithOpaque())
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	found, err := f.StateDict()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(found.Kind, found.Where, found.Prefix)
	for key, v := range found.Dict.All() {
		t := v.(*pth.Tensor)
		fmt.Println(key, t.DType, t.Shape)
	}
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := checkpoint.WriteFile(filepath.Join(dir, "weights.safetensors"), found.Dict); err != nil {
		log.Fatal(err)
	}
	// Output:
	// nested .state_dict model.
	// model.0.weight float32 [2 1 3 3]
	// model.0.bias float32 [2]
	// model.1.weight float32 [2]
	// model.1.bias float32 [2]
	// model.1.running_mean float32 [2]
	// model.1.running_var float32 [2]
	// model.1.num_batches_tracked int64 []
	// model.2.weight float32 [3 2]
	// model.2.bias float32 [3]
}
