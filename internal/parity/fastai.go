package parity

import "path"

// CutsEarly is what fastai makes of architectures of which it keeps only the stem.
const CutsEarly = "cuts after the stem"

// unlike are the architectures for which fastai 2.8.12 raises, by the error, or cuts too early.
var unlike = map[string]string{
	"torchvision/googlenet": "RuntimeError", "torchvision/inception_v3": "RuntimeError", "torchvision/mobilenet_v2": "StopIteration",
	"torchvision/mnasnet*": "StopIteration", "torchvision/shufflenet_v2_*": CutsEarly, "torchvision/maxvit_t": "NotImplementedError", "torchvision/vit_*": "StopIteration",
	"timm/swin_*": "RuntimeError", "fastai/xsenet154": "TypeError",
}

// UnlikeFastai is what fastai makes of an architecture, by its full name: the error that it raises, or CutsEarly; "" if it makes what we make.
func UnlikeFastai(name string) string {
	for pattern, what := range unlike {
		if ok, _ := path.Match(pattern, name); ok {
			return what
		}
	}
	return ""
}
