package rebuild

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/exportfile"
	"github.com/fastlearn-go/fastlearn/internal/fastcore"
	"github.com/fastlearn-go/fastlearn/torch/pth"
	"github.com/fastlearn-go/fastlearn/vision"
)

// itemTfms are fastai's transforms of one picture: what each does in validation. Nil does nothing then.
var itemTfms = map[string]func(a *attrs) vision.TfmSpec{
	"Resize": func(a *attrs) vision.TfmSpec {
		s := sized(a)
		s.Method, s.Padding = a.text("method", "crop"), a.text("pad_mode", "reflection")
		return s
	},
	"RandomResizedCrop": func(a *attrs) vision.TfmSpec {
		s := sized(a)
		s.ValXtra = a.float("val_xtra", 0.14)
		return s
	},
	"CropPad": func(a *attrs) vision.TfmSpec {
		s := sized(a)
		s.Padding = a.text("pad_mode", "zeros")
		return s
	},
	"RandomCrop": func(a *attrs) vision.TfmSpec { // from the middle
		s := sized(a)
		s.Name, s.Padding = "CropPad", "zeros"
		return s
	},
	"RatioResize": func(a *attrs) vision.TfmSpec {
		bilinear(a)
		return vision.TfmSpec{Name: "RatioResize", W: int(a.same("max_sz", 1, 0))}
	},
	"ToTensor": nil, "FlipItem": nil, "DihedralItem": nil,
}

// batchTfms are those of a batch.
var batchTfms = map[string]func(a *attrs) vision.TfmSpec{
	"IntToFloatTensor": func(a *attrs) vision.TfmSpec {
		if div := a.float("div", 255); div != 255 {
			a.odd("div", div, "255")
		}
		return vision.TfmSpec{}
	},
	"AffineCoordTfm": affineTfm, "Flip": affineTfm, "Dihedral": affineTfm, "Rotate": affineTfm, "Zoom": affineTfm, "Warp": affineTfm,
	"RandomResizedCropGPU": func(a *attrs) vision.TfmSpec {
		size := a.ints("size", 2, 0)
		s := vision.TfmSpec{Name: "RandomResizedCropGPU", H: int(size[0]), W: int(size[1]), Mode: a.text("mode", "bilinear"), Scale: a.float("valid_scale", 1)}
		ratio, _ := a.get("ratio", nil).(pth.Tuple)
		if len(ratio) != 2 {
			a.odd("ratio", a.get("ratio", nil), "two numbers")
			return s
		}
		s.MinRatio, _ = pth.Float(ratio[0])
		s.MaxRatio, _ = pth.Float(ratio[1])
		return s
	},
	"Normalize": func(a *attrs) vision.TfmSpec {
		return vision.TfmSpec{Name: "Normalize", Mean: a.numbers("mean"), Std: a.numbers("std")}
	},
	"LightingTfm": nil, "Brightness": nil, "Contrast": nil, "Saturation": nil, "HSVTfm": nil, "Hue": nil, "RandomErasing": nil,
}

// sized is a transform whose size is its width and its height.
func sized(a *attrs) vision.TfmSpec {
	bilinear(a)
	if p := a.float("p", 1); p != 1 {
		a.odd("p", p, "1, since else it acts by chance")
	}
	size := a.ints("size", 2, 0)
	return vision.TfmSpec{Name: a.o.Name, W: int(size[0]), H: int(size[1])}
}

// bilinear refuses another way to resize.
func bilinear(a *attrs) {
	const pil = 2
	if mode, ok := pth.Int(a.get("mode", int64(pil))); !ok || mode != pil {
		a.odd("mode", a.get("mode", nil), "BILINEAR")
	}
}

func affineTfm(a *attrs) vision.TfmSpec {
	s := vision.TfmSpec{Name: "AffineCoordTfm", Mode: a.text("mode", "bilinear"), Padding: a.text("pad_mode", "reflection")}
	if a.get("align_corners", nil) != nil {
		s.AlignCorners = a.flag("align_corners", true)
	}
	if a.get("size", nil) != nil {
		size := a.ints("size", 2, 0)
		s.H, s.W = int(size[0]), int(size[1])
	}
	return s
}

// numbers are those of a tensor of a few.
func (a *attrs) numbers(name string) []float64 {
	t, _ := a.get(name, nil).(*pth.Tensor)
	if t == nil || t.Len() > 100 || t.DType != pth.Float32 {
		a.odd(name, a.get(name, nil), "a float32 tensor of a few numbers")
		return nil
	}
	bytes, err := t.Bytes(0)
	a.fail(err)
	var all []float64
	for ; len(bytes) >= 4; bytes = bytes[4:] {
		all = append(all, float64(math.Float32frombits(binary.LittleEndian.Uint32(bytes))))
	}
	return all
}

// pipeline describes the transforms of a fastcore Pipeline.
func pipeline(loader *pth.Object, name string, known map[string]func(*attrs) vision.TfmSpec) (specs []vision.TfmSpec, err error) {
	v, _ := loader.Attr(name)
	fs, _ := fastcore.Object(v).Attr("fs")
	for _, f := range fastcore.Items(fs) {
		o := fastcore.Object(f)
		if o == nil {
			return nil, fmt.Errorf("its transforms %s hold %s", name, printed(f))
		}
		describe, ok := known[o.Name]
		if !ok || !strings.HasPrefix(o.Module, "fastai.") {
			return nil, fmt.Errorf("the transform %s.%s of its %s isn't known here: make the learner's transforms anew in Go and load the weights by Weights", o.Module, o.Name, name)
		}
		if describe == nil {
			continue
		}
		a := &attrs{o: o, where: "the transform " + o.Name}
		s := describe(a)
		if a.err != nil {
			return nil, a.err
		}
		if s.Name != "" {
			specs = append(specs, s)
		}
	}
	return specs, nil
}

// losses are what fastai's losses make of a model's output.
var losses = map[string][2]string{
	"CrossEntropyLossFlat": {"softmax", "argmax"}, "FocalLossFlat": {"softmax", "argmax"}, "FocalLoss": {"none", "none"},
	"LabelSmoothingCrossEntropy": {"softmax", "argmax"}, "LabelSmoothingCrossEntropyFlat": {"softmax", "argmax"},
	"BCEWithLogitsLossFlat": {"sigmoid", "threshold"}, "BCELossFlat": {"none", "none"},
	"MSELossFlat": {"none", "none"}, "L1LossFlat": {"none", "none"}, "BaseLoss": {"none", "none"},
}

// pictures are the settings of a learner's data.
func pictures(learner *pth.Object, e *exportfile.Description) error {
	dls, _ := learner.Attr("dls")
	all, _ := fastcore.Object(dls).Attr("loaders")
	loaders := fastcore.Items(all)
	if len(loaders) == 0 {
		return fmt.Errorf("it has no data loaders, which know the classes and transforms")
	}
	valid := fastcore.Object(loaders[min(1, len(loaders)-1)])
	var err error
	if e.ItemTfms, err = pipeline(valid, "after_item", itemTfms); err != nil {
		return err
	}
	if e.BatchTfms, err = pipeline(valid, "after_batch", batchTfms); err != nil {
		return err
	}
	if _, err = pipeline(valid, "before_batch", nil); err != nil {
		return err
	}
	dataset, _ := valid.Attr("dataset")
	v, _ := fastcore.Object(dataset).Attr("tls")
	lists := fastcore.Items(v)
	if len(lists) != 2 {
		return fmt.Errorf("its items have %d parts: want a picture and a target", len(lists))
	}
	types, _ := fastcore.Object(lists[0]).Attr("types")
	kinds := fastcore.Items(types)
	if len(kinds) == 0 {
		return fmt.Errorf("it doesn't tell what its items are")
	}
	switch last := fastcore.Object(kinds[len(kinds)-1]); last.String() {
	case "<fastai.vision.core.PILImage>":
	case "<fastai.vision.core.PILImageBW>":
		e.Decoder.Gray = true
	default:
		return fmt.Errorf("its inputs are %s: want fastai's PILImage or PILImageBW", printed(kinds[len(kinds)-1]))
	}
	e.Decoder.Full = true // as PIL does
	e.NIn = vision.Decoder{Gray: e.Decoder.Gray}.Channels()
	tfms, _ := fastcore.Object(lists[1]).Attr("tfms")
	fs, _ := fastcore.Object(tfms).Attr("fs")
	for _, f := range fastcore.Items(fs) {
		if vocab, ok := fastcore.Object(f).Attr("vocab"); ok {
			e.Vocab = nil
			for _, word := range fastcore.Items(vocab) {
				e.Vocab = append(e.Vocab, exportfile.Name(text(word)))
			}
		}
	}
	return nil
}

// meaning is what the learner's loss makes of the outputs.
func meaning(learner *pth.Object, e *exportfile.Description) error {
	v, _ := learner.Attr("loss_func")
	o := fastcore.Object(v)
	known, ok := losses[name(o)]
	if !ok {
		return fmt.Errorf("its loss %s isn't known here, so nothing tells what its outputs mean", printed(v))
	}
	e.Activation, e.Decode = known[0], known[1]
	a := &attrs{o: o, where: "its loss " + o.Name}
	if e.Decode == "threshold" {
		e.Threshold = a.float("thresh", 0.5)
	}
	return a.err
}

// text is a class's name as Python's str writes it.
func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	if b, ok := v.(bool); ok {
		return map[bool]string{true: "True", false: "False"}[b]
	}
	return fmt.Sprint(v)
}

func name(o *pth.Object) string {
	if o == nil {
		return ""
	}
	return o.Name
}
