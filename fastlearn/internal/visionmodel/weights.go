package visionmodel

import (
	"fmt"
	"os"
	"slices"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/files"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/hub"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// FindWeights finds the file of the weights that the learner begins with, and puts their normalisation in the place of the
// architecture's own.
func (c *Config) FindWeights(arch *vision.Arch) (err error) {
	if !c.Pretrained {
		return nil
	}
	if c.Weights == "" {
		c.found, err = hub.Weights(c.Ctx, publishedName(arch.Name))
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

// publishedName is an architecture's name with its library, for the weights of that name: a plain name means timm's where timm has one.
func publishedName(arch string) string {
	for _, library := range []string{"timm/", "torchvision/"} {
		if _, err := models.Get(library + arch); err == nil {
			return library + arch
		}
	}
	return arch
}

// byName finds what Weights was given: a file first.
func (c *Config) byName() (hub.Checkpoint, error) {
	path, err := files.ToRead("", c.Weights, files.PTH)
	if err == nil {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return hub.File(path)
		}
	}
	return hub.Weights(c.Ctx, c.Weights)
}

// loadBody fills the body from a file of the whole model's weights, leaving out what the architecture cuts off.
func loadBody(whole nn.Module, arch vision.Arch, c Config) error {
	c.Load.Ignore = slices.Concat(c.Load.Ignore, arch.Head)
	if _, err := nn.LoadFile(whole, c.found.Path, c.Load); err != nil {
		return files.Identify(fmt.Errorf("weights for %s: %w", arch.Name, err), "Weights", c.found.Path)
	}
	return nil
}
