package vision

import (
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// Arch is what a vision learner must know of an architecture to make a body of it:
// a row of fastai's model_meta.
type Arch struct {
	Name string
	// New makes the whole model with fresh weights, for that many classes.
	New func(classes int64) nn.Module
	// Cut is how many of the model's children, in order, are the body.
	Cut int
	// Split are the body's children at which the second and later parameter groups
	// begin; the head is a group of its own.
	Split []int
	// Head are the beginnings of the keys of what is cut off, which a file of
	// weights holds and the body does not.
	Head []string
	// Features is the number of channels that leave the body.
	Features int64
	// Mean and Std are those of the pictures its published weights were trained on.
	Mean, Std []float64
}

// The ResNets of torchvision.
var (
	ResNet18  = resnet("resnet18", 512, models.ResNet18)
	ResNet34  = resnet("resnet34", 512, models.ResNet34)
	ResNet50  = resnet("resnet50", 2048, models.ResNet50)
	ResNet101 = resnet("resnet101", 2048, models.ResNet101)
	ResNet152 = resnet("resnet152", 2048, models.ResNet152)
)

// Archs lists the architectures by name.
var Archs = []Arch{ResNet18, ResNet34, ResNet50, ResNet101, ResNet152}

func resnet(name string, features int64, make func(int64) *models.ResNet) Arch {
	return Arch{
		Name: name, New: func(classes int64) nn.Module { return make(classes) },
		Cut: 8, Split: []int{6}, Head: []string{"fc."}, Features: features,
		Mean: []float64{0.485, 0.456, 0.406}, Std: []float64{0.229, 0.224, 0.225},
	}
}

// ArchByName finds an architecture by torchvision's name.
func ArchByName(name string) (Arch, bool) {
	for _, a := range Archs {
		if a.Name == name {
			return a, true
		}
	}
	return Arch{}, false
}
