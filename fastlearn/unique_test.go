package fastlearn

import (
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

// One picture fills the batch: as it is in validation, augmented anew in training.
func TestUnique(t *testing.T) {
	block := colourBlock()
	block.ItemTfms = vision.Item(vision.Resize(24))
	block.BatchTfms = vision.AugTransforms(vision.Size(16))
	dls, err := block.DataLoaders(colourFolders(t, 8, "blue", "red"), BatchSize(4), Unique())
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	for _, c := range []struct {
		dl   Loader
		same bool
	}{{dls.Train, false}, {dls.Valid, true}} {
		b, err := c.dl.(*DataLoader).OneBatch(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range b.Items {
			if item != 0 {
				t.Errorf("items %v", b.Items)
			}
		}
		first := torch.ToSlice[float32](b.X.Select(0, 0).Contiguous())
		second := torch.ToSlice[float32](b.X.Select(0, 1).Contiguous())
		if slices.Equal(first, second) != c.same {
			t.Errorf("equal pictures: %v, want %v", !c.same, c.same)
		}
		b.Close()
	}
}
