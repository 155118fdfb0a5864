package pth_test

import (
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// What Python's torch.save wrote is read as a tree of values.
func ExampleOpen() {
	f, err := pth.Open("testdata/python/fastai.pth") // from fastai's learn.save
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	found, err := pth.StateDict(f.Value())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(found.Kind, found.Where, found.Dict.Len(), "tensors")
	t, ok := pth.Get[*pth.Tensor](found.Dict, found.Dict.Keys()[0])
	fmt.Println(found.Dict.Keys()[0], t.DType, t.Shape, ok)
	// Output:
	// fastai .model 9 tensors
	// 1.weight float32 [2 1] true
}

// What is written here, torch.load(weights_only=True) reads.
func ExampleWriteFile() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	var data []byte
	for _, v := range []uint16{1, 2, 3, 4, 5, 6} {
		data = binary.LittleEndian.AppendUint16(data, v)
	}
	state := pth.NewOrderedDict()
	state.Set("weight", pth.NewTensor(pth.Int16, []int64{2, 3}, data))
	path := filepath.Join(dir, "weights.pth")
	if err := pth.WriteFile(path, state); err != nil {
		log.Fatal(err)
	}
	f, err := pth.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	fmt.Println(f.Format, f.Archive, f.Value().(*pth.Dict).Keys())
	// Output: zip weights [weight]
}

// A file is data. What would run code in Python is refused by its name.
func ExampleRefused() {
	_, err := pth.Open("testdata/python/function.pth")
	fmt.Println(err)
	// Output: pth: testdata/python/function.pth: at .a[1].f: unsupported class posix.system: in Python, save the state_dict alone, or open the file with WithOpaque to have unknown objects as inert data
}
