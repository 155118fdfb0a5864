package data_test

import (
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

// One picture fills the batch: as it is in validation, augmented anew in training.
func TestUnique(t *testing.T) {
	block := fixture.ColourBlock()
	block.ItemTfms = vision.Item(vision.Resize(24))
	block.BatchTfms = vision.AugTransforms(vision.Size(16))
	dls, err := block.DataLoaders(fixture.ColourFolders(t, 8, "blue", "red"), data.BatchSize(4), data.Unique())
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	for _, c := range []struct {
		dl   data.Loader
		same bool
	}{{dls.Train, false}, {dls.Valid, true}} {
		b, err := c.dl.(*data.ItemLoader).OneBatch(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range b.Items {
			if item != 0 {
				t.Errorf("items %v", b.Items)
			}
		}
		first := torch.ToSlice[float32](b.X().Select(0, 0).Contiguous())
		second := torch.ToSlice[float32](b.X().Select(0, 1).Contiguous())
		if slices.Equal(first, second) != c.same {
			t.Errorf("equal pictures: %v, want %v", !c.same, c.same)
		}
		b.Close()
	}
}
