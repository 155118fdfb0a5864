package vision

import (
	"fmt"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
)

// TfmSpec describes what a transform does in validation, in words and numbers that JSON can
// hold. What does nothing there, such as a flip, has none.
type TfmSpec struct {
	Name         string    `json:"name"` // fastai's
	W            int       `json:"w,omitempty"`
	H            int       `json:"h,omitempty"`
	Method       string    `json:"method,omitempty"`  // crop, squish, pad
	Padding      string    `json:"padding,omitempty"` // reflection, border, zeros
	ValXtra      float64   `json:"val_xtra,omitempty"`
	Mode         string    `json:"mode,omitempty"` // bilinear, nearest, bicubic
	AlignCorners bool      `json:"align_corners,omitempty"`
	MinRatio     float64   `json:"min_ratio,omitempty"`
	MaxRatio     float64   `json:"max_ratio,omitempty"`
	Scale        float64   `json:"scale,omitempty"`
	Mean         []float64 `json:"mean,omitempty"`
	Std          []float64 `json:"std,omitempty"`
}

var (
	methods  = []string{Crop: "crop", Squish: "squish", Pad: "pad"}
	paddings = []string{Reflection: "reflection", Border: "border", Zeros: "zeros"}
	modes    = []string{torch.Bilinear: "bilinear", torch.Nearest: "nearest", torch.Bicubic: "bicubic"}
)

// describe asks a custom transform what of ours does the same in validation.
func describe(t any) ([]TfmSpec, error) {
	d, ok := t.(interface{ Describe() []TfmSpec })
	if !ok {
		return nil, fmt.Errorf("vision: a file can't hold the custom transform %s: give it a method Describe() []vision.TfmSpec, with what does the same in validation, or nothing", nameOf(t))
	}
	var specs []TfmSpec
	err := guard.Call("Describe", t, func() error { specs = d.Describe(); return nil })
	return specs, err
}

// Describe tells what the transforms do in validation. A custom one that doesn't tell is an error.
func (t ItemTransforms) Describe() (specs []TfmSpec, err error) {
	for _, tfm := range t.tfms {
		switch tfm := tfm.(type) {
		case *resizeTfm:
			specs = append(specs, TfmSpec{Name: "Resize", W: tfm.w, H: tfm.h, Method: methods[tfm.method], Padding: paddings[tfm.pad]})
		case ratioResize:
			specs = append(specs, TfmSpec{Name: "RatioResize", W: int(tfm)})
		case *randomResizedCrop:
			specs = append(specs, TfmSpec{Name: "RandomResizedCrop", W: tfm.w, H: tfm.h, ValXtra: tfm.valXtra})
		case cropPad: // in their order, so that which of the two it was makes no difference
			specs = append(specs, TfmSpec{Name: "CropPad", W: tfm.w, H: tfm.h, Padding: paddings[tfm.pad]})
		case turnItem: // does nothing
		default:
			own, err := describe(tfm)
			if err != nil {
				return nil, err
			}
			specs = append(specs, own...)
		}
	}
	return specs, nil
}

// ItemFrom makes the transforms that [ItemTransforms.Describe] described.
func ItemFrom(specs []TfmSpec) (ItemTransforms, error) {
	var t ItemTransforms
	for _, s := range specs {
		method, err := placeOf("method", s.Method, methods)
		pad, err2 := placeOf("padding", s.Padding, paddings)
		if err == nil {
			err = err2
		}
		if err != nil {
			return t, fmt.Errorf("vision: the transform %s: %w", s.Name, err)
		}
		var tfm ItemTransform
		switch s.Name {
		case "Resize":
			tfm = &resizeTfm{w: s.W, h: s.H, method: ResizeMethod(method), pad: PadMode(pad)}
		case "RatioResize":
			tfm = ratioResize(s.W)
		case "RandomResizedCrop":
			tfm = RandomResizedCrop(s.W, s.H, ValXtra(s.ValXtra))
		case "CropPad":
			tfm = CropPad(s.W, s.H, Padding(PadMode(pad)))
		default:
			return t, unknownTfm(s)
		}
		t.tfms = append(t.tfms, tfm)
	}
	return t, t.Check()
}

// Describe tells what the transforms do in validation, and how they sample. A custom one that doesn't tell is an error; [Augment]
// does nothing then.
func (b BatchTransforms) Describe() (specs []TfmSpec, sampling Sampling, err error) {
	for _, tfm := range b.tfms {
		switch tfm := tfm.(type) {
		case *affineTfm:
			specs = append(specs, TfmSpec{Name: "AffineCoordTfm", W: tfm.w, H: tfm.h, Mode: modes[tfm.mode],
				Padding: paddings[tfm.pad], AlignCorners: tfm.alignCorners})
		case *cropTfm:
			specs = append(specs, TfmSpec{Name: "RandomResizedCropGPU", W: tfm.w, H: tfm.h, Mode: modes[tfm.mode],
				MinRatio: tfm.minRatio, MaxRatio: tfm.maxRatio, Scale: tfm.validScale})
		case *normalize:
			specs = append(specs, TfmSpec{Name: "Normalize", Mean: tfm.mean, Std: tfm.std})
		case *lightingTfm, *hueTfm, *erasing, *ownTfm: // do nothing
		default:
			own, err := describe(tfm)
			if err != nil {
				return nil, 0, err
			}
			specs = append(specs, own...)
		}
	}
	return specs, b.sampling, nil
}

// BatchFrom makes the transforms that [BatchTransforms.Describe] described.
func BatchFrom(specs []TfmSpec, sampling Sampling) (BatchTransforms, error) {
	b := BatchTransforms{sampling: sampling}
	for _, s := range specs {
		mode, err := placeOf("mode", s.Mode, modes)
		pad, err2 := placeOf("padding", s.Padding, paddings)
		if err == nil {
			err = err2
		}
		if err != nil {
			return b, fmt.Errorf("vision: the transform %s: %w", s.Name, err)
		}
		var tfm BatchTransform
		switch s.Name {
		case "AffineCoordTfm":
			tfm = &affineTfm{name: s.Name, tfmConfig: newTfmConfig(s.Name, []TfmOption{SizeTo(s.W, s.H), Mode(torch.Interpolation(mode)),
				Padding(PadMode(pad)), tfmOption(func(c *tfmConfig) { c.alignCorners = s.AlignCorners })})}
		case "RandomResizedCropGPU":
			tfm = RandomResizedCropGPU(s.W, s.H, Ratio(s.MinRatio, s.MaxRatio), ValidScale(s.Scale), Mode(torch.Interpolation(mode)))
		case "Normalize":
			tfm = Normalize(s.Mean, s.Std)
		default:
			return b, unknownTfm(s)
		}
		b.tfms = append(b.tfms, tfm)
	}
	return b, b.Check()
}

func unknownTfm(s TfmSpec) error {
	return fmt.Errorf("vision: the transform %q is not known here: is the file of a newer version?", s.Name)
}

// placeOf is a word's place among those allowed; none at all is the first.
func placeOf(what, word string, words []string) (int, error) {
	for i, w := range words {
		if w == word {
			return i, nil
		}
	}
	if word == "" {
		return 0, nil
	}
	return 0, fmt.Errorf("%s %q: want one of %q", what, word, words)
}
