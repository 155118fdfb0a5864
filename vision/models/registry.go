package models

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Arch is what a vision learner must know of an architecture to make a body of it: a row of fastai's model_meta.
type Arch struct {
	// Name is the one by which Get finds it.
	Name string
	// New makes the whole model with fresh weights, for that many classes; 0 leaves its last layer out where Cut is 0.
	New func(classes int64) nn.Module
	// NewIn is New for images of that many channels. Published weights of three are then adapted as timm does; where NewIn is nil, the
	// first convolution is replaced as fastai does.
	NewIn func(classes, channels int64) nn.Module
	// Cut is how many of the model's children, in order, are the body; 0 is the whole model, as in fastai's TimmBody.
	Cut int
	// Split are the names of the modules within the body at which the second and later parameter groups begin; the head is a
	// group of its own.
	Split []string
	// Head are the beginnings of the keys of what is cut off, which a file of weights holds and the body does not.
	Head []string
	// Features is the number of channels that leave the body; 0 has it found out by a pass.
	Features int64
	// Pooled tells that N×Features leaves the body, not N×Features×h×w.
	Pooled bool
	// Size is the width and height of the pictures that the model was made for; 0 is any.
	Size int64
	// Mean and Std are those of the pictures its published weights were trained on.
	Mean, Std []float64
}

// Features is a model whose features, before they are pooled and classified, can be had: N×C×h×w.
type Features interface {
	nn.Module
	ForwardFeatures(x *torch.Tensor) *torch.Tensor
}

// builds are the constructors of a family by name: Archs with New alone, or with NewIn too.
type builds map[string]Arch

// table makes a constructor of each row of a family.
func table[R any](rows map[string]R, build func(row R, classes int64) nn.Module) builds {
	all := builds{}
	for name, row := range rows {
		all[name] = Arch{New: func(classes int64) nn.Module { return build(row, classes) }}
	}
	return all
}

// tableIn makes one that heeds the number of channels.
func tableIn[R any](rows map[string]R, build func(row R, classes, channels int64) nn.Module) builds {
	all := builds{}
	for name, row := range rows {
		all[name] = Arch{New: func(classes int64) nn.Module { return build(row, classes, 3) },
			NewIn: func(classes, channels int64) nn.Module { return build(row, classes, channels) }}
	}
	return all
}

// family are architectures that are cut and split in the same way.
type family struct {
	builds builds
	Arch
}

// halves are the architectures whose weights were trained on images of mean and deviation 0.5, the others on ImageNet's. Of GoogLeNet and
// Inception they are what torchvision's transform_input makes of ImageNet's.
var halves = []string{"torchvision/googlenet", "torchvision/inception_v3", "torchvision/efficientnet_v2_l",
	"timm/tf_efficientnet_lite*", "timm/efficientnet_b1", "timm/tf_efficientnetv2_s", "timm/vit_*"}

// registry are all architectures by their full names, such as "torchvision/resnet34".
var registry = sync.OnceValue(func() map[string]Arch {
	all := map[string]Arch{}
	for library, families := range map[string][]family{"torchvision": torchvision(), "timm": timm(), "fastai": fastai()} {
		for _, f := range families {
			for name, build := range f.builds {
				a := f.Arch
				a.Name, a.New, a.NewIn = library+"/"+name, build.New, build.NewIn
				a.Mean, a.Std = []float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225}
				if slices.ContainsFunc(halves, func(pattern string) bool { ok, _ := path.Match(pattern, a.Name); return ok }) {
					a.Mean, a.Std = []float64{0.5, 0.5, 0.5}, []float64{0.5, 0.5, 0.5}
				}
				all[a.Name] = a
			}
		}
	}
	for full, a := range all { // a bare name where it is enough
		if bare := path.Base(full); owner(all, bare) == full {
			a.Name = bare
			all[full] = a
		}
	}
	return all
})

// owner is the full name that a bare one means.
func owner(all map[string]Arch, bare string) string {
	for _, library := range []string{"timm", "fastai", "torchvision"} {
		if full := library + "/" + bare; all[full].New != nil {
			return full
		}
	}
	return ""
}

// Get finds an architecture by its name. A plain name means what fastai's string means, timm's, where timm has one here;
// "torchvision/convnext_tiny" means torchvision's.
func Get(name string) (Arch, error) {
	all := registry()
	full := name
	if !strings.Contains(name, "/") {
		full = owner(all, name)
	}
	a, ok := all[full]
	if !ok {
		return Arch{}, fmt.Errorf("models: there is no architecture %q: models.List lists all that there are%s", name, near(name))
	}
	a.Split, a.Head, a.Mean, a.Std = slices.Clone(a.Split), slices.Clone(a.Head), slices.Clone(a.Mean), slices.Clone(a.Std)
	return a, nil
}

// near names what the name may have meant.
func near(name string) string {
	bare := path.Base(name)
	for n := len(bare) - 1; n >= 3; n-- {
		if found := List(bare[:n] + "*"); len(found) > 0 {
			return ", such as " + strings.Join(found[:min(3, len(found))], ", ")
		}
	}
	return ""
}

// List returns the names of all architectures that match one of the patterns, sorted: "conv*", "torchvision/*", as of [path.Match]; those of all
// without one. A name that two libraries have is listed for each.
func List(patterns ...string) []string {
	var names []string
	for _, full := range slices.Sorted(maps.Keys(registry())) {
		a := registry()[full]
		matches := func(pattern string) bool {
			for _, name := range []string{full, a.Name, path.Base(full)} {
				if ok, _ := path.Match(pattern, name); ok {
					return true
				}
			}
			return false
		}
		if len(patterns) == 0 || slices.ContainsFunc(patterns, matches) {
			names = append(names, a.Name)
		}
	}
	slices.Sort(names)
	return names
}
