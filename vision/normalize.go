package vision

import (
	"fmt"
	"math/rand/v2"

	"github.com/fastlearn-go/fastlearn/torch"
)

// ImageNetStats are the mean and the deviation of ImageNet's pictures, red, green and
// blue, from 0 to 1. Pass them to [Normalize].
func ImageNetStats() (mean, std []float64) {
	return []float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225}
}

// Normalize subtracts the mean and divides by the deviation, channel by channel
// (fastai's Normalize). A single number of each serves all channels.
func Normalize(mean, std []float64) BatchTransform { return &normalize{mean, std} }

type normalize struct{ mean, std []float64 }

func (t *normalize) Check() error {
	if len(t.mean) != len(t.std) || len(t.mean) == 0 {
		return fmt.Errorf("Normalize: %d means and %d deviations: want one of each for every channel", len(t.mean), len(t.std))
	}
	for i, std := range t.std {
		if !(std > 0) || !finite(std) || !finite(t.mean[i]) {
			return fmt.Errorf("Normalize: the means %v and deviations %v: want numbers, the deviations above 0", t.mean, t.std)
		}
	}
	return nil
}

func (t *normalize) Order() int { return 99 }

// Draw draws nothing.
func (t *normalize) Draw(n, w, h int, rng *rand.Rand, split Split) func(Part) *torch.Tensor {
	return drawAlone(t, n, w, h, rng, split)
}

func (t *normalize) drawInto(all *numbers, _, _, _ int, _ *rand.Rand, _ Split) func(Part) *torch.Tensor {
	mean, std := all.add(t.mean...), all.add(t.std...)
	return ofPictures(func(x *torch.Tensor) *torch.Tensor {
		s := x.Scope().Child()
		defer s.Close()
		return x.Sub_(all.perChannel(s, x, mean)).Div_(all.perChannel(s, x, std))
	})
}

// perChannel is one number for each channel of x.
func (a *numbers) perChannel(s *torch.Scope, x *torch.Tensor, of span) *torch.Tensor {
	return a.view(s, x, of, 1, int64(of.n), 1, 1)
}
