package fastlearn

import (
	"context"
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/conv"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

// TTAOption changes a default of [Learner.TTA].
type TTAOption func(*ttaConfig)

type ttaConfig struct {
	n      int
	beta   float64
	useMax bool
}

// TTATimes sets how often each picture is augmented (default 4) (fastai's n).
func TTATimes(n int) TTAOption { return func(c *ttaConfig) { c.n = n } }

// TTABeta sets the weight of the picture as it is (default 0.25). The augmented ones share
// the rest.
func TTABeta(b float64) TTAOption { return func(c *ttaConfig) { c.beta = b } }

// TTAMax takes the largest probability of all instead of a mean.
func TTAMax() TTAOption { return func(c *ttaConfig) { c.useMax = true } }

// TTA predicts a data set from its pictures as they are and from augmented ones, by the
// transforms of training, and averages; a nil loader is the validation set (fastai's tta).
// Losses are those of the pictures as they are.
func (l *Learner) TTA(ctx context.Context, dl *data.ItemLoader, opts ...TTAOption) (*Preds, error) {
	return get(l, "TTA", func() (*Preds, error) { return l.testTimeAugmentation(ctx, dl, opts) })
}

func (l *Learner) testTimeAugmentation(ctx context.Context, dl *data.ItemLoader, opts []TTAOption) (*Preds, error) {
	c := ttaConfig{n: 4, beta: 0.25}
	if err := guard.Options("fastlearn: TTA", opts, func(o TTAOption) { o(&c) }); err != nil {
		return nil, err
	}
	if c.n < 1 || !(c.beta >= 0 && c.beta <= 1) {
		return nil, fmt.Errorf("fastlearn: TTA of %d times with TTABeta(%v): want 1 or more, and a part from 0 to 1", c.n, c.beta)
	}
	if dl == nil {
		var ok bool
		if dl, ok = l.DLs.Valid.(*data.ItemLoader); !ok {
			return nil, errors.New("fastlearn: TTA: the validation set isn't loaded from images, and has no transforms to augment by: pass a DataLoader")
		}
	}
	augmented, err := dl.Ordered(vision.Train)
	if err != nil {
		return nil, err
	}
	defer augmented.Close()
	plain, err := dl.Ordered(vision.Valid)
	if err != nil {
		return nil, err
	}
	defer plain.Close()
	sum := [][]float64{}
	for k := range c.n {
		p, err := l.GetPreds(ctx, augmented)
		if err != nil {
			return nil, err
		}
		for i, probs := range p.Probs {
			if k == 0 {
				sum = append(sum, make([]float64, len(probs)))
			}
			for j, v := range probs {
				switch {
				case !c.useMax:
					sum[i][j] += v / float64(c.n)
				case k == 0 || v > sum[i][j]:
					sum[i][j] = v
				}
			}
		}
	}
	out, err := l.GetPreds(ctx, plain)
	if err != nil {
		return nil, err
	}
	if len(sum) != len(out.Probs) {
		return nil, fmt.Errorf("fastlearn: TTA: %d pictures could be read at first, then %d", len(sum), len(out.Probs))
	}
	for i, probs := range out.Probs {
		for j, v := range probs {
			if c.useMax {
				probs[j] = max(sum[i][j], v)
			} else {
				probs[j] = sum[i][j] + c.beta*(v-sum[i][j])
			}
		}
	}
	return out, l.decodeAgain(out)
}

// decodeAgain makes the decoded predictions anew from their probabilities.
func (l *Learner) decodeAgain(p *Preds) error {
	if len(p.Probs) == 0 {
		return nil
	}
	return torch.Try(func() {
		s := torch.NewScope()
		defer s.Close()
		var flat []float64
		for _, probs := range p.Probs {
			flat = append(flat, probs...)
		}
		n := int64(len(p.Probs))
		decoded := decode(l.Loss, torch.FromSlice(s, flat, n, int64(len(p.Probs[0]))))
		if p.Decoded != nil {
			p.Decoded = conv.Ints(decoded)
		} else {
			p.DecodedRows = conv.Rows(decoded, n)
		}
	})
}
