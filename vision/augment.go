package vision

import (
	"fmt"
	"math/rand/v2"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
)

// Augment is a custom augmentation: f changes a batch, N×C×H×W float32 from 0 to 1,
// in training alone, after the transforms of pixels and light and before [Normalize]. It
// may work in place, and draws from rng, so that batches stay the same for a seed. The
// result lives in x's scope. name is what errors
// and summaries call it.
func Augment(name string, f func(x *torch.Tensor, rng *rand.Rand) *torch.Tensor) BatchTransform {
	return &ownTfm{name, f}
}

type ownTfm struct {
	name string
	f    func(x *torch.Tensor, rng *rand.Rand) *torch.Tensor
}

func (t *ownTfm) Check() error {
	if t.name == "" || t.f == nil {
		return fmt.Errorf("Augment(%q, …): want a name and a function", t.name)
	}
	return nil
}

// Draw lets the function draw.
func (t *ownTfm) Draw(_, _, _ int, rng *rand.Rand, split Split) func(Part) *torch.Tensor {
	if split == Valid {
		return nil
	}
	return ofPictures(func(x *torch.Tensor) *torch.Tensor {
		return guard.Pointer("Augment "+t.name, t.f, func() *torch.Tensor { return t.f(x, rng) })
	})
}
