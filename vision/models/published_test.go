package models_test

import (
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/vision/hub"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// The mean and deviation of an architecture are those of its library's default weights, as the table of package hub has them, which its tests
// compare with torchvision's and timm's configs.
func TestMeansArePublished(t *testing.T) {
	seen := map[string]bool{}
	half := []float64{0.5, 0.5, 0.5}
	for _, p := range hub.AllWeights() {
		if !p.Default {
			continue
		}
		name := p.Library + "/" + p.Arch
		a, err := models.Get(name)
		if err != nil {
			t.Error(err)
			continue
		}
		mean, std := p.Mean, p.Std
		if name == "torchvision/googlenet" || name == "torchvision/inception_v3" { // whose models change these to halves, by transform_input
			mean, std = half, half
		}
		if seen[name] = true; !slices.Equal(a.Mean, mean) || !slices.Equal(a.Std, std) {
			t.Errorf("%s: mean %v and deviation %v, want %v and %v", name, a.Mean, a.Std, mean, std)
		}
	}
	for _, name := range models.List("torchvision/*", "timm/*") {
		if full := fullName(name); !seen[full] {
			t.Errorf("%s has no published weights in the table", full)
		}
	}
	for _, name := range []string{"efficientnet_b1", "tf_efficientnetv2_s", "tf_efficientnet_lite0", "vit_tiny_patch16_224"} {
		if a, err := models.Get("timm/" + name); err != nil || !slices.Equal(a.Mean, half) || !slices.Equal(a.Std, half) {
			t.Errorf("%s: %v %v %v, want halves", name, a.Mean, a.Std, err)
		}
	}
}
