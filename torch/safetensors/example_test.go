package safetensors_test

import (
	"bytes"
	"fmt"
	"log"

	"github.com/fastlearn-go/fastlearn/torch/pth"
	"github.com/fastlearn-go/fastlearn/torch/safetensors"
)

// A state_dict goes to a safetensors file with some texts, and comes back.
func Example() {
	state := pth.NewOrderedDict()
	state.Set("bias", pth.NewTensor(pth.Uint8, []int64{3}, []byte{1, 2, 3}))
	var file bytes.Buffer
	if err := safetensors.Write(&file, state, safetensors.Metadata(map[string]string{"format": "pt"})); err != nil {
		log.Fatal(err)
	}
	f, err := safetensors.Decode(file.Bytes())
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	for key, v := range f.StateDict().All() {
		t := v.(*pth.Tensor)
		fmt.Println(key, t.DType, t.Shape, t.Storage.Data)
	}
	_, err = safetensors.Decode(file.Bytes()[:file.Len()-1])
	fmt.Println(err)
	// Output:
	// bias uint8 [3] [1 2 3]
	// safetensors: "bias": its bytes end at 3, and the file holds 2: it is cut off
}
