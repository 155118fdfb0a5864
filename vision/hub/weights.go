package hub

import (
	"context"
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// Weights finds a file of weights by its name, and fetches it where no cache has it. In this order, a name is
//   - an http or https URL: of a file, which PyTorch's cache ([Dir]) keeps, or of a repository on the Hugging Face Hub or a file there
//   - that of published weights, see [LookupWeights]: torchvision's are in PyTorch's cache, timm's in Hugging Face's ([HFDir])
//   - what is on this machine, see [File]
//   - a repository on the Hugging Face Hub, "timm/vit_tiny_patch16_224.augreg_in21k", with a branch, tag or commit if "@main" and the
//     like follows, and with or without timm's "hf-hub:" before it. Its model.safetensors is taken, or else its pytorch_model.bin
//
// A file in a cache is trusted, as torch.hub does: it was compared with its checksum when it came there. Options are those of the
// download.
func Weights(ctx context.Context, name string, opts ...Option) (Checkpoint, error) {
	if err := guard.Context("hub: Weights", ctx); err != nil {
		return Checkpoint{}, err
	}
	if name == "" {
		return Checkpoint{}, errors.New("hub: Weights: the name is empty")
	}
	if err := guard.Options("hub: Weights: options", opts, func(Option) {}); err != nil {
		return Checkpoint{}, err
	}
	if isURL(name) {
		if r, file, ok := hubURL(name); ok {
			return r.weights(ctx, file, opts)
		}
		file, err := cached(ctx, name, opts)
		if err != nil {
			return Checkpoint{}, err
		}
		return File(file)
	}
	p, unknown := LookupWeights(name)
	if unknown == nil {
		return p.fetch(ctx, opts)
	}
	if len(lookup(name)) > 1 {
		return Checkpoint{}, unknown
	}
	if there, err := there(name); there || err != nil {
		return File(name)
	}
	if r, ok := parseRepo(name); ok {
		return r.weights(ctx, "", opts)
	}
	return Checkpoint{}, fmt.Errorf("%w; nor is there such a file", unknown)
}

// fetch is [Weights] of a row of the table.
func (p Published) fetch(ctx context.Context, opts []Option) (Checkpoint, error) {
	if r, _, ok := hubURL(p.URL); ok {
		return r.weights(ctx, "", opts)
	}
	file, err := cached(ctx, p.URL, opts)
	return Checkpoint{file, p.Arch, p.expected()}, err
}
