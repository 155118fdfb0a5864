package vision

import (
	"fmt"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Weights of three channels are adapted to one, two or five as fastai does.
func TestAdaptInput(t *testing.T) {
	for n, want := range parity.Sorted(map[int64]string{1: "[6]", 2: "[1.5 3]", 3: "[1 2 3]", 5: "[1 2 3 0 0]"}) {
		conv := nn.NewConv2d(3, 1, 1, nn.NoBias())
		s := torch.NewScope()
		torch.NoGrad(func() { conv.Weight.Copy_(torch.FromSlice(s, []float32{1, 2, 3}, 1, 3, 1, 1)) })
		if err := adaptInput(conv, n, true); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(torch.ToSlice[float32](conv.Weight)); got != want {
			t.Errorf("%d channels: %s, want %s", n, got, want)
		}
		nn.Close(conv)
		s.Close()
	}
	conv := nn.NewConv2d(4, 1, 1)
	defer nn.Close(conv)
	for _, n := range []int64{0, 2} {
		if adaptInput(conv, n, true) == nil {
			t.Errorf("%d channels are not refused", n)
		}
	}
}
