package vision

import "github.com/fastlearn-go/fastlearn/vision/models"

// Arch is what a vision learner must know of an architecture, see [models.Arch]; [models.Get] finds it by its name.
type Arch = models.Arch

// The ResNets of torchvision.
var (
	ResNet18  = known("resnet18")
	ResNet34  = known("resnet34")
	ResNet50  = known("resnet50")
	ResNet101 = known("resnet101")
	ResNet152 = known("resnet152")
)

// known is one of torchvision's architectures that there are.
func known(name string) Arch {
	a, err := models.Get("torchvision/" + name)
	if err != nil {
		panic(err)
	}
	return a
}
