// Package rebuild makes models of what fastai's learn.export() wrote, and of whole pickled modules, without Python and without executing
// anything in the file: the file is read as inert data, and each Python class in it that this package knows becomes a module of package nn
// with the settings that the file has for it. What it doesn't know is an error that names the class and the place.
//
//	err := rebuild.Predictor("export.pkl", "flowers.safetensors")
//	p, err := predictor.Load("flowers.safetensors")
//
// Known are the layers of torch.nn that image models are made of, fastai's layers and heads, its XResNets, the ResNets, ConvNeXts, EfficientNets and
// MobileNets of torchvision, and timm's ResNets, ConvNeXts, EfficientNets and MobileNetV3s.
package rebuild
