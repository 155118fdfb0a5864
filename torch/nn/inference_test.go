package nn_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// convNet has convolutions with and without a bias, of groups, strides and dilations, and a
// norm that follows none.
func convNet() nn.Module {
	return nn.NewSequential(
		nn.NewConv2d(3, 8, 3, nn.Stride(2), nn.Padding(1), nn.NoBias()), nn.NewBatchNorm(8, nn.Eps(0.5), nn.Momentum(0.3)), &nn.ReLU{InPlace: true},
		nn.NewSequential(nn.NewConv2d(8, 8, 3, nn.Groups(4), nn.Dilation(2), nn.Padding(2)), nn.NewBatchNorm(8), &nn.ReLU{}),
		&nn.MaxPool2d{Kernel: 3, Stride: 2, Padding: 1}, nn.NewConv2d(8, 8, 1), nn.NewBatchNorm(8, nn.CumulativeAverage(), nn.NoAffine()), nn.NewBatchNorm(8), &nn.AdaptiveMaxPool2d{Size: 2}, &nn.AdaptiveAvgPool2d{Size: 1},
		&nn.Flatten{}, &nn.Dropout{P: 0.25}, nn.NewLinear(8, 4, nn.NoBias()), nn.NewBatchNorm(4), nn.NewLinear(4, 2))
}

// unsettle gives m's norms statistics and weights of their own.
func unsettle(m nn.Module, s *torch.Scope) {
	for range 3 {
		m.Forward(s.Randn(8, 3, 20, 20).MulScalar(3).AddScalar(1))
	}
	torch.NoGrad(func() {
		nn.Walk(m, func(_ string, m nn.Module) {
			if bn, ok := m.(*nn.BatchNorm); ok && bn.Weight != nil {
				bn.Weight.Copy_(s.Randn(bn.Weight.Shape()...))
				bn.Bias.Copy_(s.Randn(bn.Bias.Shape()...))
			}
		})
	})
	nn.Eval(m)
}

// A model can be made again from its description, by way of JSON.
func TestDescribe(t *testing.T) {
	m := convNet()
	defer nn.Close(m)
	spec, err := nn.Describe(m, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	var read nn.Spec
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	again, err := nn.FromSpec(read, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer nn.Close(again)
	s := torch.NewScope()
	defer s.Close()
	state := nn.StateMap(m)
	if err := nn.LoadStateDict(again, state); err != nil {
		t.Fatal(err)
	}
	nn.Eval(m)
	nn.Eval(again)
	torch.NoGrad(func() {
		x := s.Randn(2, 3, 20, 20)
		if !m.Forward(x).Equal(again.Forward(x)) {
			t.Error("the model made again computes something else")
		}
	})
	twice, err := nn.Describe(again, nil)
	if err != nil || !reflect.DeepEqual(spec, twice) {
		t.Errorf("%+v\n%+v (%v)", spec, twice, err)
	}

	odd := nn.NewSequential(nn.NewSequential(&nn.Part{}))
	if _, err := nn.Describe(odd, nil); err == nil || !strings.Contains(err.Error(), `"0.0"`) || !strings.Contains(err.Error(), "nn.Part") {
		t.Errorf("not described: %v", err)
	}
	collector.Off(t)
	before := torch.LiveTensors()
	for _, bad := range []nn.Spec{
		{Type: "Tanh"},
		{Type: "Linear"},
		{Type: "Linear", Args: map[string]any{"in_features": 1.5, "out_features": 1.}},
		{Type: "Linear", Args: map[string]any{"in_features": math.NaN(), "out_features": 1.}},
		{Type: "Linear", Args: map[string]any{"in_features": -1., "out_features": 1.}},
		{Type: "Sequential", Children: []nn.Spec{{Type: "BatchNorm", Args: map[string]any{"num_features": 2.}}, {Type: "Tanh"}}},
	} {
		if m, err := nn.FromSpec(bad, nil); err == nil {
			t.Errorf("%+v makes a %T", bad, m)
		}
	}
	if n := torch.LiveTensors() - before; n != 0 {
		t.Errorf("%d tensors live", n)
	}
}

// A part can't be run by itself.
func TestPart(t *testing.T) {
	if err := torch.Try(func() { (&nn.Part{}).Forward(nil) }); err == nil {
		t.Error("a part ran")
	}
}

// A setting that a description can't hold is an error and not another layer.
func TestDescribeLosesNothing(t *testing.T) {
	for name, m := range parity.Sorted(map[string]nn.Module{
		"a kernel that isn't square":   nn.NewConv2d(1, 1, 3, nn.Stride(1, 2)),
		"padding that isn't the same":  nn.NewConv2d(1, 1, 3, nn.Padding(0, 1)),
		"a pool that rounds up":        &nn.MaxPool2d{Kernel: 2, CeilMode: true},
		"a layer that isn't described": &nn.GELU{},
	}) {
		t.Run(name, func(t *testing.T) {
			defer nn.Close(m)
			if s, err := nn.Describe(nn.NewSequential(m), nil); err == nil || !strings.Contains(err.Error(), `"0"`) {
				t.Errorf("%+v, %v", s, err)
			}
		})
	}
}
