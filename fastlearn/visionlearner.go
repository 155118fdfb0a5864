package fastlearn

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/hub"
)

type visionConfig struct {
	ctx        context.Context
	pretrained bool
	weights    string
	load       nn.LoadOptions
	normalize  bool
	head       HeadOptions
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

// Pretrained says whether the body starts from published weights: true without it.
// They come from the cache that PyTorch uses, else are downloaded; see [hub.Weights].
func Pretrained(on bool) LearnerOption {
	return visionOption(func(c *visionConfig) { c.pretrained = on })
}

// Weights takes the body's weights from a .pth or safetensors file with torchvision's keys
// instead of the published ones: a bare state_dict, or one within a checkpoint.
func Weights(path string) LearnerOption {
	return visionOption(func(c *visionConfig) { c.weights, c.pretrained = path, true })
}

// WeightsOptions say how the file of [Weights] fits the architecture: its keys may have a
// prefix, other names, or be too few. What it ignores adds to the architecture's head.
func WeightsOptions(o nn.LoadOptions) LearnerOption {
	return visionOption(func(c *visionConfig) { c.load = o })
}

// NormalizeInput says whether a pretrained learner adds the normalisation its weights
// were trained with, where the loaders have none: true without it (fastai's normalize).
func NormalizeInput(on bool) LearnerOption {
	return visionOption(func(c *visionConfig) { c.normalize = on })
}

// Head replaces the head's defaults.
func Head(o HeadOptions) LearnerOption { return visionOption(func(c *visionConfig) { c.head = o }) }

// NOut is the number of outputs: that of the loaders' classes without it.
func NOut(n int) LearnerOption { return visionOption(func(c *visionConfig) { c.nOut = int64(n) }) }

// VisionLearner makes a learner of a body, cut from arch, and fastai's head, in
// three parameter groups; a pretrained one is frozen up to the head (fastai's
// vision_learner).
func VisionLearner(dls *DataLoaders, arch vision.Arch, opts ...LearnerOption) (*Learner, error) {
	c, err := newLearnerConfig("fastlearn: VisionLearner", opts)
	if err == nil && arch.New == nil {
		err = errors.New("fastlearn: VisionLearner: the architecture is empty: pass one such as vision.ResNet34")
	}
	if err != nil {
		return nil, err
	}
	if err := dls.check(); err != nil {
		return nil, fmt.Errorf("fastlearn: VisionLearner: %w", err)
	}
	if c.splitter == nil {
		c.splitter = visionSplitter(arch)
	}
	if c.vision.nOut == 0 {
		c.vision.nOut = int64(dls.C())
	}
	if c.vision.nIn == 0 {
		c.vision.nIn = dls.channels()
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
	var whole nn.Module
	if err := torch.Try(func() { guard.Do("Arch.New", arch.New, func() { whole = arch.New(1) }) }); err != nil {
		return nil, nil, err
	}
	children := nn.Children(whole)
	var body []nn.Module
	for i, child := range children {
		if i < arch.Cut {
			body = append(body, child.Module)
			names = append(names, child.Name)
		}
	}
	if c.pretrained {
		err = loadBody(whole, arch, c)
	}
	if err == nil {
		err = adaptInput(whole, c.nIn, c.pretrained)
	}
	for _, cut := range children[arch.Cut:] {
		nn.Close(cut.Module)
	}
	if err != nil {
		nn.Close(whole)
		return nil, nil, err
	}
	err = torch.Try(func() {
		model = nn.NewSequential(nn.NewSequential(body...), c.newHead(arch.Features))
	})
	return model, names, err
}

// loadBody fills the body from a file of the whole model's weights, leaving out what
// the architecture cuts off.
func loadBody(whole nn.Module, arch vision.Arch, c visionConfig) error {
	var path string
	var err error
	if c.weights == "" {
		path, err = hub.Weights(c.ctx, arch.Name)
	} else {
		path, err = fileToRead("", c.weights, pthExt)
	}
	if err != nil {
		return err
	}
	c.load.Ignore = slices.Concat(c.load.Ignore, arch.Head)
	if _, err := nn.LoadFile(whole, path, c.load); err != nil {
		return identified(fmt.Errorf("weights for %s: %w", arch.Name, err), "Weights", path)
	}
	return nil
}

// visionSplitter divides a model made by newVisionModel: the body at arch.Split, then the head.
func visionSplitter(arch vision.Arch) Splitter {
	return func(m nn.Module) [][]*torch.Tensor {
		parts := nn.Children(m)
		var groups [][]*torch.Tensor
		var group []*torch.Tensor
		for i, child := range nn.Children(parts[0].Module) {
			if slices.Contains(arch.Split, i) {
				groups, group = append(groups, group), nil
			}
			group = append(group, nn.Parameters(child.Module)...)
		}
		groups = append(groups, group)
		for _, part := range parts[1:] {
			groups = append(groups, nn.Parameters(part.Module))
		}
		return groups
	}
}
