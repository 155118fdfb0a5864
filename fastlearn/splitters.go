package fastlearn

import (
	"fmt"

	"github.com/fastlearn-go/fastlearn/torch"
)

// SplitFunc divides n items into those to train on and those to validate on.
type SplitFunc func(n int) (train, valid []int, err error)

// RandomSplitter puts a random part of the items into the validation set: with a seed,
// fastai's very ones. libtorch's generator is left as it was found.
func RandomSplitter(validPct float64, seed int64) SplitFunc {
	return func(n int) (train, valid []int, err error) {
		if validPct < 0 || validPct > 1 {
			return nil, nil, fmt.Errorf("fastlearn: RandomSplitter of %v: want a part from 0 to 1", validPct)
		}
		cut := int(validPct * float64(n))
		err = torch.Try(func() {
			state := torch.RNGState(torch.CPU)
			defer state.Close()
			defer torch.SetRNGState(torch.CPU, state)
			torch.ManualSeed(uint64(seed))
			s := torch.NewScope()
			defer s.Close()
			order := ints(s.RandPerm(int64(n)))
			valid, train = order[:cut], order[cut:]
		})
		return train, valid, err
	}
}
