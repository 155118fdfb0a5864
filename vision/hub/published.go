package hub

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Published is a row of the table of published weights.
type Published struct {
	Library string  // torchvision or timm
	Arch    string  // the library's name of the architecture: resnet34
	Version string  // IMAGENET1K_V1; timm's tag, ra2_in1k
	Default bool    // what pretrained=True takes
	URL     string  // of the file, whose name ends with the beginning of its SHA-256; of the repository for timm's
	Params  int64   // number of parameters, buffers not counted
	MiB     float64 // the file's size in units of 1,048,576 bytes, 0 where it isn't told
	Acc1    float64 // accuracy on ImageNet's validation images in percent, one crop, of timm's at the size that it tests with; 0 where it isn't told
	Preprocessing
}

//go:embed published.tsv
var publishedTSV string

// published are torchvision 0.26's weights for classification, and the defaults of the architectures of timm 1.0.31 that package
// models has.
var published = sync.OnceValue(func() (all []Published) {
	for line := range strings.Lines(publishedTSV) {
		if f := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); f[0] != "library" {
			size := int(number(f[8]))
			all = append(all, Published{f[0], f[1], f[2], f[3] != "", f[4], int64(number(f[5])), number(f[6]), number(f[7]), Preprocessing{
				Mean: numbers(f[11]), Std: numbers(f[12]), Size: [2]int{size, size}, CropPct: number(f[9]), CropMode: "center", Interpolation: f[10],
			}})
		}
	}
	return all
})

// number reads a cell; an empty one is 0. A test compares them all with Python's.
func number(cell string) float64 {
	v, _ := strconv.ParseFloat(cell, 64)
	return v
}

func numbers(cell string) (v []float64) {
	for c := range strings.SplitSeq(cell, ",") {
		v = append(v, number(c))
	}
	return v
}

// Name is the one that [Weights] and [LookupWeights] take for these weights and no others, such as timm/resnet18d.ra2_in1k.
func (p Published) Name() string { return p.Library + "/" + p.Arch + "." + p.Version }

// AllWeights lists the published weights that have a name of their own here.
func AllWeights() []Published {
	all := slices.Clone(published())
	for i := range all {
		all[i] = all[i].clone()
	}
	return all
}

// expected is what the architecture of package models expects of images. Torchvision's GoogLeNet and Inception take ImageNet's mean and
// deviation and turn them into halves by themselves (transform_input); ours don't.
func (p Published) expected() Preprocessing {
	e := p.Preprocessing
	if p.Library == "torchvision" && (p.Arch == "googlenet" || p.Arch == "inception_v3") {
		e.Mean, e.Std = []float64{0.5, 0.5, 0.5}, []float64{0.5, 0.5, 0.5}
	}
	return e
}

func (p Published) clone() Published {
	p.Mean, p.Std = slices.Clone(p.Mean), slices.Clone(p.Std)
	return p
}
