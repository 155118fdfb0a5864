package fastlearn

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/files"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/hub"
)

// Weights takes the body's weights from elsewhere than the default, the published ones of the architecture's library. The name is that of
// a .pth or safetensors file with the architecture's keys, which may be left without .pth: a bare state_dict, or one within a checkpoint;
// or whatever [hub.Weights] finds: other published weights ("ResNet50_Weights.IMAGENET1K_V1"), a repository on the Hugging Face Hub
// ("timm/vit_tiny_patch16_224.augreg_in21k"), a URL, a folder or a wheel.
// Options tell how the file fits the architecture: its keys may have a prefix, other names, or be too few. What they ignore adds to the
// architecture's head. Where the weights come with the mean and deviation that they were trained with, batches are normalised by those.
func Weights(name string, opts ...nn.LoadOptions) LearnerOption {
	return visionOption(func(c *visionConfig) {
		c.weights, c.pretrained = name, true
		for _, o := range opts {
			c.load = o
		}
	})
}

// findWeights finds the file of the weights that the learner begins with, and puts their normalisation in the place of the
// architecture's own.
func (c *visionConfig) findWeights(arch *vision.Arch) (err error) {
	if !c.pretrained {
		return nil
	}
	if c.weights == "" {
		c.found, err = hub.Weights(c.ctx, publishedName(arch.Name))
	} else {
		c.found, err = c.byName()
	}
	if err != nil {
		return fmt.Errorf("fastlearn: weights for %s: %w", arch.Name, err)
	}
	if len(c.found.Mean) > 0 {
		arch.Mean, arch.Std = c.found.Mean, c.found.Std
	}
	return nil
}

// publishedName is an architecture's name with its library where two have it: a plain name means timm's, as in fastai.
func publishedName(arch string) string {
	if _, err := hub.LookupWeights("timm/" + arch); err == nil && !strings.Contains(arch, "/") {
		return "timm/" + arch
	}
	return arch
}

// byName finds what Weights was given: a file first.
func (c *visionConfig) byName() (hub.Checkpoint, error) {
	path, err := files.ToRead("", c.weights, files.PTH)
	if err == nil {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return hub.File(path)
		}
	}
	return hub.Weights(c.ctx, c.weights)
}

// loadBody fills the body from a file of the whole model's weights, leaving out what the architecture cuts off.
func loadBody(whole nn.Module, arch vision.Arch, c visionConfig) error {
	c.load.Ignore = slices.Concat(c.load.Ignore, arch.Head)
	if _, err := nn.LoadFile(whole, c.found.Path, c.load); err != nil {
		return files.Identify(fmt.Errorf("weights for %s: %w", arch.Name, err), "Weights", c.found.Path)
	}
	return nil
}
