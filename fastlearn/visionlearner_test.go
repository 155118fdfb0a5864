package fastlearn_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
	"github.com/fastlearn-go/fastlearn/vision"
)

// Weights that don't fit the body are refused with every key, and leave nothing behind.
func TestWeightsThatDoNotFitAreListed(t *testing.T) {
	collector.Off(t)
	file := filepath.Join(t.TempDir(), "weights.pth")
	whole := vision.ResNet18.New(10)
	good, err := nn.ToPTH(whole)
	if err != nil {
		t.Fatal(err)
	}
	defer good.Release()
	state := pth.NewOrderedDict()
	for key, value := range good.All() {
		if key != "conv1.weight" && key != "layer2.0.bn1.bias" {
			state.Set(key, value)
		}
	}
	bias, _ := good.Get("bn1.bias")
	state.Set("layer3.0.conv1.weight", bias)
	state.Set("layer9.weight", bias)
	if err := pth.WriteFile(file, state); err != nil {
		t.Fatal(err)
	}
	nn.Close(whole)

	dls, err := fixture.ColourBlock().DataLoaders(fixture.ColourFolders(t, 8, "blue", "red"), data.BatchSize(4))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	live := torch.LiveTensors()
	_, err = fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.Weights(file))
	var bad *nn.StateError
	if !errors.As(err, &bad) || !strings.Contains(err.Error(), file) {
		t.Fatal(err)
	}
	if !slices.Equal(bad.Missing, []string{"conv1.weight", "layer2.0.bn1.bias"}) ||
		!slices.Equal(bad.Unexpected, []string{"layer9.weight"}) ||
		len(bad.Misshapen) != 1 || !strings.HasPrefix(bad.Misshapen[0], "layer3.0.conv1.weight (file [64], model [256 128 3 3])") {
		t.Error(err)
	}
	if got := torch.LiveTensors() - live; got != 0 {
		t.Errorf("%d tensors live", got)
	}
}
