package onnx_test

import (
	"cmp"
	"flag"
	"os"
	"regexp"
	"testing"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

var architectures = flag.String("architectures", "^(alexnet|convnext_tiny|convnextv2_atto|densenet121|efficientnet_b0|efficientnet_v2_s|googlenet|inception_v3|maxvit_t|mnasnet0_5|mobilenet_v2|"+
	"mobilenet_v3_small|mobilenetv3_large_100|regnet_[xy]_400mf|resnet(18|26t|50)|shufflenet_v2_x0_5|squeezenet1_1|swin(_v2)?_t|tf_efficientnet_lite0|vit_tiny_patch16_224)$", "TestArchitectures: a pattern of names; the default has each family's smallest")

// Every architecture gives ONNX Runtime's logits, for a batch of any size.
func TestArchitectures(t *testing.T) {
	chosen, err := regexp.Compile(*architectures)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range models.List() {
		if !chosen.MatchString(name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			arch, err := models.Get(name)
			if err != nil {
				t.Fatal(err)
			}
			s := torch.NewScope()
			defer s.Close()
			torch.ManualSeed(1)
			m := arch.New(5)
			defer nn.Close(m)
			nn.Eval(m)
			size := cmp.Or(arch.Size, 96)
			g, err := nn.Trace(m, s.Randn(2, 3, size, size))
			if err != nil {
				t.Fatal(err)
			}
			state, err := nn.ToPTH(m)
			if err != nil {
				t.Fatal(err)
			}
			defer state.Release()
			x := s.Randn(3, 3, size, size)
			var y *torch.Tensor
			torch.NoGrad(func() { y = nn.Call(m, x) })
			j := newJob(t, dir, name, g, state, []*torch.Tensor{x}, []*torch.Tensor{y})
			runAll(t, []job{j})
			if err := os.Remove(j.File); err != nil {
				t.Fatal(err)
			}
		})
	}
}
