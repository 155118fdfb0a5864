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

// layer is a module of ours and Python's of one name, with the shape of an input.
type layer struct {
	py     string
	ours   func() nn.Module
	shape  []int64
	train  bool
	prints string // instead of what Python prints, where the types differ; "-": nothing
}

var (
	seq = []int64{2, 4, 7}
	img = []int64{2, 4, 6, 8}
	vol = []int64{1, 4, 5, 6, 7}
	ids = []int64{-1, 2, 3} // after -1, an input of indices
)

func always[M nn.Module](m M) func() nn.Module { return func() nn.Module { return m } }

func interpolated(o torch.InterpolateOptions) func() nn.Module {
	return func() nn.Module { return &nn.Upsample{Options: o} }
}

var layers = []layer{
	{py: "nn.Linear(7, 3)", ours: func() nn.Module { return nn.NewLinear(7, 3) }, shape: seq},
	{py: "nn.Conv1d(4, 6, 3, stride=2, padding=1, bias=False)", ours: func() nn.Module { return nn.NewConv1d(4, 6, 3, nn.Stride(2), nn.Padding(1), nn.NoBias()) }, shape: seq},
	{py: "nn.Conv1d(4, 6, 3, groups=2)", ours: func() nn.Module { return nn.NewConv1d(4, 6, 3, nn.Groups(2)) }, shape: []int64{4, 7}},
	{py: "nn.Conv2d(4, 6, 3, dilation=2)", ours: func() nn.Module { return nn.NewConv2d(4, 6, 3, nn.Dilation(2)) }, shape: img},
	{py: "nn.Conv2d(4, 6, (1, 3), stride=(1, 2), padding=(0, 1))", ours: func() nn.Module {
		return nn.NewConv2d(4, 6, 0, nn.KernelSize(1, 3), nn.Stride(1, 2), nn.Padding(0, 1))
	}, shape: img},
	{py: "nn.Conv3d(4, 6, (1, 2, 3), groups=2)", ours: func() nn.Module { return nn.NewConv3d(4, 6, 0, nn.KernelSize(1, 2, 3), nn.Groups(2)) }, shape: vol},
	{py: "nn.ConvTranspose1d(4, 6, 3, stride=2, output_padding=1)", ours: func() nn.Module { return nn.NewConvTranspose1d(4, 6, 3, nn.Stride(2), nn.OutputPadding(1)) }, shape: seq},
	{py: "nn.ConvTranspose2d(4, 6, 4, 2, 1, bias=False)", ours: func() nn.Module { return nn.NewConvTranspose2d(4, 6, 4, nn.Stride(2), nn.Padding(1), nn.NoBias()) }, shape: img},
	{py: "nn.ConvTranspose3d(4, 6, 2, groups=2, dilation=2)", ours: func() nn.Module { return nn.NewConvTranspose3d(4, 6, 2, nn.Groups(2), nn.Dilation(2)) }, shape: vol},
	{py: "nn.Conv1d(4, 6, 4, padding='same', dilation=3)", ours: func() nn.Module { return nn.NewConv1d(4, 6, 4, nn.SamePadding(), nn.Dilation(3)) }, shape: seq},
	{py: "nn.Conv2d(4, 6, 3, padding='same', bias=False)", ours: func() nn.Module { return nn.NewConv2d(4, 6, 3, nn.SamePadding(), nn.NoBias()) }, shape: img},
	{py: "nn.Conv2d(4, 6, (2, 5), padding='same', padding_mode='reflect')", ours: func() nn.Module {
		return nn.NewConv2d(4, 6, 0, nn.KernelSize(2, 5), nn.SamePadding(), nn.PaddingMode("reflect"))
	}, shape: img},
	{py: "nn.Conv2d(4, 6, 3, padding=(2, 1), padding_mode='circular', groups=2)", ours: func() nn.Module {
		return nn.NewConv2d(4, 6, 3, nn.Padding(2, 1), nn.PaddingMode("circular"), nn.Groups(2))
	}, shape: img},
	{py: "nn.Conv3d(4, 6, 3, padding=1, padding_mode='replicate', stride=2)", ours: func() nn.Module {
		return nn.NewConv3d(4, 6, 3, nn.Padding(1), nn.PaddingMode("replicate"), nn.Stride(2))
	}, shape: vol},
	{py: "nn.Conv2d(4, 6, 2, padding='same')", ours: func() nn.Module { return nn.NewConv2d(4, 6, 2, nn.SamePadding()) }, shape: img},
	{py: "nn.Conv2d(4, 6, 1, padding_mode='reflect')", ours: func() nn.Module { return nn.NewConv2d(4, 6, 1, nn.PaddingMode("reflect")) }, shape: img},

	{py: "nn.BatchNorm1d(4)", ours: func() nn.Module { return nn.NewBatchNorm(4) }, shape: seq, train: true, prints: "BatchNorm(4, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)"},
	{py: "nn.BatchNorm2d(4, eps=.001, momentum=None)", ours: func() nn.Module { return nn.NewBatchNorm(4, nn.Eps(.001), nn.CumulativeAverage()) }, shape: img, train: true, prints: "BatchNorm(4, eps=0.001, momentum=None, affine=True, track_running_stats=True)"},
	{py: "nn.BatchNorm3d(4, affine=False)", ours: func() nn.Module { return nn.NewBatchNorm(4, nn.NoAffine()) }, shape: vol, prints: "-"},
	{py: "nn.BatchNorm2d(4, track_running_stats=False)", ours: func() nn.Module { return nn.NewBatchNorm(4, nn.NoRunningStats()) }, shape: img, prints: "-"},
	{py: "nn.LayerNorm(7)", ours: func() nn.Module { return nn.NewLayerNorm(7) }, shape: seq},
	{py: "nn.LayerNorm((6, 8), eps=.01, bias=False)", ours: func() nn.Module { return nn.NewLayerNorm(6, nn.NormShape(6, 8), nn.Eps(.01), nn.NoBias()) }, shape: img},
	{py: "nn.LayerNorm(8, elementwise_affine=False)", ours: func() nn.Module { return nn.NewLayerNorm(8, nn.NoAffine()) }, shape: img},
	{py: "tv.models.convnext.LayerNorm2d(4, eps=1e-6)", ours: func() nn.Module { return nn.NewLayerNorm2d(4, nn.Eps(1e-6)) }, shape: img},
	{py: "nn.GroupNorm(2, 4)", ours: func() nn.Module { return nn.NewGroupNorm(2, 4) }, shape: img},
	{py: "nn.GroupNorm(4, 4, affine=False, eps=.1)", ours: func() nn.Module { return nn.NewGroupNorm(4, 4, nn.NoAffine(), nn.Eps(.1)) }, shape: vol},
	{py: "nn.InstanceNorm1d(4)", ours: func() nn.Module { return nn.NewInstanceNorm(4) }, shape: seq, prints: "InstanceNorm(4, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False)"},
	{py: "nn.InstanceNorm2d(4, affine=True, track_running_stats=True)", ours: func() nn.Module { return nn.NewInstanceNorm(4, nn.Affine(), nn.RunningStats(.1)) }, shape: img, train: true, prints: "-"},
	{py: "nn.InstanceNorm3d(4, affine=True, track_running_stats=True)", ours: func() nn.Module { return nn.NewInstanceNorm(4, nn.Affine(), nn.RunningStats(.1)) }, shape: vol, prints: "-"},
	{py: "nn.LocalResponseNorm(3)", ours: func() nn.Module { return &nn.LocalResponseNorm{Size: 3} }, shape: img},
	{py: "nn.LocalResponseNorm(2, alpha=.1, beta=.5, k=2.)", ours: func() nn.Module { return &nn.LocalResponseNorm{Size: 2, Alpha: .1, Beta: .5, K: 2} }, shape: seq},

	{py: "nn.ReLU(inplace=False)", ours: always(&nn.ReLU{}), shape: seq}, {py: "nn.GELU()", ours: always(&nn.GELU{}), shape: seq},
	{py: "nn.GELU('tanh')", ours: always(&nn.GELU{Approximate: "tanh"}), shape: seq}, {py: "nn.SiLU()", ours: always(&nn.SiLU{}), shape: seq},
	{py: "nn.Mish()", ours: always(&nn.Mish{}), shape: seq}, {py: "nn.Hardswish()", ours: always(&nn.Hardswish{}), shape: seq},
	{py: "nn.Hardsigmoid()", ours: always(&nn.Hardsigmoid{}), shape: seq}, {py: "nn.ReLU6()", ours: always(&nn.ReLU6{}), shape: seq},
	{py: "nn.LeakyReLU()", ours: always(&nn.LeakyReLU{}), shape: seq}, {py: "nn.LeakyReLU(.2)", ours: always(&nn.LeakyReLU{NegativeSlope: .2}), shape: seq},
	{py: "nn.PReLU()", ours: func() nn.Module { return nn.NewPReLU(1) }, shape: seq}, {py: "nn.PReLU(4)", ours: func() nn.Module { return nn.NewPReLU(4) }, shape: img},
	{py: "nn.ELU()", ours: always(&nn.ELU{}), shape: seq}, {py: "nn.ELU(.5)", ours: always(&nn.ELU{Alpha: .5}), shape: seq}, {py: "nn.Sigmoid()", ours: always(&nn.Sigmoid{}), shape: seq},
	{py: "nn.Tanh()", ours: always(&nn.Tanh{}), shape: seq}, {py: "nn.Softmax(dim=1)", ours: always(&nn.Softmax{Dim: 1}), shape: seq},
	{py: "fastai.SigmoidRange(-1, 5)", ours: always(&nn.SigmoidRange{Low: -1, High: 5}), shape: seq, prints: "-"},

	{py: "nn.MaxPool1d(2)", ours: always(&nn.MaxPool1d{Kernel: 2}), shape: seq}, {py: "nn.MaxPool2d(3, 2, 1, ceil_mode=True)", ours: always(&nn.MaxPool2d{Kernel: 3, Stride: 2, Padding: 1, CeilMode: true}), shape: img},
	{py: "nn.MaxPool2d(2)", ours: always(&nn.MaxPool2d{Kernel: 2}), shape: img}, {py: "nn.MaxPool3d(3, 2, 1)", ours: always(&nn.MaxPool3d{Kernel: 3, Stride: 2, Padding: 1}), shape: vol},
	{py: "nn.AvgPool1d(3, 2, 1)", ours: always(&nn.AvgPool1d{Kernel: 3, Stride: 2, Padding: 1}), shape: seq}, {py: "nn.AvgPool2d(3, 2, 1, count_include_pad=False)", ours: always(&nn.AvgPool2d{Kernel: 3, Stride: 2, Padding: 1, ExcludePad: true}), shape: img},
	{py: "nn.AvgPool3d(2, ceil_mode=True)", ours: always(&nn.AvgPool3d{Kernel: 2, CeilMode: true}), shape: vol}, {py: "nn.AdaptiveAvgPool1d(3)", ours: always(&nn.AdaptiveAvgPool1d{Size: 3}), shape: seq},
	{py: "nn.AdaptiveAvgPool2d(1)", ours: always(&nn.AdaptiveAvgPool2d{Size: 1}), shape: img}, {py: "nn.AdaptiveAvgPool3d(2)", ours: always(&nn.AdaptiveAvgPool3d{Size: 2}), shape: vol},
	{py: "nn.AdaptiveMaxPool1d(3)", ours: always(&nn.AdaptiveMaxPool1d{Size: 3}), shape: seq}, {py: "nn.AdaptiveMaxPool2d(2)", ours: always(&nn.AdaptiveMaxPool2d{Size: 2}), shape: img},
	{py: "nn.AdaptiveMaxPool3d(2)", ours: always(&nn.AdaptiveMaxPool3d{Size: 2}), shape: vol}, {py: "nn.Flatten()", ours: always(&nn.Flatten{}), shape: img},

	{py: "nn.Upsample(scale_factor=2)", ours: interpolated(torch.InterpolateOptions{ScaleFactor: []float64{2}}), shape: seq},
	{py: "nn.Upsample((5, 9), mode='bilinear', align_corners=True)", ours: interpolated(torch.InterpolateOptions{Size: []int64{5, 9}, Mode: "bilinear", AlignCorners: true}), shape: img},
	{py: "nn.PixelShuffle(2)", ours: always(&nn.PixelShuffle{Factor: 2}), shape: img}, {py: "nn.ZeroPad2d((1, 2, 0, 1))", ours: always(&nn.Pad{Pads: []int64{1, 2, 0, 1}}), shape: img, prints: "-"},
	{py: "nn.ReflectionPad2d((1, 2, 0, 1))", ours: always(&nn.Pad{Pads: []int64{1, 2, 0, 1}, Mode: "reflect"}), shape: img}, {py: "nn.ReplicationPad1d((1, 2))", ours: always(&nn.Pad{Pads: []int64{1, 2}, Mode: "replicate"}), shape: seq},
	{py: "nn.ConstantPad1d((1, 2), 0.5)", ours: always(&nn.Pad{Pads: []int64{1, 2}, Value: .5}), shape: seq}, {py: "nn.Identity()", ours: always(&nn.Identity{}), shape: seq},

	{py: "nn.Dropout(.3)", ours: always(&nn.Dropout{P: .3}), shape: seq, train: true}, {py: "nn.Dropout2d(.4)", ours: always(&nn.Dropout2d{P: .4}), shape: img, train: true},
	{py: "nn.Dropout(1.)", ours: always(&nn.Dropout{P: 1}), shape: seq, train: true}, {py: "ops.StochasticDepth(.4, 'row')", ours: always(&nn.StochasticDepth{P: .4, Mode: "row"}), shape: []int64{6, 2, 3}, train: true},
	{py: "ops.StochasticDepth(.4, 'batch')", ours: always(&nn.StochasticDepth{P: .4, Mode: "batch"}), shape: img, train: true}, {py: "ops.StochasticDepth(.4, 'batch')", ours: always(&nn.StochasticDepth{P: .4, Mode: "batch"}), shape: img},

	{py: "nn.Embedding(9, 5)", ours: func() nn.Module { return nn.NewEmbedding(9, 5) }, shape: ids}, {py: "nn.Embedding(9, 5, padding_idx=2)", ours: func() nn.Module { return nn.NewPaddedEmbedding(9, 5, 2) }, shape: ids},
	{py: "nn.MultiheadAttention(6, 2)", ours: func() nn.Module { return nn.NewMultiheadAttention(6, 2, nn.AttentionOptions{}) }, shape: []int64{4, 2, 6}, train: true, prints: "-"},
	{py: "nn.MultiheadAttention(6, 3, bias=False, batch_first=True)", ours: func() nn.Module {
		return nn.NewMultiheadAttention(6, 3, nn.AttentionOptions{NoBias: true, BatchFirst: true})
	}, shape: []int64{4, 2, 6}, prints: "-"},
	{py: "nn.MultiheadAttention(6, 2, kdim=6, vdim=6)", ours: func() nn.Module { return nn.NewMultiheadAttention(6, 2, nn.AttentionOptions{KDim: 6, VDim: 6}) }, shape: []int64{4, 6}, prints: "-"},
	{py: "nn.TransformerEncoderLayer(6, 2, 10, 0.)", ours: func() nn.Module { return nn.NewTransformerEncoderLayer(6, 2, 10, nn.AttentionOptions{}) }, shape: []int64{4, 2, 6}, train: true, prints: "-"},
	{py: "nn.TransformerEncoderLayer(6, 2, 10, 0.2, 'gelu', batch_first=True, norm_first=True)", ours: func() nn.Module {
		return nn.NewTransformerEncoderLayer(6, 2, 10, nn.AttentionOptions{Dropout: .2, BatchFirst: true, NormFirst: true, Activation: "gelu"})
	}, shape: []int64{4, 2, 6}, train: true, prints: "-"},
	{py: "nn.TransformerEncoderLayer(6, 2, 10, 0.2, batch_first=True)", ours: func() nn.Module {
		return nn.NewTransformerEncoderLayer(6, 2, 10, nn.AttentionOptions{Dropout: .2, BatchFirst: true})
	}, shape: []int64{4, 2, 6}, prints: "-"},
	{py: "nn.RNN(7, 5)", ours: func() nn.Module { return nn.NewRNN(7, 5, nn.RecurrentOptions{}) }, shape: seq},
	{py: "nn.RNN(7, 5, nonlinearity='relu', batch_first=True)", ours: func() nn.Module { return nn.NewRNN(7, 5, nn.RecurrentOptions{Nonlinearity: "relu", BatchFirst: true}) }, shape: seq, prints: "-"},
	{py: "nn.LSTM(7, 5, num_layers=2, bidirectional=True, batch_first=True)", ours: func() nn.Module {
		return nn.NewLSTM(7, 5, nn.RecurrentOptions{Layers: 2, Bidirectional: true, BatchFirst: true})
	}, shape: seq},
	{py: "nn.LSTM(7, 5, num_layers=2, dropout=.5)", ours: func() nn.Module { return nn.NewLSTM(7, 5, nn.RecurrentOptions{Layers: 2, Dropout: .5}) }, shape: seq, train: true},
	{py: "nn.GRU(7, 5, 2, bidirectional=True, batch_first=True)", ours: func() nn.Module {
		return nn.NewGRU(7, 5, nn.RecurrentOptions{Layers: 2, Bidirectional: true, BatchFirst: true})
	}, shape: []int64{4, 7}},
	{py: "nn.GRU(7, 5, bias=False)", ours: func() nn.Module { return nn.NewGRU(7, 5, nn.RecurrentOptions{NoBias: true}) }, shape: seq},

	{py: "nn.utils.parametrizations.weight_norm(nn.Linear(7, 3))", ours: func() nn.Module { return nn.WeightNorm(nn.NewLinear(7, 3)) }, shape: seq},
	{py: "nn.utils.parametrizations.weight_norm(nn.ConvTranspose2d(4, 6, 3, bias=False))", ours: func() nn.Module { return nn.WeightNorm(nn.NewConvTranspose2d(4, 6, 3, nn.NoBias())) }, shape: img, train: true},
	{py: "nn.utils.parametrizations.spectral_norm(nn.Linear(7, 3))", ours: func() nn.Module { return nn.SpectralNorm(nn.NewLinear(7, 3)) }, shape: seq},
	{py: "nn.utils.parametrizations.spectral_norm(nn.Conv2d(4, 6, 3, padding=1, padding_mode='reflect'))", ours: func() nn.Module {
		return nn.SpectralNorm(nn.NewConv2d(4, 6, 3, nn.Padding(1), nn.PaddingMode("reflect")))
	}, shape: img, train: true},
	{py: "nn.utils.parametrizations.spectral_norm(nn.ConvTranspose1d(4, 6, 3, groups=2))", ours: func() nn.Module { return nn.SpectralNorm(nn.NewConvTranspose1d(4, 6, 3, nn.Groups(2))) }, shape: seq, train: true},
	{py: "nn.utils.parametrizations.spectral_norm(nn.Embedding(9, 5))", ours: func() nn.Module { return nn.SpectralNorm(nn.NewEmbedding(9, 5)) }, shape: ids, train: true},

	{py: "nn.Sequential(nn.Linear(7, 3), nn.Sequential(nn.ReLU(), nn.Linear(3, 2, bias=False)))", ours: func() nn.Module {
		return nn.NewSequential(nn.NewLinear(7, 3), nn.NewSequential(&nn.ReLU{}, nn.NewLinear(3, 2, nn.NoBias())))
	}, shape: seq},
	{py: "nn.Sequential(nn.Linear(7, 7), nn.SiLU(True), nn.Linear(7, 7), nn.Mish(True), nn.Linear(7, 7), nn.Hardswish(True), nn.Linear(7, 7), nn.Hardsigmoid(True), nn.Linear(7, 7), nn.ReLU6(True), nn.Linear(7, 7), nn.LeakyReLU(.2, True), nn.Linear(7, 7), nn.ELU(.5, True), nn.Linear(7, 7), nn.ReLU(True))", ours: func() nn.Module {
		s := &nn.Sequential{}
		for i, m := range []nn.Module{&nn.SiLU{InPlace: true}, &nn.Mish{InPlace: true}, &nn.Hardswish{InPlace: true}, &nn.Hardsigmoid{InPlace: true}, &nn.ReLU6{InPlace: true},
			&nn.LeakyReLU{NegativeSlope: .2, InPlace: true}, &nn.ELU{Alpha: .5, InPlace: true}, &nn.ReLU{InPlace: true}} {
			s.Register(fmt.Sprint(2*i), nn.NewLinear(7, 7))
			s.Register(fmt.Sprint(2*i+1), m)
		}
		return s
	}, shape: seq},
	{py: "ops.SqueezeExcitation(4, 2)", ours: func() nn.Module { return nn.NewSqueezeExcitation(4, 2) }, shape: img, prints: "-"},
	{py: "ops.Conv2dNormActivation(4, 6, 3, stride=2, dilation=2)", ours: func() nn.Module { return nn.ConvNormAct(4, 6, 3, &nn.ReLU{}, nn.Stride(2), nn.Dilation(2)) }, shape: img, train: true, prints: "-"},
	{py: "fastai.ConvLayer(4, 6, stride=2)", ours: func() nn.Module { return nn.ConvLayer(4, 6, 3, nn.Stride(2)) }, shape: img, train: true, prints: "-"},
	{py: "fastai.ConvLayer(4, 6, 3, norm_type=fastai.NormType.BatchZero, act_cls=nn.Mish, bn_1st=False, groups=2)", ours: func() nn.Module {
		return nn.ConvLayer(4, 6, 3, nn.NormBatchZero, nn.Act(&nn.Mish{}), nn.ActFirst(), nn.Groups(2))
	}, shape: img, train: true, prints: "-"},
	{py: "fastai.ConvLayer(4, 6, 4, stride=2, padding=1, norm_type=fastai.NormType.Weight, transpose=True, act_cls=nn.Tanh)", ours: func() nn.Module {
		return nn.ConvLayer(4, 6, 4, nn.Transposed(), nn.Stride(2), nn.Padding(1), nn.NormWeight, nn.Act(&nn.Tanh{}))
	}, shape: img, train: true, prints: "-"},
	{py: "fastai.ConvLayer(4, 6, 4, transpose=True, ndim=1, norm_type=None, bias_std=0)", ours: func() nn.Module {
		return nn.ConvLayer(4, 6, 4, nn.Transposed(), nn.Dims(1), nn.NormNone, nn.BiasStd(0))
	}, shape: seq, prints: "-"},
	{py: "fastai.ConvLayer(4, 6, 3, ndim=3, norm_type=fastai.NormType.Spectral, act_cls=None, xtra=nn.MaxPool3d(2))", ours: func() nn.Module {
		return nn.ConvLayer(4, 6, 3, nn.Dims(3), nn.NormSpectral, nn.Act(nil), nn.Extra(&nn.MaxPool3d{Kernel: 2}))
	}, shape: vol, train: true, prints: "-"},
	{py: "fastai.ConvLayer(4, 6, 1, ndim=1, norm_type=fastai.NormType.Instance, bias=True)", ours: func() nn.Module {
		return nn.ConvLayer(4, 6, 1, nn.Dims(1), nn.NormInstance, nn.WithBias())
	}, shape: seq, train: true, prints: "-"},
	{py: "fastai.ConvLayer(4, 6, 1, norm_type=fastai.NormType.InstanceZero, init=nn.init.xavier_uniform_)", ours: func() nn.Module {
		return nn.ConvLayer(4, 6, 1, nn.NormInstanceZero, nn.Init(nn.XavierUniform_))
	}, shape: img, prints: "-"},
	{py: "fastai.PixelShuffle_ICNR(4, 2)", ours: func() nn.Module { return nn.PixelShuffleICNR(4, 2, 2) }, shape: img, train: true, prints: "-"},
	{py: "fastai.PixelShuffle_ICNR(4, 4, scale=4, blur=True, norm_type=fastai.NormType.Batch, act_cls=None)", ours: func() nn.Module {
		return nn.PixelShuffleICNR(4, 4, 4, nn.Blur(), nn.NormBatch, nn.Act(nil))
	}, shape: img, train: true, prints: "-"},
	{py: "fastai.PixelShuffle_ICNR(4, 2, norm_type=fastai.NormType.Spectral)", ours: func() nn.Module { return nn.PixelShuffleICNR(4, 2, 2, nn.NormSpectral) }, shape: img, train: true, prints: "-"},
	{py: "fastai.SelfAttention(16)", ours: func() nn.Module { return nn.NewSelfAttention(16) }, shape: []int64{2, 16, 3, 4}, train: true, prints: "-"},
	{py: "(lambda m, f=nn.init.ones_: [m, f(m.gamma)][0])(fastai.SimpleSelfAttention(6))", ours: func() nn.Module {
		m := nn.NewSimpleSelfAttention(6)
		nn.Constant_(m.Gamma, 1)
		return m
	}, shape: []int64{2, 6, 3, 4}, prints: "-"},
	{py: "(lambda m, f=nn.init.ones_: [m, f(m.gamma)][0])(fastai.SelfAttention(8))", ours: func() nn.Module {
		m := nn.NewSelfAttention(8)
		nn.Constant_(m.Gamma, 1)
		return m
	}, shape: []int64{2, 8, 5}, prints: "-"},
	{py: "fastai.PoolFlatten()", ours: func() nn.Module { return nn.PoolFlatten() }, shape: img, prints: "-"},
	{py: "fastai.SequentialEx(nn.Linear(7, 7), nn.ReLU(), fastai.MergeLayer())", ours: func() nn.Module {
		return &nn.SequentialEx{Layers: []nn.Module{nn.NewLinear(7, 7), &nn.ReLU{}, &nn.MergeLayer{}}}
	}, shape: seq, prints: "-"},
	{py: "fastai.SequentialEx(nn.Conv2d(4, 2, 1), fastai.MergeLayer(dense=True))", ours: func() nn.Module {
		return &nn.SequentialEx{Layers: []nn.Module{nn.NewConv2d(4, 2, 1), &nn.MergeLayer{Dense: true}}}
	}, shape: img, prints: "-"},
}

// Each layer has PyTorch's parameters from the same seed, its keys and text, and gives its outputs, gradients and statistics.
func TestLayersEqualPyTorch(t *testing.T) {
	type question struct {
		Py    string    `json:"py"`
		Seed  uint64    `json:"seed"`
		Train bool      `json:"train"`
		Index bool      `json:"index"`
		Shape []int64   `json:"shape"`
		X     []float64 `json:"x"`
	}
	all := layers
	questions := make([]question, len(all))
	for i, l := range all {
		q := question{Py: l.py, Seed: 11, Train: l.train, Shape: l.shape}
		if q.Index = l.shape[0] < 0; q.Index {
			q.Shape = l.shape[1:]
		}
		n := int64(1)
		for _, d := range q.Shape {
			n *= d
		}
		for j := range n {
			v := 2 * math.Sin(float64(j)*1.37+.5)
			if q.Index {
				v = float64(j % 4)
			}
			q.X = append(q.X, v)
		}
		questions[i] = q
	}
	var wants []struct {
		Repr                 string
		Keys                 []string
		Params, Grads, After [][]float64
		Y                    []float64
		Shape                []int64
	}
	parity.Python(t, "layers.py", questions, &wants)
	for i, l := range all {
		q, want := questions[i], wants[i]
		t.Run(l.py, func(t *testing.T) {
			s := torch.NewScope()
			defer s.Close()
			near := func(what string, got *torch.Tensor, want []float64) {
				t.Helper()
				parity.Close(t, what, numbers(got), want, parity.Rounding(parity.Float64, max(len(want), len(q.X)), 8*parity.Largest(want)))
			}
			torch.ManualSeed(q.Seed)
			m := l.ours()
			defer nn.Close(m)
			if q.Train {
				nn.Train(m)
			} else {
				nn.Eval(m)
			}
			nn.To(m, torch.Float64)
			var keys []string
			for k, n := range nn.StateDict(m) {
				if keys = append(keys, n.Name); k < len(want.Params) {
					parity.Close(t, n.Name, numbers(n.Tensor), want.Params[k], 0)
				}
			}
			if !slices.Equal(keys, want.Keys) {
				t.Errorf("keys %q, want %q", keys, want.Keys)
			}
			if text := fmt.Sprint(m); l.prints == "" && text != want.Repr || l.prints != "" && l.prints != "-" && text != l.prints {
				t.Errorf("prints %s\nwant   %s", text, want.Repr)
			}
			x := torch.FromSlice(s, q.X, q.Shape...)
			leaves := nn.Parameters(m)
			if q.Index {
				x = x.To(torch.Int64)
			} else {
				leaves = append([]*torch.Tensor{x.RequiresGrad_(true)}, leaves...)
			}
			torch.ManualSeed(q.Seed)
			y := nn.Call(m, x)
			if !slices.Equal(y.Shape(), want.Shape) {
				t.Fatalf("shape %v, want %v", y.Shape(), want.Shape)
			}
			near("output", y, want.Y)
			if y.RequiresGrad() {
				y.Mul(s.Arange(y.Numel()).AddScalar(1).To(torch.Float64).View(y.Shape()...)).Sum().Backward()
			}
			for k, leaf := range leaves {
				if g := leaf.Grad(); g != nil {
					near(fmt.Sprint("gradient ", k), g, want.Grads[k])
				} else if len(want.Grads[k]) > 0 {
					t.Errorf("no gradient %d", k)
				}
			}
			for k, b := range nn.Buffers(m) {
				near("buffer", b, want.After[k])
			}
		})
	}
}
