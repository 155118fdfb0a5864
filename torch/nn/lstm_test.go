package nn_test

import (
	"testing"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// reader classifierStep sequences of words by the last place of an LSTM that reads in both directions.
type reader struct {
	nn.Base
	Words *nn.Embedding
	LSTM  *nn.LSTM
	Head  *nn.Linear
}

func (m *reader) Forward(x *torch.Tensor) *torch.Tensor {
	return nn.Call(m.Head, nn.Call(m.LSTM, nn.Call(m.Words, x)).Select(1, -1))
}

// An LSTM classifier of word sequences trains as in PyTorch; the word 0 is padding.
func TestLSTMClassifier(t *testing.T) {
	build := func() nn.Module {
		return &reader{Words: nn.NewPaddedEmbedding(20, 8, 0), Head: nn.NewLinear(32, 4),
			LSTM: nn.NewLSTM(8, 16, nn.RecurrentOptions{Layers: 2, Bidirectional: true, BatchFirst: true})}
	}
	words := []float64{3, 17, 0, 9, 2, 0, 0, 4, 19, 1, 5, 5, 6, 0, 8}
	compareTraining(t, "lstm", build, true, words, []int64{3, 5}, []float64{0, 3, 2}, []int64{3}, classifierStep)
}
