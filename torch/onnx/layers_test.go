package onnx_test

import (
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// states is a recurrent layer with its last states as further outputs.
type states struct {
	nn.Base
	Layer interface {
		nn.Module
		Run(x *torch.Tensor, states ...*torch.Tensor) (*torch.Tensor, []*torch.Tensor)
	}
}

func (m *states) Forward(x *torch.Tensor) *torch.Tensor {
	y, after := m.Layer.Run(x)
	all := []*torch.Tensor{y.Flatten(1, -1)}
	for _, a := range after {
		all = append(all, a.Transpose(0, 1).Flatten(1, -1))
	}
	return torch.Cat(1, all...)
}

// Layers whose weights or arguments ONNX has in another form give ONNX Runtime's outputs, for a batch of any size.
func TestLayers(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	torch.ManualSeed(4)
	first := nn.RecurrentOptions{BatchFirst: true}
	dir := t.TempDir()
	var jobs []job
	for name, of := range parity.Sorted(map[string]struct {
		m     nn.Module
		shape []int64
	}{
		"RNN":                {&states{Layer: nn.NewRNN(3, 4, first)}, []int64{5, 3}},
		"RNN of ReLU":        {&states{Layer: nn.NewRNN(3, 4, nn.RecurrentOptions{BatchFirst: true, Nonlinearity: "relu", Bidirectional: true})}, []int64{5, 3}},
		"LSTM":               {&states{Layer: nn.NewLSTM(3, 4, first)}, []int64{5, 3}},
		"LSTM, deep":         {&states{Layer: nn.NewLSTM(3, 4, nn.RecurrentOptions{BatchFirst: true, Layers: 3, Bidirectional: true, Dropout: 0.5})}, []int64{5, 3}},
		"LSTM without bias":  {nn.NewLSTM(3, 4, nn.RecurrentOptions{BatchFirst: true, NoBias: true}), []int64{5, 3}},
		"GRU":                {&states{Layer: nn.NewGRU(3, 4, first)}, []int64{5, 3}},
		"GRU, deep":          {&states{Layer: nn.NewGRU(3, 4, nn.RecurrentOptions{BatchFirst: true, Layers: 2, Bidirectional: true})}, []int64{5, 3}},
		"circular padding":   {nn.NewConv2d(3, 4, 3, nn.Padding(2, 1), nn.PaddingMode("circular")), []int64{3, 6, 5}},
		"reflected, same":    {nn.NewConv2d(3, 4, 0, nn.KernelSize(2, 5), nn.SamePadding(), nn.PaddingMode("reflect")), []int64{3, 6, 8}},
		"weight norm":        {nn.WeightNorm(nn.NewConv2d(3, 4, 3)), []int64{3, 6, 5}},
		"spectral norm":      {nn.SpectralNorm(nn.NewConv2d(3, 4, 3)), []int64{3, 6, 5}},
		"self attention":     {nn.NewSelfAttention(16), []int64{16, 4, 4}},
		"transformer":        {nn.NewTransformerEncoderLayer(8, 2, 16, nn.AttentionOptions{BatchFirst: true}), []int64{5, 8}},
		"local response":     {&nn.LocalResponseNorm{Size: 3}, []int64{6, 4, 4}},
		"antialiased resize": {&nn.Upsample{Options: torch.InterpolateOptions{Size: []int64{3, 9}, Mode: "bilinear", Antialias: true}}, []int64{3, 7, 6}},
	}) {
		t.Run(name, func(t *testing.T) {
			defer nn.Close(of.m)
			nn.Eval(of.m)
			x := s.Randn(append([]int64{2}, of.shape...)...)
			g, err := nn.Trace(of.m, x)
			if err != nil {
				t.Fatal(err)
			}
			state, err := nn.ToPTH(of.m)
			if err != nil {
				t.Fatal(err)
			}
			defer state.Release()
			x = s.Randn(append([]int64{5}, of.shape...)...)
			var want *torch.Tensor
			torch.NoGrad(func() { want = nn.Call(of.m, x) })
			jobs = append(jobs, newJob(t, dir, name, g, state, []*torch.Tensor{x}, []*torch.Tensor{want}))
		})
	}
	runAll(t, jobs)
}
