package vision

import (
	"fmt"
	"strings"
)

// nameOf is what a transform is called, as fastai calls it.
func nameOf(t any) string {
	switch t := t.(type) {
	case *affineTfm:
		return t.name
	case *lightingTfm:
		return t.name
	case *cropTfm:
		return "RandomResizedCropGPU"
	case *hueTfm:
		return "Hue"
	case *normalize:
		return "Normalize"
	case *erasing:
		return "RandomErasing"
	case *ownTfm:
		return t.name
	case *resizeTfm:
		return "Resize"
	case ratioResize:
		return "RatioResize"
	case *randomResizedCrop:
		return "RandomResizedCrop"
	case cropPad:
		return t.name
	case turnItem:
		return t.name
	case composed:
		var names []string
		for _, g := range t {
			names = append(names, nameOf(g))
		}
		return strings.Join(names, ", ")
	}
	if named, ok := t.(interface{ Name() string }); ok {
		return named.Name()
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", t), "*")
}
