package data

import (
	"context"
	"math"

	"github.com/fastlearn-go/fastlearn/torch"
)

// BatchStats are the mean and the deviation of each channel in a first batch of the
// training set, for pictures unlike ImageNet's: pass them to [vision.Normalize] (fastai's
// Normalize without arguments).
func (d *Loaders) BatchStats(ctx context.Context) (mean, std []float64, err error) {
	b, err := d.OneBatch(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer b.Close()
	err = torch.Try(func() {
		x := b.X().To(torch.Float64)
		n := float64(x.Numel()) / float64(x.Size(1))
		mean = torch.ToSlice[float64](x.Mean(0, 2, 3))
		squares := torch.ToSlice[float64](x.PowScalar(2).Mean(0, 2, 3))
		for i, m := range mean {
			std = append(std, math.Sqrt(math.Max(squares[i]-m*m, 0)*n/(n-1))+1e-7)
		}
	})
	return mean, std, err
}
