package hub

import (
	"fmt"
	"slices"
	"strings"
)

// LookupWeights finds published weights by a name, in capitals or not: the architecture's ("resnet50": the library's default),
// with a library where torchvision and timm both have it ("torchvision/convnext_tiny"), with a version
// ("timm/resnet18d.ra2_in1k"), or torchvision's of the weights ("ResNet50_Weights.IMAGENET1K_V1"). A name that is unknown or means
// more than one is an error.
func LookupWeights(name string) (Published, error) {
	found := lookup(name)
	switch {
	case len(found) == 0:
		return Published{}, fmt.Errorf("hub: no published weights are known for %q%s", name, near(name))
	case len(found) > 1:
		return Published{}, fmt.Errorf("hub: %q is an architecture of %s and of %s: write %[2]s/%[1]s or %[3]s/%[1]s", name, found[0].Library, found[1].Library)
	}
	return found[0].clone(), nil
}

func lookup(name string) (found []Published) {
	library, arch, qualified := strings.Cut(strings.ToLower(name), "/")
	if !qualified {
		library, arch = "", library
	}
	arch, version, versioned := strings.Cut(arch, ".")
	if enum, is := strings.CutSuffix(arch, "_weights"); is && library != "timm" {
		library, arch = "torchvision", enum
	}
	for _, p := range published() {
		wanted := p.Default && (!versioned || version == "default") || versioned && version == strings.ToLower(p.Version)
		if arch == p.Arch && wanted && (library == "" || library == p.Library) {
			found = append(found, p)
		}
	}
	return found
}

// near names the architectures whose names begin like one that is unknown.
func near(name string) string {
	name = strings.ToLower(name[strings.LastIndex(name, "/")+1:])
	for n := len(name); n >= 3; n-- {
		var archs []string
		for _, p := range published() {
			if strings.HasPrefix(p.Arch, name[:n]) && !slices.Contains(archs, p.Arch) {
				archs = append(archs, p.Arch)
			}
		}
		if len(archs) > 0 {
			return ", only for such as " + strings.Join(archs[:min(5, len(archs))], ", ")
		}
	}
	return ": AllWeights lists them"
}
