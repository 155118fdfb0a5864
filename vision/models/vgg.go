package models

import "github.com/fastlearn-go/fastlearn/torch/nn"

// Sources: Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural Networks" (2012), in its version of 2014; Simonyan
// and Zisserman, "Very Deep Convolutional Networks" (2014); Iandola et al., "SqueezeNet" (2016).

func newAlexNet(classes int64) nn.Module {
	conv := func(in, out, kernel, stride, padding int64) nn.Module {
		return nn.NewConv2d(in, out, kernel, nn.Stride(stride), nn.Padding(padding))
	}
	features := nn.NewSequential(conv(3, 64, 11, 4, 2), relu(), maxPool(3, 2, 0), conv(64, 192, 5, 1, 2), relu(), maxPool(3, 2, 0),
		conv(192, 384, 3, 1, 1), relu(), conv(384, 256, 3, 1, 1), relu(), conv(256, 256, 3, 1, 1), relu(), maxPool(3, 2, 0))
	classifier := nn.NewSequential(&nn.Dropout{P: 0.5}, nn.NewLinear(256*6*6, 4096), relu(),
		&nn.Dropout{P: 0.5}, nn.NewLinear(4096, 4096), relu(), nn.NewLinear(4096, classes))
	return newNet(step{"features", features}, step{"avgpool", pool(6)}, step{"", &nn.Flatten{}}, step{"classifier", classifier})
}

// vggs are the channels of each convolution, 0 for a pooling.
var vggs = map[string][]int64{
	"vgg11": {64, 0, 128, 0, 256, 256, 0, 512, 512, 0, 512, 512, 0},
	"vgg13": {64, 64, 0, 128, 128, 0, 256, 256, 0, 512, 512, 0, 512, 512, 0},
	"vgg16": {64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0},
	"vgg19": {64, 64, 0, 128, 128, 0, 256, 256, 256, 256, 0, 512, 512, 512, 512, 0, 512, 512, 512, 512, 0},
}

func newVGG(widths []int64, norm bool, classes int64) nn.Module {
	var layers []nn.Module
	in := int64(3)
	for _, out := range widths {
		if out == 0 {
			layers = append(layers, maxPool(2, 2, 0))
			continue
		}
		layers = append(layers, nn.NewConv2d(in, out, 3, nn.Padding(1)))
		if norm {
			layers = append(layers, batchNorm(out))
		}
		layers = append(layers, relu())
		in = out
	}
	features := nn.NewSequential(layers...)
	classifier := nn.NewSequential(nn.NewLinear(512*7*7, 4096), relu(), &nn.Dropout{P: 0.5},
		nn.NewLinear(4096, 4096), relu(), &nn.Dropout{P: 0.5}, nn.NewLinear(4096, classes))
	m := newNet(step{"features", features}, step{"avgpool", pool(7)}, step{"", &nn.Flatten{}}, step{"classifier", classifier})
	fill(m, kaimingOut, normal(0.01))
	return m
}
