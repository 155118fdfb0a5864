package nn_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// call is a call of a layer other than by its Forward, in Python and here.
type call struct {
	module, py string
	train      bool
	ours       func(s *torch.Scope, w func(...int64) *torch.Tensor) []*torch.Tensor
}

// attend calls a new attention with what o makes of it.
func attend(options nn.AttentionOptions, q, k, v []int64, o func(w func(...int64) *torch.Tensor) nn.AttendOptions) func(*torch.Scope, func(...int64) *torch.Tensor) []*torch.Tensor {
	return func(s *torch.Scope, w func(...int64) *torch.Tensor) []*torch.Tensor {
		m := nn.NewMultiheadAttention(6, 2, options)
		prepare(m, options.Dropout > 0)
		y, weights := m.Attend(w(q...), w(k...), w(v...), o(w))
		if weights == nil {
			return []*torch.Tensor{y}
		}
		return []*torch.Tensor{y, weights}
	}
}

// runs calls a recurrent layer with states.
func runs(m func() recurrent, x []int64, states ...[]int64) func(*torch.Scope, func(...int64) *torch.Tensor) []*torch.Tensor {
	return func(s *torch.Scope, w func(...int64) *torch.Tensor) []*torch.Tensor {
		m := m()
		prepare(m, false)
		var in []*torch.Tensor
		for _, shape := range states {
			in = append(in, w(shape...))
		}
		y, after := m.Run(w(x...), in...)
		return append([]*torch.Tensor{y}, after...)
	}
}

func prepare(m nn.Module, train bool) {
	nn.To(m, torch.Float64)
	if !train {
		nn.Eval(m)
	}
	torch.ManualSeed(5)
}

type recurrent = interface {
	nn.Module
	Run(*torch.Tensor, ...*torch.Tensor) (*torch.Tensor, []*torch.Tensor)
}

func positive(t *torch.Tensor) *torch.Tensor { return t.GtScalar(1) }

var (
	none    = func(func(...int64) *torch.Tensor) nn.AttendOptions { return nn.AttendOptions{} }
	weights = func(func(...int64) *torch.Tensor) nn.AttendOptions { return nn.AttendOptions{NeedWeights: true} }
	first   = nn.AttentionOptions{BatchFirst: true}
)

var sequenceCalls = []call{
	{module: "nn.MultiheadAttention(6, 2)", py: "m(waves(4,3,6), waves(5,3,6), waves(5,3,6))", ours: attend(nn.AttentionOptions{}, []int64{4, 3, 6}, []int64{5, 3, 6}, []int64{5, 3, 6}, weights)},
	{module: "nn.MultiheadAttention(6, 2, kdim=4, vdim=5, batch_first=True)", py: "m(waves(3,4,6), waves(3,7,4), waves(3,7,5), need_weights=False)",
		ours: attend(nn.AttentionOptions{KDim: 4, VDim: 5, BatchFirst: true}, []int64{3, 4, 6}, []int64{3, 7, 4}, []int64{3, 7, 5}, none)},
	{module: "nn.MultiheadAttention(6, 2, vdim=5, bias=False)", py: "m(waves(4,6), waves(7,6), waves(7,5))",
		ours: attend(nn.AttentionOptions{VDim: 5, NoBias: true}, []int64{4, 6}, []int64{7, 6}, []int64{7, 5}, weights)},
	{module: "nn.MultiheadAttention(6, 2, kdim=3, dropout=.4)", train: true, py: "m(waves(4,2,6), waves(7,2,3), waves(7,2,6))",
		ours: attend(nn.AttentionOptions{KDim: 3, Dropout: .4}, []int64{4, 2, 6}, []int64{7, 2, 3}, []int64{7, 2, 6}, weights)},
	{module: "nn.MultiheadAttention(6, 2, batch_first=True)", py: "m(waves(4,6), waves(5,6), waves(5,6), key_padding_mask=waves(5) > 1)", ours: attend(first, []int64{4, 6}, []int64{5, 6}, []int64{5, 6},
		func(w func(...int64) *torch.Tensor) nn.AttendOptions {
			return nn.AttendOptions{KeyPadding: positive(w(5)), NeedWeights: true}
		})},
	{module: "nn.MultiheadAttention(6, 2, batch_first=True)", py: "m(waves(3,4,6), waves(3,5,6), waves(3,5,6), attn_mask=waves(4,5), key_padding_mask=waves(3,5), need_weights=False)", ours: attend(first, []int64{3, 4, 6}, []int64{3, 5, 6}, []int64{3, 5, 6},
		func(w func(...int64) *torch.Tensor) nn.AttendOptions {
			return nn.AttendOptions{Mask: w(4, 5), KeyPadding: w(3, 5)}
		})},
	{module: "nn.MultiheadAttention(6, 2)", py: "m(waves(4,3,6), waves(5,3,6), waves(5,3,6), attn_mask=waves(6,4,5) > 1)", ours: attend(nn.AttentionOptions{}, []int64{4, 3, 6}, []int64{5, 3, 6}, []int64{5, 3, 6},
		func(w func(...int64) *torch.Tensor) nn.AttendOptions {
			return nn.AttendOptions{Mask: positive(w(6, 4, 5)), NeedWeights: true}
		})},
	{module: "nn.TransformerEncoderLayer(6, 2, 10, batch_first=True)", py: "m(waves(3,4,6), src_mask=waves(4,4), src_key_padding_mask=waves(3,4))", ours: func(s *torch.Scope, w func(...int64) *torch.Tensor) []*torch.Tensor {
		m := nn.NewTransformerEncoderLayer(6, 2, 10, first)
		prepare(m, false)
		return []*torch.Tensor{m.Masked(w(3, 4, 6), nn.AttendOptions{Mask: w(4, 4), KeyPadding: w(3, 4)})}
	}},
	{module: "nn.RNN(4, 3)", py: "m(waves(5,4), waves(1,3))", ours: runs(func() recurrent { return nn.NewRNN(4, 3, nn.RecurrentOptions{}) }, []int64{5, 4}, []int64{1, 3})},
	{module: "nn.LSTM(4, 3, 2, bidirectional=True)", py: "m(waves(5,2,4), (waves(4,2,3), waves(4,2,3)))",
		ours: runs(func() recurrent { return nn.NewLSTM(4, 3, nn.RecurrentOptions{Layers: 2, Bidirectional: true}) }, []int64{5, 2, 4}, []int64{4, 2, 3}, []int64{4, 2, 3})},
	{module: "nn.LSTM(4, 3, batch_first=True)", py: "m(waves(5,4), (waves(1,3), waves(1,3)))",
		ours: runs(func() recurrent { return nn.NewLSTM(4, 3, nn.RecurrentOptions{BatchFirst: true}) }, []int64{5, 4}, []int64{1, 3}, []int64{1, 3})},
	{module: "nn.GRU(4, 3, batch_first=True)", py: "m(waves(5,4))", ours: runs(func() recurrent { return nn.NewGRU(4, 3, nn.RecurrentOptions{BatchFirst: true}) }, []int64{5, 4})},
}

// Attention and recurrent layers give PyTorch's results of several inputs, masks, states and single items.
func TestSequenceLayersEqualPyTorch(t *testing.T) {
	var questions []map[string]any
	for _, c := range sequenceCalls {
		questions = append(questions, map[string]any{"module": c.module, "call": c.py, "train": c.train})
	}
	var wants [][]struct {
		Shape  []int64
		Values []float64
	}
	parity.Python(t, "layer_calls.py", questions, &wants)
	for i, c := range sequenceCalls {
		t.Run(c.py, func(t *testing.T) {
			s := torch.NewScope()
			defer s.Close()
			torch.ManualSeed(11)
			got := c.ours(s, func(shape ...int64) *torch.Tensor { return torch.FromSlice(s, waves(shape...), shape...) })
			if len(got) != len(wants[i]) {
				t.Fatalf("%d results, want %d", len(got), len(wants[i]))
			}
			for j, want := range wants[i] {
				if !slices.Equal(got[j].Shape(), want.Shape) {
					t.Errorf("result %d has shape %v, want %v", j, got[j].Shape(), want.Shape)
					continue
				}
				parity.Close(t, "result", numbers(got[j]), want.Values, 1e-12)
			}
		})
	}
}

// An attention that is asked for its weights scales queries by √(1/d), as PyTorch does: for some d that isn't 1/√d, and other weights show it.
func TestAttentionScalesAsPyTorch(t *testing.T) {
	type job struct {
		Module string `json:"module"`
		Call   string `json:"call"`
		Train  bool   `json:"train"`
	}
	var jobs []job
	var sizes []int64
	for d := int64(1); d <= 64; d++ {
		if math.Sqrt(1/float64(d)) != 1/math.Sqrt(float64(d)) {
			sizes = append(sizes, d)
			jobs = append(jobs, job{fmt.Sprintf("nn.MultiheadAttention(%d, 1)", d), fmt.Sprintf("m(*[((torch.arange(%d) %% 7 - 3) / 4).double().reshape(3, 1, -1)] * 3)[1]", 3*d), false})
		}
	}
	if len(sizes) < 5 {
		t.Fatal(sizes)
	}
	var want [][]struct{ Values []float64 }
	parity.Python(t, "layer_calls.py", jobs, &want)
	for i, d := range sizes {
		s := torch.NewScope()
		torch.ManualSeed(11)
		m := nn.NewMultiheadAttention(d, 1, nn.AttentionOptions{})
		prepare(m, false)
		var values []float64
		for i := range 3 * d {
			values = append(values, float64(i%7-3)/4)
		}
		x := torch.FromSlice(s, values, 3, 1, d)
		torch.NoGrad(func() {
			_, weights := m.Attend(x, x, x, nn.AttendOptions{NeedWeights: true})
			if got := torch.ToSlice[float64](weights); !slices.Equal(got, want[i][0].Values) {
				t.Errorf("%d numbers: weights %v, want %v", d, got, want[i][0].Values)
			}
		})
		nn.Close(m)
		s.Close()
	}
}
