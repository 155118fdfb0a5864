package models_test

import (
	"math"
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

type resnetCase struct {
	Arch    string `json:"arch"`
	Seed    uint64 `json:"seed"`
	Classes int64  `json:"classes"`
	N       int64  `json:"n"`
	Size    int64  `json:"size"`
	make    func(int64) *models.ResNet
}

// The same seed gives torchvision's weights, keys, shapes and order; the same weights
// and pictures give its logits, in training and evaluation.
func TestResNetsEqualTorchvision(t *testing.T) {
	cases := []resnetCase{
		{"resnet18", 1, 10, 4, 64, models.ResNet18},
		{"resnet34", 2, 7, 2, 96, models.ResNet34},
		{"resnet50", 3, 5, 2, 64, models.ResNet50},
		{"resnet101", 4, 3, 2, 64, models.ResNet101},
		{"resnet152", 5, 3, 2, 64, models.ResNet152},
	}
	var want []struct {
		Keys, DTypes []string
		Shapes       [][]int64
		Initial      []float64
		Train, Eval  []float64
	}
	parity.Python(t, "resnet.py", cases, &want)
	for i, c := range cases {
		t.Run(c.Arch, func(t *testing.T) {
			collector.Off(t)
			before := torch.LiveTensors()
			torch.ManualSeed(c.Seed)
			m := c.make(c.Classes)
			var keys []string
			for j, n := range nn.StateDict(m) {
				keys = append(keys, n.Name)
				if j >= len(want[i].Keys) {
					continue
				}
				if !slices.Equal(n.Shape(), want[i].Shapes[j]) || "torch."+n.DType().String() != want[i].DTypes[j] {
					t.Errorf("%s: %v %v, want %v %v", n.Name, n.DType(), n.Shape(), want[i].DTypes[j], want[i].Shapes[j])
				}
				sum := n.To(torch.Float64).Sum()
				if got, w := sum.Item(), want[i].Initial[j]; math.Abs(got-w) > 1e-9*math.Max(1, math.Abs(w)) {
					t.Errorf("%s: fresh weights add up to %v, torchvision's to %v", n.Name, got, w)
				}
				sum.Close()
			}
			if !slices.Equal(keys, want[i].Keys) {
				t.Fatalf("keys %v\nwant %v", keys, want[i].Keys)
			}
			s := torch.NewScope()
			x := s.Randn(c.N, 3, c.Size, c.Size).To(torch.Float64)
			nn.To(m, torch.Float64) // rounding alone parts 152 layers in float32 by a thousandth, depending on the threads
			torch.NoGrad(func() {
				parity.Close(t, "logits in training", floats(m.Forward(x)), want[i].Train, 1e-9*parity.Largest(want[i].Train))
				nn.Eval(m)
				parity.Close(t, "logits in evaluation", floats(m.Forward(x)), want[i].Eval, 1e-9*parity.Largest(want[i].Eval))
			})
			s.Close()
			nn.Close(m)
			if got := torch.LiveTensors() - before; got != int64(len(keys)) { // the casts above have no scope
				t.Errorf("%d tensors live, want the %d casts", got, len(keys))
			}
		})
	}
}

func floats(x *torch.Tensor) []float64 { return torch.ToSlice[float64](x.To(torch.Float64)) }
