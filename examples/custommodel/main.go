// Custommodel trains a custom model, exports it and predicts with it.
//
//	go run ./examples/custommodel DIR    # a folder of pictures, a folder for each class
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// residual adds what a convolution makes of its input to that.
type residual struct {
	nn.Base
	conv *nn.Conv2d
	norm *nn.BatchNorm
}

func newResidual(channels int64) *residual {
	r := &residual{conv: nn.NewConv2d(channels, channels, 3, nn.Padding(1), nn.NoBias()), norm: nn.NewBatchNorm(channels)}
	r.Register("conv", r.conv) // the names in the state_dict
	r.Register("norm", r.norm)
	return r
}

func (r *residual) Forward(x *torch.Tensor) *torch.Tensor {
	return nn.Then(x, r.conv.Forward(x), r.norm).Add_(x).Relu_()
}

func newNet(classes int64) nn.Module {
	return nn.NewSequential(
		nn.NewConv2d(3, 32, 5, nn.Stride(2), nn.Padding(2)), newResidual(32), &nn.MaxPool2d{Kernel: 2, Stride: 2}, newResidual(32),
		&nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, nn.NewLinear(32, classes))
}

// split makes two parameter groups, all but the last layer and the last layer, so that
// Freeze and rates by Slice tell them apart.
func split(m nn.Module) [][]*torch.Tensor {
	groups := make([][]*torch.Tensor, 2)
	layers := nn.Children(m)
	for i, layer := range layers {
		group := i / (len(layers) - 1)
		groups[group] = append(groups[group], nn.Parameters(layer.Module)...)
	}
	return groups
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: custommodel DIR, a folder of pictures, a folder for each class")
	}
	if err := run(context.Background(), os.Args[1], "net.safetensors", 5); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, dir, file string, epochs int) error {
	dls, err := data.FromFolder(dir, data.ValidPct(0.2), data.BatchSize(16), data.ItemTfms(vision.Resize(64)))
	if err != nil {
		return err
	}
	defer dls.Close()
	learn, err := fastlearn.NewLearner(dls, newNet(int64(dls.Outputs())), fastlearn.SplitBy(split), fastlearn.Metrics(metric.Accuracy()))
	if err != nil {
		return err
	}
	defer learn.Close()
	if err := learn.FitOneCycle(ctx, epochs, fastlearn.Slice(1e-3, 1e-2)); err != nil {
		return err
	}
	path, err := learn.Export(file, fastlearn.OwnModel("net"))
	if err != nil {
		return err
	}
	p, err := predictor.Load(path, predictor.BuildModel(func(string) (nn.Module, error) {
		return newNet(int64(dls.Outputs())), nil
	}))
	if err != nil {
		return err
	}
	defer p.Close()
	pictures, err := vision.GetImageFiles(dir)
	if err != nil {
		return err
	}
	for i, said := range p.PredictAll(ctx, pictures[:3]) {
		fmt.Println(pictures[i], said.Label, said.Err)
	}
	return nil
}
