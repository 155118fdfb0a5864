package nn_test

import (
	"math"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// refused is a layer that is refused, or that refuses ones of a shape.
func refused(of, py, want string, make func() nn.Module, shape ...int64) parity.Check {
	ours := makes(make)
	if len(shape) > 0 {
		ours = shapeOf(make, shape...)
	}
	return parity.Check{Of: of, What: py, Py: py, Want: want, Ours: ours}
}

// gives is a layer's shape of ones of a shape.
func gives(of, py string, make func() nn.Module, shape ...int64) parity.Check {
	return parity.Check{Of: of, What: py, Py: "list(" + py + ".shape)", Ours: shapeOf(make, shape...)}
}

func upsample(o torch.InterpolateOptions) func() nn.Module {
	return func() nn.Module { return &nn.Upsample{Options: o} }
}

func of[M nn.Module](m M) func() nn.Module { return func() nn.Module { return m } }

func attention(heads int64, o nn.AttentionOptions) func() nn.Module {
	return func() nn.Module { return nn.NewMultiheadAttention(6, heads, o) }
}

// attends is an attention of two heads on ones of given shapes.
func attends(q, k, v []int64, o func(s *torch.Scope) nn.AttendOptions) func() (any, error) {
	return does(func(s *torch.Scope) any {
		if o == nil {
			o = func(*torch.Scope) nn.AttendOptions { return nn.AttendOptions{} }
		}
		y, _ := nn.NewMultiheadAttention(6, 2, nn.AttentionOptions{}).Attend(s.Ones(q...), s.Ones(k...), s.Ones(v...), o(s))
		return y.Shape()
	})
}

func mha(q, k, v, more string) string {
	return "nn.MultiheadAttention(6, 2)(torch.ones(" + q + "), torch.ones(" + k + "), torch.ones(" + v + ")" + more + ")"
}

func gru(x []int64, states ...[]int64) func() (any, error) {
	return does(func(s *torch.Scope) any {
		var in []*torch.Tensor
		for _, shape := range states {
			in = append(in, s.Ones(shape...))
		}
		y, _ := nn.NewGRU(3, 2, nn.RecurrentOptions{}).Run(s.Ones(x...), in...)
		return y.Shape()
	})
}

// fills is an initialiser on ones of a shape.
func fills(f func(*torch.Tensor), shape ...int64) func() (any, error) {
	return does(func(s *torch.Scope) any { t := s.Ones(shape...); f(t); return t.Shape() })
}

const depth = "__import__('torchvision').ops.StochasticDepth"

// argChecks are arguments and inputs that the layers refuse, beside PyTorch.
var argChecks = []parity.Check{
	refused("NewGroupNorm", "nn.GroupNorm(0, 4)", "divisible by num_groups 0", func() nn.Module { return nn.NewGroupNorm(0, 4) }),
	refused("GroupNorm", "nn.GroupNorm(3, 4)", "num_channels 4 must be divisible by num_groups 3", func() nn.Module { return nn.NewGroupNorm(3, 4) }),
	refused("GroupNorm.Forward", "nn.GroupNorm(4, 4)(torch.ones(1, 4, 1))", "Expected more than 1 value per channel", func() nn.Module { return nn.NewGroupNorm(4, 4) }, 1, 4, 1),
	gives("GroupNorm", "nn.GroupNorm(2, 4)(torch.ones(1, 4, 1))", func() nn.Module { return nn.NewGroupNorm(2, 4) }, 1, 4, 1),
	refused("LayerNorm LayerNorm.Forward", "nn.LayerNorm(3)(torch.ones(2, 4))", "normalized_shape=[3]", func() nn.Module { return nn.NewLayerNorm(3) }, 2, 4),
	refused("NewLayerNorm", "nn.LayerNorm(-1)", "negative", func() nn.Module { return nn.NewLayerNorm(-1) }),
	refused("InstanceNorm InstanceNorm.Forward", "nn.InstanceNorm1d(3, affine=True)(torch.ones(2, 4, 5))", "expected 3 channels", func() nn.Module { return nn.NewInstanceNorm(3, nn.Affine()) }, 2, 4, 5),
	{Of: "InstanceNorm", What: "other channels without parameters", Py: "nn.InstanceNorm1d(3)(torch.ones(2, 4, 5))", Want: "expected 3 channels", Only: "warns", Ours: shapeOf(func() nn.Module { return nn.NewInstanceNorm(3) }, 2, 4, 5)},
	refused("InstanceNorm", "nn.InstanceNorm1d(3).eval()(torch.ones(2, 3, 1))", "Expected more than 1 spatial element", func() nn.Module { m := nn.NewInstanceNorm(3); nn.Eval(m); return m }, 2, 3, 1),
	gives("RunningStats", "nn.InstanceNorm1d(3, track_running_stats=True).eval()(torch.ones(2, 3, 1))", func() nn.Module { m := nn.NewInstanceNorm(3, nn.RunningStats(.1)); nn.Eval(m); return m }, 2, 3, 1),
	refused("LocalResponseNorm", "nn.LocalResponseNorm(0)(torch.ones(1, 2, 3))", "Size is 0", of(&nn.LocalResponseNorm{}), 1, 2, 3),
	refused("LocalResponseNorm.Forward", "nn.LocalResponseNorm(2)(torch.ones(0, 3))", "expected N×C×…", of(&nn.LocalResponseNorm{Size: 2}), 0, 3),
	gives("LocalResponseNorm", "nn.LocalResponseNorm(2)(torch.ones(2, 0, 3))", of(&nn.LocalResponseNorm{Size: 2}), 2, 0, 3),
	refused("GELU GELU.Forward", "nn.GELU('quick')(torch.ones(2))", "either none or tanh", of(&nn.GELU{Approximate: "quick"}), 2),
	refused("Softmax Softmax.Forward", "nn.Softmax(dim=2)(torch.ones(2, 2))", "out of range", of(&nn.Softmax{Dim: 2}), 2, 2),
	refused("PReLU PReLU.Forward", "nn.PReLU(3)(torch.ones(2, 4))", "parameter numbers", func() nn.Module { return nn.NewPReLU(3) }, 2, 4),
	refused("NewPReLU", "nn.PReLU(-1)", "negative", func() nn.Module { return nn.NewPReLU(-1) }),
	refused("Dropout2d", "nn.Dropout2d(1.5).eval()", "between 0 and 1", of(&nn.Dropout2d{P: 1.5}), 2, 2),
	refused("Dropout2d.Forward", "nn.Dropout2d(.5)(torch.ones(3))", "at least 2 dimensions", of(&nn.Dropout2d{P: .5}), 3),
	refused("StochasticDepth", depth+"(1.5, 'row').eval()(torch.ones(2))", "between 0 and 1", func() nn.Module { m := &nn.StochasticDepth{P: 1.5, Mode: "row"}; nn.Eval(m); return m }, 2),
	refused("StochasticDepth.Forward", depth+"(.5, 'column')(torch.ones(2))", `Mode is "column"`, of(&nn.StochasticDepth{P: .5, Mode: "column"}), 2),
	refused("MaxPool2d", "nn.MaxPool2d(0)(torch.ones(1, 1, 4, 4))", "should not be zero", of(&nn.MaxPool2d{}), 1, 1, 4, 4),
	refused("MaxPool1d MaxPool1d.Forward", "nn.MaxPool1d(2, stride=-1)(torch.ones(1, 1, 4))", "stride must be greater than zero", of(&nn.MaxPool1d{Kernel: 2, Stride: -1}), 1, 1, 4),
	refused("MaxPool3d MaxPool3d.Forward", "nn.MaxPool3d(2, stride=-1)(torch.ones(1, 1, 4, 4, 4))", "stride should be greater than zero", of(&nn.MaxPool3d{Kernel: 2, Stride: -1}), 1, 1, 4, 4, 4),
	refused("AvgPool2d AvgPool2d.Forward", "nn.AvgPool2d(2, padding=2)(torch.ones(1, 1, 4, 4))", "pad should be at most half", of(&nn.AvgPool2d{Kernel: 2, Padding: 2}), 1, 1, 4, 4),
	refused("AvgPool1d AvgPool1d.Forward", "nn.AvgPool1d(-1)(torch.ones(1, 1, 4))", "integer out of range", of(&nn.AvgPool1d{Kernel: -1}), 1, 1, 4),
	refused("AvgPool3d AvgPool3d.Forward", "nn.AvgPool3d(9)(torch.ones(1, 1, 4, 4, 4))", "smaller than kernel size", of(&nn.AvgPool3d{Kernel: 9}), 1, 1, 4, 4, 4),
	refused("AdaptiveAvgPool2d AdaptiveAvgPool2d.Forward", "nn.AdaptiveAvgPool2d(-1)(torch.ones(1, 1, 4, 4))", "Size is -1", of(&nn.AdaptiveAvgPool2d{Size: -1}), 1, 1, 4, 4),
	refused("AdaptiveMaxPool1d AdaptiveMaxPool1d.Forward", "nn.AdaptiveMaxPool1d(-1)(torch.ones(1, 1, 4))", "Size is -1", of(&nn.AdaptiveMaxPool1d{Size: -1}), 1, 1, 4),
	gives("AdaptiveAvgPool2d", "nn.AdaptiveAvgPool2d(0)(torch.ones(1, 1, 4, 4))", of(&nn.AdaptiveAvgPool2d{}), 1, 1, 4, 4),
	refused("Upsample Upsample.Forward", "nn.Upsample()(torch.ones(1, 1, 2, 2))", "Size", upsample(torch.InterpolateOptions{}), 1, 1, 2, 2),
	refused("Upsample", "nn.Upsample(2, scale_factor=2)(torch.ones(1, 1, 2, 2))", "Size", upsample(torch.InterpolateOptions{Size: []int64{2}, ScaleFactor: []float64{2}}), 1, 1, 2, 2),
	refused("Upsample", "nn.Upsample(2, mode='cubic')(torch.ones(1, 1, 2, 2))", `no mode "cubic"`, upsample(torch.InterpolateOptions{Size: []int64{2}, Mode: "cubic"}), 1, 1, 2, 2),
	refused("Upsample", "nn.Upsample(2, mode='nearest', align_corners=True)(torch.ones(1, 1, 2, 2))", "AlignCorners", upsample(torch.InterpolateOptions{Size: []int64{2}, AlignCorners: true}), 1, 1, 2, 2),
	refused("Upsample", "nn.Upsample((2, 3))(torch.ones(1, 1, 2))", "2 sizes or factors", upsample(torch.InterpolateOptions{Size: []int64{2, 3}}), 1, 1, 2),
	refused("Upsample", "nn.Upsample(scale_factor=-1)(torch.ones(1, 1, 2, 2))", "greater than 0", upsample(torch.InterpolateOptions{ScaleFactor: []float64{-1}}), 1, 1, 2, 2),
	refused("Upsample", "nn.Upsample(scale_factor=nan)(torch.ones(1, 1, 2, 2))", "without overflow", upsample(torch.InterpolateOptions{ScaleFactor: []float64{math.NaN()}}), 1, 1, 2, 2),
	refused("PixelShuffle", "nn.PixelShuffle(0)(torch.ones(1, 4, 2, 2))", "positive upscale_factor", of(&nn.PixelShuffle{}), 1, 4, 2, 2),
	refused("PixelShuffle.Forward", "nn.PixelShuffle(3)(torch.ones(1, 4, 2, 2))", "divisible by the square", of(&nn.PixelShuffle{Factor: 3}), 1, 4, 2, 2),
	refused("Pad", "nn.ZeroPad2d((1, 2, 3))(torch.ones(1, 1, 2, 2))", "divisible by 2", of(&nn.Pad{Pads: []int64{1, 2, 3}}), 1, 1, 2, 2),
	gives("Pad.Forward", "nn.ZeroPad2d((-1, -1, 0, 0))(torch.ones(1, 1, 2, 3))", of(&nn.Pad{Pads: []int64{-1, -1, 0, 0}}), 1, 1, 2, 3),
	refused("Pad", "F.pad(torch.ones(1, 1, 3), (1, 1), mode='reflect', value=2)", "doesn't take in value", of(&nn.Pad{Pads: []int64{1, 1}, Mode: "reflect", Value: 2}), 1, 1, 3),
	refused("Pad", "nn.CircularPad2d((3, 0, 0, 0))(torch.ones(1, 1, 2, 2))", "wrapping around", of(&nn.Pad{Pads: []int64{3, 0, 0, 0}, Mode: "circular"}), 1, 1, 2, 2),
	refused("NewPaddedEmbedding", "nn.Embedding(9, 5, padding_idx=9)", "want -9 to 8", func() nn.Module { return nn.NewPaddedEmbedding(9, 5, 9) }),
	refused("NewPaddedEmbedding", "nn.Embedding(9, 5, padding_idx=-10)", "want -9 to 8", func() nn.Module { return nn.NewPaddedEmbedding(9, 5, -10) }),
	{Of: "Embedding.String", What: "a padding from the end", Py: "str(nn.Embedding(9, 5, padding_idx=-1))", Ours: does(func(*torch.Scope) any { return nn.NewPaddedEmbedding(9, 5, -1).String() })},
	refused("Embedding.Forward", "nn.Embedding(2, 5)(torch.ones(2))", "scalar type", func() nn.Module { return nn.NewEmbedding(2, 5) }, 2),
	{Of: "Embedding", What: "an index below 0", Py: "nn.Embedding(2, 5)(torch.tensor([-1]))", Want: "out of range", Ours: does(func(s *torch.Scope) any { return nn.Call(nn.NewEmbedding(2, 5), torch.FromSlice(s, []int64{-1})) })},
	refused("NewEmbedding", "nn.Embedding(-1, 5)", "negative", func() nn.Module { return nn.NewEmbedding(-1, 5) }),

	refused("NewMultiheadAttention", "nn.MultiheadAttention(6, 4)", "divisible by num_heads 4", attention(4, nn.AttentionOptions{})),
	refused("NewMultiheadAttention", "nn.MultiheadAttention(6, 0)", "must be above 0", attention(0, nn.AttentionOptions{})),
	{Of: "AttentionOptions", What: "dropout above 1", Py: "m = nn.MultiheadAttention(6, 2, dropout=2.); x = torch.ones(2, 1, 6); m(x, x, x)", Want: "between 0 and 1", Ours: makes(attention(2, nn.AttentionOptions{Dropout: 2}))},
	refused("AttentionOptions", "nn.MultiheadAttention(6, 2, kdim=-1)", "KDim is -1", attention(2, nn.AttentionOptions{KDim: -1})),
	{Of: "MultiheadAttention.Attend", What: "fewer values than keys", Py: mha("2,1,6", "3,1,6", "2,1,6", ""), Want: "as many values as keys", Ours: attends([]int64{2, 1, 6}, []int64{3, 1, 6}, []int64{2, 1, 6}, nil)},
	{Of: "MultiheadAttention", What: "another batch", Py: mha("2,1,6", "3,2,6", "3,2,6", ""), Want: "as many items", Ours: attends([]int64{2, 1, 6}, []int64{3, 2, 6}, []int64{3, 2, 6}, nil)},
	{Of: "MultiheadAttention", What: "a single item's queries", Py: mha("2,6", "3,1,6", "3,1,6", ""), Want: "of two for a single item", Ours: attends([]int64{2, 6}, []int64{3, 1, 6}, []int64{3, 1, 6}, nil)},
	{Of: "AttendOptions", What: "another mask", Py: mha("2,1,6", "3,1,6", "3,1,6", ", attn_mask=torch.ones(2, 2)"), Want: "Mask is [2 2]: want [[2 3]", Ours: attends([]int64{2, 1, 6}, []int64{3, 1, 6}, []int64{3, 1, 6},
		func(s *torch.Scope) nn.AttendOptions { return nn.AttendOptions{Mask: s.Ones(2, 2)} })},
	{Of: "AttendOptions", What: "a mask of integers", Py: mha("2,1,6", "3,1,6", "3,1,6", ", attn_mask=torch.ones(2, 3).long()"), Want: "only bool and floating types", Ours: attends([]int64{2, 1, 6}, []int64{3, 1, 6}, []int64{3, 1, 6},
		func(s *torch.Scope) nn.AttendOptions { return nn.AttendOptions{Mask: s.With(torch.Int64).Ones(2, 3)} })},
	{Of: "AttendOptions", What: "padding the other way", Py: mha("2,1,6", "3,1,6", "3,1,6", ", key_padding_mask=torch.ones(3, 1)"), Want: "KeyPadding is [3 1]: want [[1 3]]", Ours: attends([]int64{2, 1, 6}, []int64{3, 1, 6}, []int64{3, 1, 6},
		func(s *torch.Scope) nn.AttendOptions { return nn.AttendOptions{KeyPadding: s.Ones(3, 1)} })},
	refused("NewTransformerEncoderLayer", "nn.TransformerEncoderLayer(6, 2, 8, dropout=2.)", "between 0 and 1", func() nn.Module { return nn.NewTransformerEncoderLayer(6, 2, 8, nn.AttentionOptions{Dropout: 2}) }),
	refused("TransformerEncoderLayer", "nn.TransformerEncoderLayer(6, 2, 8, activation='tanh')", "should be relu/gelu, not tanh", func() nn.Module {
		return nn.NewTransformerEncoderLayer(6, 2, 8, nn.AttentionOptions{Activation: "tanh"})
	}),

	refused("NewRNN", "nn.RNN(3, 2, nonlinearity='sin')", `unknown nonlinearity "sin"`, func() nn.Module { return nn.NewRNN(3, 2, nn.RecurrentOptions{Nonlinearity: "sin"}) }),
	refused("RNN", "nn.RNN(0, 2)", "input_size must be greater than zero", func() nn.Module { return nn.NewRNN(0, 2, nn.RecurrentOptions{}) }),
	refused("RNN", "nn.RNN(3, 0)", "hidden_size must be greater than zero", func() nn.Module { return nn.NewRNN(3, 0, nn.RecurrentOptions{}) }),
	refused("NewLSTM LSTM", "nn.LSTM(3, 2, num_layers=-1)", "num_layers must be greater than zero", func() nn.Module { return nn.NewLSTM(3, 2, nn.RecurrentOptions{Layers: -1}) }),
	refused("NewGRU", "nn.GRU(3, 2, dropout=1.5)", "in range [0, 1]", func() nn.Module { return nn.NewGRU(3, 2, nn.RecurrentOptions{Dropout: 1.5}) }),
	{Of: "RecurrentOptions", What: "dropout between layers of which there is one", Py: "nn.GRU(3, 2, dropout=.5)", Want: "would do nothing", Only: "warns", Ours: makes(func() nn.Module { return nn.NewGRU(3, 2, nn.RecurrentOptions{Dropout: .5}) })},
	{Of: "GRU", What: "one dimension", Py: "nn.GRU(3, 2)(torch.ones(3))", Want: "expected L×N×3", Ours: gru([]int64{3})},
	{Of: "GRU", What: "another size", Py: "nn.GRU(3, 2)(torch.ones(2, 1, 4))", Want: "expected 3, got [2 1 4]", Ours: gru([]int64{2, 1, 4})},
	{Of: "RecurrentOptions", What: "another batch's state", Py: "nn.GRU(3, 2)(torch.ones(2, 1, 3), torch.ones(1, 2, 2))", Want: "expected a hidden size [1 1 2], got [1 2 2]", Ours: gru([]int64{2, 1, 3}, []int64{1, 2, 2})},
	{Of: "RecurrentOptions", What: "a batch's state", Py: "nn.GRU(3, 2)(torch.ones(2, 3), torch.ones(1, 1, 2))", Want: "expected a hidden size [1 2], got [1 1 2]", Ours: gru([]int64{2, 3}, []int64{1, 1, 2})},
	{Of: "GRU", What: "no places", Py: "nn.GRU(3, 2)(torch.ones(0, 1, 3))", Want: "sequence length to be larger than 0", Ours: gru([]int64{0, 1, 3})},

	refused("ConvTranspose2d NewConvTranspose2d OutputPadding", "nn.ConvTranspose2d(1, 1, 2, output_padding=1)(torch.ones(1, 1, 2, 2))", "smaller than either stride or dilation", func() nn.Module { return nn.NewConvTranspose2d(1, 1, 2, nn.OutputPadding(1)) }, 1, 1, 2, 2),
	refused("OutputPadding", "nn.ConvTranspose2d(1, 1, 2, output_padding=-1)(torch.ones(1, 1, 2, 2))", "output padding is -1", func() nn.Module { return nn.NewConvTranspose2d(1, 1, 2, nn.OutputPadding(-1)) }),
	refused("KernelSize", "nn.Conv2d(1, 1, (1, 2, 3))(torch.ones(1, 1, 2, 2))", "kernel is [1 2 3]", func() nn.Module { return nn.NewConv2d(1, 1, 1, nn.KernelSize(1, 2, 3)) }),
	refused("Conv1d NewConv1d", "nn.Conv1d(1, 1, 0)(torch.ones(1, 1, 2))", "kernel size should be greater than zero", func() nn.Module { return nn.NewConv1d(1, 1, 0) }, 1, 1, 2),
	refused("Dilation", "nn.Conv2d(1, 1, 1, dilation=-1)(torch.ones(1, 1, 2, 2))", "dilation is -1", func() nn.Module { return nn.NewConv2d(1, 1, 1, nn.Dilation(-1)) }),
	refused("Call", "nn.Module()(torch.ones(1))", "the module is nil", of((*nn.Linear)(nil)), 1),
	refused("Sequential", "nn.Sequential(None)(torch.ones(1))", "is nil", func() nn.Module { return nn.NewSequential(nil) }),
	refused("SequentialEx SequentialEx.Forward", "__import__('fastai.layers').layers.SequentialEx(None)(torch.ones(1))", "is nil", of(&nn.SequentialEx{Layers: []nn.Module{nil}}), 1),
	refused("MergeLayer MergeLayer.Forward", "__import__('fastai.layers').layers.MergeLayer()(torch.ones(2))", "run by a SequentialEx", of(&nn.MergeLayer{}), 2),
	refused("SqueezeExcitation SqueezeExcitation.Forward NewSqueezeExcitation", "__import__('torchvision').ops.SqueezeExcitation(4, 2)(torch.ones(1, 3, 2, 2))", "to have 4 channels", func() nn.Module { return nn.NewSqueezeExcitation(4, 2) }, 1, 3, 2, 2),
	refused("ConvNormAct", "__import__('torchvision').ops.Conv2dNormActivation(3, 2, 3, groups=2)", "divisible by groups", func() nn.Module { return nn.ConvNormAct(3, 2, 3, nil, nn.Groups(2)) }),
	{Of: "XavierUniform_", What: "one dimension", Py: "nn.init.xavier_uniform_(torch.ones(2))", Want: "at least 2 dimensions", Ours: fills(nn.XavierUniform_, 2)},
	{Of: "XavierUniform_", What: "nothing in", Py: "list(nn.init.xavier_uniform_(torch.ones(2, 0)).shape)", Ours: fills(nn.XavierUniform_, 2, 0)},
	{Of: "XavierUniform_", What: "nothing in nor out", Py: "nn.init.xavier_uniform_(torch.ones(0, 0))", Want: "no connections", Ours: fills(nn.XavierUniform_, 0, 0)},
	{Of: "KaimingUniform_", What: "nothing out", Py: "list(nn.init.kaiming_uniform_(torch.ones(0, 2)).shape)", Ours: fills(nn.KaimingUniform_, 0, 2)},
	{Of: "TruncNormal_", What: "no deviation", Py: "nn.init.trunc_normal_(torch.ones(2), std=0.)", Want: "std is 0", Ours: fills(func(t *torch.Tensor) { nn.TruncNormal_(t, 0, 0) }, 2)},
	{Of: "TruncNormal_", What: "a negative deviation", Py: "nn.init.trunc_normal_(torch.ones(2), std=-1.)", Want: "std is -1", Ours: fills(func(t *torch.Tensor) { nn.TruncNormal_(t, 0, -1) }, 2)},
}
