package fastlearn_test

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// From one seed vision learners have fastai's weights to the bit, body and head, for images of any number of channels: fresh ones, and those
// that are made of published ones of three.
func TestChannelsEqualFastai(t *testing.T) {
	parity.NeedModule(t, "timm")
	type job struct {
		Name string `json:"name"`
		NIn  int    `json:"n_in"`
		Seed uint64 `json:"seed"`
		File string `json:"file"`
	}
	dir := t.TempDir()
	var jobs []job
	for k, name := range []string{
		"torchvision/resnet18", "torchvision/squeezenet1_1", "torchvision/resnet18", "fastai/xresnet18", "torchvision/mobilenet_v3_small", "timm/tf_efficientnet_lite0",
		"timm/tf_efficientnet_lite0", "timm/resnet26t", "timm/levit_256", "timm/convnext_atto", "timm/vit_tiny_patch16_224", "fastai/xresnet18", "timm/regnety_016",
	} {
		for i, n := range [][]int{{1, 4}, {2, 6}, {3}}[k%3] {
			jobs = append(jobs, job{name, n, uint64(i), ""})
			if !strings.HasPrefix(name, "fastai/") { // which publishes weights of few
				jobs = append(jobs, job{name, n, uint64(i), filepath.Join(dir, strings.ReplaceAll(name, "/", "-")+".pth")})
			}
		}
	}
	var want [][]string
	parity.Python(t, "channels.py", jobs, &want)
	for i, j := range jobs {
		t.Run(fmt.Sprintf("%s/%d/%v", j.Name, j.NIn, j.File != ""), func(t *testing.T) {
			arch, err := models.Get(j.Name)
			if err != nil {
				t.Fatal(err)
			}
			weights := fastlearn.FromScratch()
			if j.File != "" {
				weights = fastlearn.Weights(j.File)
			}
			torch.ManualSeed(j.Seed)
			learn, err := fastlearn.VisionLearner(data.NewLoaders(rows{}, nil, torch.CPU), arch, weights, fastlearn.NIn(j.NIn), fastlearn.NOut(3), fastlearn.NoNormalize(),
				fastlearn.LossFunc(loss.CrossEntropy{}), fastlearn.Logger(nil))
			if err != nil {
				t.Fatal(err)
			}
			defer learn.Close()
			learn.ToContiguous() // as Python's weights lie in memory
			var got []string
			for _, n := range nn.StateDict(learn.Model) {
				n.WithBytes(func(memory []byte) {
					got = append(got, fmt.Sprintf("%s %s %.6x", n.Name, strings.ReplaceAll(fmt.Sprint(n.Shape()), " ", ", "), sha256.Sum256(memory)))
				})
			}
			wrong := 0
			for k := range max(len(got), len(want[i])) {
				if k >= len(got) || k >= len(want[i]) || got[k] != want[i][k] {
					if wrong++; wrong <= 3 {
						t.Errorf("entry %d: %v, want %v", k, got[k:min(k+1, len(got))], want[i][k:min(k+1, len(want[i]))])
					}
				}
			}
			if wrong > 3 {
				t.Errorf("and %d more of %d", wrong-3, len(want[i]))
			}
		})
	}
}
