package fastlearn

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/files"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/hub"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

type visionConfig struct {
	ctx        context.Context
	pretrained bool
	weights    string
	load       nn.LoadOptions
	found      hub.Checkpoint // what weights names
	normalize  bool
	head       vision.HeadOptions
	customHead nn.Module
	nIn, nOut  int64
	noHead     bool // nil was passed for a CustomHead
}

func defaultVision() visionConfig {
	return visionConfig{ctx: context.Background(), pretrained: true, normalize: true}
}

func visionOption(f func(*visionConfig)) LearnerOption {
	return learnerOption(func(c *learnerConfig) { f(&c.vision) })
}

// FromScratch begins with fresh weights. The default are published ones, from the cache that PyTorch uses or downloaded into it;
// see [hub.Weights].
func FromScratch() LearnerOption {
	return visionOption(func(c *visionConfig) { c.pretrained = false })
}

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

// NoNormalize leaves batches as they are. By default a pretrained learner adds the normalisation that its weights were trained
// with, where the loaders have none (fastai's normalize).
func NoNormalize() LearnerOption {
	return visionOption(func(c *visionConfig) { c.normalize = false })
}

// Head replaces the head's defaults.
func Head(o vision.HeadOptions) LearnerOption {
	return visionOption(func(c *visionConfig) { c.head = o })
}

// NIn sets the number of channels that go into a vision learner's model. The default
// is that of the loaders' pictures. Pretrained weights of three channels are summed for one. For more than three they are
// filled up with zeros, or for timm's architectures repeated and scaled by 3/channels (fastai's n_in).
func NIn(channels int) LearnerOption {
	return visionOption(func(c *visionConfig) { c.nIn = int64(channels) })
}

// CustomHead replaces the head by a custom one, for what leaves the body:
// N×arch.Features×h×w. The learner takes it over; its weights are filled as the usual
// head's are, its biases become 0 (fastai's custom_head).
func CustomHead(head nn.Module) LearnerOption {
	return visionOption(func(c *visionConfig) { c.customHead, c.noHead = head, guard.IsNil(head) })
}

func (c visionConfig) newHead(features int64, pooled bool) nn.Module {
	if c.customHead == nil {
		c.head.NoPool = c.head.NoPool || pooled
		return vision.CreateHead(features, c.nOut, c.head)
	}
	fill := func(weight, bias *torch.Tensor) {
		nn.KaimingNormal_(weight, nn.FanIn)
		if bias != nil {
			nn.Constant_(bias, 0)
		}
	}
	nn.Walk(c.customHead, func(_ string, m nn.Module) {
		switch m := m.(type) {
		case *nn.Linear:
			fill(m.Weight, m.Bias)
		case *nn.Conv2d:
			fill(m.Weight, m.Bias)
		}
	})
	return c.customHead
}

// NOut sets the number of outputs (default that of the loaders' classes).
func NOut(n int) LearnerOption { return visionOption(func(c *visionConfig) { c.nOut = int64(n) }) }

// VisionLearner makes a learner of a body, cut from arch, and fastai's head, in
// the parameter groups of fastai's model_meta, or of the body and the head where it has none; a pretrained one is frozen up to the head (fastai's
// vision_learner).
func VisionLearner(dls *data.Loaders, arch vision.Arch, opts ...LearnerOption) (*Learner, error) {
	c, err := newLearnerConfig("fastlearn: VisionLearner", opts)
	if err == nil && arch.New == nil {
		err = errors.New("fastlearn: VisionLearner: the architecture is empty: pass one such as vision.ResNet34")
	}
	if err != nil {
		return nil, err
	}
	if err := dls.Check(); err != nil {
		return nil, fmt.Errorf("fastlearn: VisionLearner: %w", err)
	}
	if c.splitter == nil {
		c.splitter = visionSplitter(arch)
	}
	if c.vision.nOut == 0 {
		c.vision.nOut = int64(dls.Outputs())
	}
	if c.vision.nIn == 0 {
		c.vision.nIn = dls.Channels()
	}
	if err := c.vision.findWeights(&arch); err != nil {
		return nil, err
	}
	model, names, err := newVisionModel(arch, c.vision)
	if err != nil {
		return nil, err
	}
	if c.vision.pretrained && c.vision.normalize && int(c.vision.nIn) == len(arch.Mean) && !dls.HasNormalize() {
		dls.AddBatchTfms(vision.Normalize(arch.Mean, arch.Std))
	}
	l, err := newLearner(dls, model, c)
	if err == nil {
		l.bodyNames, l.arch = names, arch.Name
	}
	if err == nil && c.vision.pretrained {
		err = l.Freeze()
	}
	if err != nil {
		nn.Close(model)
		return nil, err
	}
	return l, nil
}

// newVisionModel makes a body and a head, and returns with them the architecture's names
// for the body's children.
func newVisionModel(arch vision.Arch, c visionConfig) (model nn.Module, names []string, err error) {
	var load func(whole nn.Module) error
	if c.pretrained {
		load = func(whole nn.Module) error { return loadBody(whole, arch, c) }
	}
	body, names, err := vision.CreateBody(arch, c.nIn, load)
	if err != nil {
		return nil, nil, fmt.Errorf("fastlearn: %w", err)
	}
	features, err := vision.NumFeatures(body, arch)
	if err == nil {
		err = torch.Try(func() { model = nn.NewSequential(body, c.newHead(features, arch.Pooled)) })
	}
	if err != nil {
		nn.Close(body)
	}
	return model, names, err
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

// visionSplitter divides a model made by newVisionModel: the body at arch.Split, then the head.
func visionSplitter(arch vision.Arch) func(nn.Module) [][]*torch.Tensor {
	return func(m nn.Module) [][]*torch.Tensor {
		parts := nn.Children(m)
		groups := [][]*torch.Tensor{nil}
		seen := map[*torch.Tensor]bool{}
		nn.Walk(parts[0].Module, func(name string, m nn.Module) {
			if slices.Contains(arch.Split, name) {
				groups = append(groups, nil)
			}
			for _, p := range nn.Own(m) {
				if last := len(groups) - 1; !seen[p.Tensor] {
					groups[last], seen[p.Tensor] = append(groups[last], p.Tensor), true
				}
			}
		})
		for _, part := range parts[1:] {
			groups = append(groups, nn.Parameters(part.Module))
		}
		return groups
	}
}
