package checkpoint_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

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

// What can't be read is refused, with what to do about it in Python.
func ExampleOpen_errors() {
	for _, name := range []string{"module", "export", "torchscript", "quantized", "pickle", "object"} {
		_, err := checkpoint.Open("../pth/testdata/python/" + name + ".pth")
		fmt.Println(strings.ReplaceAll(err.Error(), "../pth/testdata/python/", ""))
	}
	// Output:
	// pth: module.pth: at .net: unsupported classes torch.nn.modules.container.Sequential, torch.nn.modules.conv.Conv2d, torch.nn.modules.batchnorm.BatchNorm2d, torch.nn.modules.linear.Linear: this is a whole pickled module: in Python, save its state_dict() instead, or open the file with WithOpaque, which finds its parameters and buffers
	// pth: export.pth: unsupported classes fastai.learner.Learner, fastai.data.core.DataLoaders, fastai.data.core.TfmdDL, fasttransform.transform.Pipeline, fastai.data.core.Datasets and 37 more: this is a whole Learner, from learn.export(): WithOpaque reads it as inert data, with its weights; in Python, load_learner(file).save('name') writes what can be read
	// pth: torchscript.pth: this is a TorchScript archive, from torch.jit.save: in Python, torch.save(torch.jit.load(file).state_dict(), 'weights.pth') writes what can be read
	// pth: quantized.pth: at .q: unsupported classes torch._utils._rebuild_qtensor, torch.per_tensor_affine: this is a quantized tensor: in Python, save tensor.dequantize()
	// pth: pickle.pth: this is a plain pickle, which torch.save did not write: in Python, torch.save what it holds
	// pth: object.pth: at .hp.when: unsupported classes datetime.date, pathlib.PosixPath: in Python, save the state_dict alone, or open the file with WithOpaque to have unknown objects as inert data
}
