package fastlearn

import (
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/visionmodel"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

func visionOption(f func(*visionmodel.Config)) LearnerOption {
	return learnerOption(func(c *learnerConfig) { f(&c.vision) })
}

// FromScratch begins with fresh weights. The default are published ones, from the cache that PyTorch uses or downloaded into it;
// see [hub.Weights].
func FromScratch() LearnerOption {
	return visionOption(func(c *visionmodel.Config) { c.Pretrained = false })
}

// Weights takes the body's weights from elsewhere than the default, the published ones of the architecture's library. The name is that of
// a .pth or safetensors file with the architecture's keys, which may be left without .pth: a bare state_dict, or one within a checkpoint;
// or whatever [hub.Weights] finds: other published weights ("ResNet50_Weights.IMAGENET1K_V1"), a repository on the Hugging Face Hub
// ("timm/vit_tiny_patch16_224.augreg_in21k"), a URL, a folder or a wheel.
// Options tell how the file fits the architecture: its keys may have a prefix, other names, or be too few. What they ignore adds to the
// architecture's head. Where the weights come with the mean and deviation that they were trained with, batches are normalised by those.
func Weights(name string, opts ...nn.LoadOptions) LearnerOption {
	return visionOption(func(c *visionmodel.Config) {
		c.Weights, c.Pretrained = name, true
		for _, o := range opts {
			c.Load = o
		}
	})
}

// NoNormalize leaves batches as they are. By default a pretrained learner adds the normalisation that its weights were trained
// with, where the loaders have none (fastai's normalize).
func NoNormalize() LearnerOption {
	return visionOption(func(c *visionmodel.Config) { c.Normalize = false })
}

// Head replaces the head's defaults.
func Head(o vision.HeadOptions) LearnerOption {
	return visionOption(func(c *visionmodel.Config) { c.Head = o })
}

// NIn sets the number of channels that go into a vision learner's model. The default
// is that of the loaders' pictures. Pretrained weights of three channels are summed for one. For more than three they are
// filled up with zeros, or for timm's architectures repeated and scaled by 3/channels (fastai's n_in).
func NIn(channels int) LearnerOption {
	return visionOption(func(c *visionmodel.Config) { c.NIn = int64(channels) })
}

// CustomHead replaces the head by a custom one, for what leaves the body:
// N×arch.Features×h×w. The learner takes it over; its weights are filled as the usual
// head's are, its biases become 0 (fastai's custom_head).
func CustomHead(head nn.Module) LearnerOption {
	return learnerOption(func(c *learnerConfig) { c.vision.CustomHead, c.noHead = head, guard.IsNil(head) })
}

// NOut sets the number of outputs (default that of the loaders' classes).
func NOut(n int) LearnerOption {
	return visionOption(func(c *visionmodel.Config) { c.NOut = int64(n) })
}

// VisionLearner makes a learner of a body, cut from arch, and fastai's head, in
// the parameter groups of fastai's model_meta, or of the body and the head where it has none; a pretrained one is frozen up to the head (fastai's
// vision_learner). On a CPU a model with depthwise convolutions gets its channels last, as by [Learner.ToChannelsLast], which is faster; [Learner.ToContiguous]
// undoes it.
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
		c.splitter = visionmodel.Splitter(arch)
	}
	if c.vision.NOut == 0 {
		c.vision.NOut = int64(dls.Outputs())
	}
	if c.vision.NIn == 0 {
		c.vision.NIn = dls.Channels()
	}
	if err := c.vision.FindWeights(&arch); err != nil {
		return nil, err
	}
	model, names, err := visionmodel.New(arch, c.vision)
	if err != nil {
		return nil, err
	}
	if c.vision.Pretrained && c.vision.Normalize && int(c.vision.NIn) == len(arch.Mean) && !dls.HasNormalize() {
		dls.AddBatchTfms(vision.Normalize(arch.Mean, arch.Std))
	}
	l, err := newLearner(dls, model, c)
	if err == nil {
		l.bodyNames, l.arch = names, arch.Name
		if !dls.Device.IsCUDA() && visionmodel.HasDepthwise(model) {
			l.ToChannelsLast()
		}
	}
	if err == nil && c.vision.Pretrained {
		err = l.Freeze()
	}
	if err != nil {
		nn.Close(model)
		return nil, err
	}
	return l, nil
}
