package vision

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch"
)

// Identity lists the transforms by stable names with all settings, of training too, such as "Resize(32×32, squish)". A
// checkpoint knows its training by them, so they don't change with types and messages.
func (t ItemTransforms) Identity() []string {
	out := make([]string, len(t.tfms))
	for i, tfm := range t.tfms {
		out[i] = identityOf(tfm)
	}
	return out
}

// Identity lists the transforms by stable names with all settings; see [ItemTransforms.Identity]. An [Augment] is known by
// its name alone.
func (b BatchTransforms) Identity() []string {
	var out []string
	for _, t := range b.tfms {
		out = append(out, identityOf(t))
	}
	if b.sampling == SamplingOnce {
		out = append(out, "SamplingOnce")
	}
	return out
}

// Identity is the decoder's settings that change pixels; see [ItemTransforms.Identity].
func (d Decoder) Identity() string {
	return call("Decoder", when(d.Gray, "gray"), when(d.Orient, "orient"), when(d.Full, "full"))
}

// identityOf is a transform's stable name with its settings.
func identityOf(t any) string {
	switch t := t.(type) {
	case *affineTfm:
		return call("AffineCoordTfm", append([]string{t.args}, t.tfmConfig.identity()...)...)
	case *lightingTfm:
		return call("LightingTfm", t.args)
	case *cropTfm:
		return call("RandomResizedCropGPU", append(t.cropConfig.identity(t.w, t.h), when(t.perPicture, "per picture"))...)
	case *hueTfm:
		return t.args
	case *normalize:
		return call("Normalize", fmt.Sprint(t.mean), fmt.Sprint(t.std))
	case *erasing:
		return call("RandomErasing", "p "+number(t.p), "area "+number(t.least)+" to "+number(t.most), "aspect "+number(t.minAspect), "count "+strconv.Itoa(t.maxCount))
	case *ownTfm:
		return call("Augment", strconv.Quote(t.name))
	case *resizeTfm:
		return call("Resize", size(t.w, t.h), methods[t.method], paddings[t.pad])
	case ratioResize:
		return call("RatioResize", strconv.Itoa(int(t)))
	case *randomResizedCrop:
		return call("RandomResizedCrop", t.cropConfig.identity(t.w, t.h)...)
	case cropPad:
		return call(map[bool]string{false: "CropPad", true: "RandomCrop"}[t.random], size(t.w, t.h), paddings[t.pad])
	case turnItem:
		return call(map[bool]string{false: "DihedralItem", true: "FlipItem"}[t.first == t.last], "p "+number(t.p))
	}
	if own, ok := t.(interface{ Identity() string }); ok {
		return call("custom", own.Identity())
	}
	return call("custom", nameOf(t))
}

func (c tfmConfig) identity() []string {
	return []string{when(c.w > 0, size(c.w, c.h)), modes[c.mode], paddings[c.pad], when(!c.alignCorners, "corners not aligned")}
}

func (c cropConfig) identity(w, h int) []string {
	return []string{size(w, h), "scale " + number(c.minScale) + " to " + number(c.maxScale), "ratio " + number(c.minRatio) + " to " + number(c.maxRatio),
		"valid " + number(c.valXtra) + " " + number(c.validScale), when(c.mode != torch.Bilinear, modes[c.mode])}
}

// random is the identity of what is drawn with probability p, for each picture or once a batch.
func random(name string, p float64, together bool, args ...float64) string {
	all := make([]string, 0, len(args)+2)
	for _, v := range args {
		all = append(all, number(v))
	}
	return call(name, append(all, "p "+number(p), when(together, "whole batch"))...)
}

// call puts a name and those arguments that aren't empty together.
func call(name string, args ...string) string {
	var given []string
	for _, a := range args {
		if a != "" {
			given = append(given, a)
		}
	}
	return name + "(" + strings.Join(given, ", ") + ")"
}

func when(yes bool, text string) string {
	if yes {
		return text
	}
	return ""
}

func size(w, h int) string { return fmt.Sprintf("%d×%d", w, h) }

func number(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
