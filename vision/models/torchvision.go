package models

import "github.com/fastlearn-go/fastlearn/torch/nn"

// torchvision are its families, cut and split as fastai's model_meta says, or else before the last child that holds a pooling; where that
// rule finds nothing, or a body that can't run or sees only the stem, after the last stage of features.
func torchvision() []family {
	plain, normed := builds{}, builds{}
	for name, widths := range vggs {
		plain[name] = Arch{New: func(classes int64) nn.Module { return newVGG(widths, false, classes) }}
		normed[name+"_bn"] = Arch{New: func(classes int64) nn.Module { return newVGG(widths, true, classes) }}
	}
	classifier, fc := []string{"classifier."}, []string{"fc."}
	return []family{
		{builds{"alexnet": {New: newAlexNet}}, Arch{Cut: 1, Split: []string{"0.6"}, Head: classifier}},
		{plain, Arch{Cut: 1, Head: classifier}},
		{normed, Arch{Cut: 1, Split: []string{"0.22"}, Head: classifier}},
		{table(squeezeNets, newSqueezeNet), Arch{Cut: 1, Split: []string{"0.5"}, Head: classifier}},
		{table(denseNets, newDenseNet), Arch{Cut: 1, Split: []string{"0.transition2"}, Head: classifier}},
		{builds{"googlenet": {New: newGoogLeNet}}, Arch{Cut: 16, Head: []string{"fc.", "aux1.", "aux2."}}},
		{builds{"inception_v3": {New: newInception3}}, Arch{Cut: 19, Head: []string{"fc.", "AuxLogits."}}},
		{builds{"mobilenet_v2": {New: newMobileNetV2}}, Arch{Cut: 1, Head: classifier}},
		{table(mobileNetsV3, newMobileNetV3), Arch{Cut: 1, Head: classifier}},
		{table(mnasNets, newMNASNet), Arch{Cut: 1, Head: classifier}},
		{table(shuffleNets, newShuffleNet), Arch{Cut: 6, Head: fc}},
		{table(resNets, newResNetModule), Arch{Cut: 8, Split: []string{"6"}, Head: fc}},
		{table(resNeXts, newResNetModule), Arch{Cut: 8, Head: fc}},
		{table(efficientNets, newEfficientNet), Arch{Cut: 1, Head: classifier}},
		{table(regNets, newRegNet), Arch{Cut: 2, Head: fc}},
		{table(convNeXts, newConvNeXt), Arch{Cut: 1, Head: classifier}},
		{table(visionTransformers, newViT), Arch{Head: []string{"heads."}, Pooled: true, Size: 224}},
		{table(swins, newSwin), Arch{Cut: 3, Head: []string{"head."}}},
		{table(maxViTs, newMaxViT), Arch{Cut: 2, Head: classifier, Size: 224}},
	}
}
