package vision

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
)

// A custom transform sees pixels from 0 to 1 in training, before Normalize, and nothing in validation.
func TestAugment(t *testing.T) {
	collector.Off(t)
	s := torch.NewScope()
	defer s.Close()
	invert := Augment("Invert", func(x *torch.Tensor, _ *rand.Rand) *torch.Tensor { return x.Neg().AddScalar_(1) })
	b := Batch(Normalize([]float64{0.5}, []float64{0.5}), invert)
	if err := b.Check(); err != nil {
		t.Fatal(err)
	}
	for split, want := range parity.Sorted(map[Split]float64{Train: 0.6, Valid: -0.6}) {
		live := torch.LiveTensors()
		x := s.With(torch.Uint8).Full(51, 2, 3, 4, 4) // 0.2
		y := b.Apply(x, rand.New(rand.NewPCG(1, 2)), split)
		if got := y.Mean().Item(); got < want-1e-6 || got > want+1e-6 {
			t.Errorf("split %d: %v, want %v", split, got, want)
		}
		if left := torch.LiveTensors() - live; left != 2 { // y and its mean
			t.Errorf("split %d: %d tensors left, want 2", split, left)
		}
	}
	if specs, _, _ := b.Describe(); len(specs) != 1 {
		t.Errorf("%d transforms are described for validation, want Normalize alone", len(specs))
	}
	if err := Batch(Augment("", nil)).Check(); err == nil || !strings.Contains(err.Error(), "a name and a function") {
		t.Errorf("nothing to do: %v", err)
	}
	bad := Batch(Augment("Bad", func(x *torch.Tensor, _ *rand.Rand) *torch.Tensor { return x.View(7) }))
	err := torch.Try(func() { bad.Apply(s.With(torch.Uint8).Zeros(2, 3, 4, 4), rand.New(rand.NewPCG(1, 2)), Train) })
	if err == nil || !strings.Contains(err.Error(), "Bad") {
		t.Errorf("the error %v, want the transform named", err)
	}
}
