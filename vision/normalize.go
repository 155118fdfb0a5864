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
func (t *normalize) Draw(_, _, _ int, _ *rand.Rand, _ Split) func(Part) *torch.Tensor {
	return ofPictures(func(x *torch.Tensor) *torch.Tensor {
		s := x.Scope().Child()
		defer s.Close()
		return x.Sub_(perChannel(s, t.mean, x)).Div_(perChannel(s, t.std, x))
	})
}

// perChannel is one number for each channel of x, in scope s.
func perChannel(s *torch.Scope, v []float64, x *torch.Tensor) *torch.Tensor {
	return torch.FromSlice(s, v, 1, int64(len(v)), 1, 1).To(torch.Float32, x.Device())
}
