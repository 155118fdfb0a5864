package hub

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Published is a file of weights that torchvision publishes.
type Published struct {
	Arch    string  // torchvision's name of the model: resnet34
	Version string  // IMAGENET1K_V1 or IMAGENET1K_V2
	Default bool    // torchvision's DEFAULT, which fastai's pretrained=True takes
	URL     string  // its name ends with the beginning of its SHA-256
	Params  int64   // parameters of the model, buffers not counted
	MiB     float64 // the file's size in units of 1,048,576 bytes
	Acc1    float64 // accuracy on ImageNet's validation pictures, in percent, one crop of 224
}

// published are torchvision 0.26's ResNets, from its models/resnet.py.
var published = []Published{
	{"resnet18", "IMAGENET1K_V1", true, models + "resnet18-f37072fd.pth", 11689512, 44.661, 69.758},
	{"resnet34", "IMAGENET1K_V1", true, models + "resnet34-b627a593.pth", 21797672, 83.275, 73.314},
	{"resnet50", "IMAGENET1K_V1", false, models + "resnet50-0676ba61.pth", 25557032, 97.781, 76.130},
	{"resnet50", "IMAGENET1K_V2", true, models + "resnet50-11ad3fa6.pth", 25557032, 97.79, 80.858},
	{"resnet101", "IMAGENET1K_V1", false, models + "resnet101-63fe2227.pth", 44549160, 170.511, 77.374},
	{"resnet101", "IMAGENET1K_V2", true, models + "resnet101-cd907fc2.pth", 44549160, 170.53, 81.886},
	{"resnet152", "IMAGENET1K_V1", false, models + "resnet152-394f9c45.pth", 60192808, 230.434, 78.312},
	{"resnet152", "IMAGENET1K_V2", true, models + "resnet152-f82ba261.pth", 60192808, 230.474, 82.284},
}

const models = "https://download.pytorch.org/models/"

// AllWeights lists the published weights that [Weights] knows.
func AllWeights() []Published { return slices.Clone(published) }

// LookupWeights finds published weights by a name, in capitals or not: the model's
// ("resnet50": its DEFAULT), or torchvision's of the weights
// ("ResNet50_Weights.IMAGENET1K_V1", "ResNet50_Weights.DEFAULT").
func LookupWeights(name string) (Published, bool) {
	arch, version, named := strings.Cut(strings.ToLower(name), ".")
	arch = strings.TrimSuffix(arch, "_weights")
	for _, p := range published {
		if arch == p.Arch && (version == strings.ToLower(p.Version) || p.Default && (!named || version == "default")) {
			return p, true
		}
	}
	return Published{}, false
}

// Weights is the path of a file of published weights, by a name as [LookupWeights]
// takes it: from PyTorch's cache ([Dir]) if it is there, else downloaded into it and
// its SHA-256 compared with its name. As torch.hub does it trusts a file in the cache,
// which was compared when it came there.
func Weights(ctx context.Context, name string, opts ...Option) (string, error) {
	p, ok := LookupWeights(name)
	if !ok {
		return "", fmt.Errorf("hub: no published weights are known for %q, only for %s", name, strings.Join(archs(), ", "))
	}
	dir, err := Dir()
	if err != nil {
		return "", err
	}
	return cached(ctx, p.URL, dir, opts)
}

// cached is torch.hub's load_state_dict_from_url without the loading.
func cached(ctx context.Context, url, dir string, opts []Option) (string, error) {
	file := filepath.Join(dir, path.Base(url))
	if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
		return file, nil
	}
	if err := Download(ctx, url, file, opts...); err != nil {
		return "", err
	}
	return file, nil
}

func archs() []string {
	var names []string
	for _, p := range published {
		names = append(names, p.Arch)
	}
	return slices.Compact(names)
}
