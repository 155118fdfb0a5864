package nn_test

import (
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// makes is the making of a layer, which must fail.
func makes[M nn.Module](f func() M) func() (any, error) {
	return does(func(*torch.Scope) any { f(); return nil })
}

// shapeOf is the shape of what a layer makes of ones.
func shapeOf[M nn.Module](f func() M, shape ...int64) func() (any, error) {
	return does(func(s *torch.Scope) any { return nn.Call(f(), s.Ones(shape...)).Shape() })
}

const fastai = "import fastai.layers as f; "

// layerChecks are what the layers and their options refuse.
var layerChecks = []parity.Check{
	{Of: "SamePadding", What: "a stride", Py: "nn.Conv2d(1, 1, 3, stride=2, padding='same')", Want: "padding='same' is not supported for strided convolutions", Ours: conv(1, 1, 3, nn.SamePadding(), nn.Stride(2))},
	{Of: "SamePadding", What: "padding too", Py: "nn.Conv2d(1, 1, 3, padding='same', **{'padding': 1})", Want: "exclude each other", Ours: conv(1, 1, 3, nn.SamePadding(), nn.Padding(1))},
	{Of: "SamePadding", What: "transposed", Py: "nn.ConvTranspose2d(1, 1, 3, padding='same')(torch.ones(1,1,3,3))", Want: "neither PaddingMode nor SamePadding", Ours: makes(func() nn.Module { return nn.NewConvTranspose2d(1, 1, 3, nn.SamePadding()) })},
	{Of: "PaddingMode", What: "another mode", Py: "nn.Conv2d(1, 1, 3, padding_mode='mirror')", Want: `PaddingMode is "mirror"`, Ours: conv(1, 1, 3, nn.PaddingMode("mirror"))},
	{Of: "PaddingMode", What: "transposed", Py: "nn.ConvTranspose2d(1, 1, 3, padding_mode='reflect')", Want: "neither PaddingMode nor SamePadding", Ours: makes(func() nn.Module { return nn.NewConvTranspose2d(1, 1, 3, nn.PaddingMode("reflect")) })},
	{Of: "PaddingMode", What: "more than there is to reflect", Py: "nn.Conv2d(1, 1, 3, padding=2, padding_mode='reflect')(torch.ones(1,1,2,2))", Want: "adding size should be less",
		Ours: shapeOf(func() nn.Module { return nn.NewConv2d(1, 1, 3, nn.Padding(2), nn.PaddingMode("reflect")) }, 1, 1, 2, 2)},
	{Of: "WeightNorm", What: "no weight", Py: "nn.utils.parametrizations.weight_norm(nn.ReLU())", Want: "*nn.ReLU can't be parametrized", Ours: makes(func() nn.Module { return nn.WeightNorm(&nn.ReLU{}) })},
	{Of: "WeightNorm", What: "nil", Py: "nn.utils.parametrizations.weight_norm(None)", Want: "can't be parametrized", Ours: makes(func() nn.Module { return nn.WeightNorm(nil) })},
	{Of: "WeightNorm", What: "twice", Py: "nn.utils.parametrizations.weight_norm(nn.utils.parametrizations.weight_norm(nn.Linear(1, 1)))", Want: "*nn.Parametrized can't be parametrized", Only: "one parametrization is what there is",
		Ours: makes(func() nn.Module { return nn.WeightNorm(nn.WeightNorm(nn.NewLinear(1, 1))) })},
	{Of: "SpectralNorm", What: "no weight", Py: "nn.utils.parametrizations.spectral_norm(nn.ReLU())", Want: "*nn.ReLU can't be parametrized", Ours: makes(func() nn.Module { return nn.SpectralNorm(&nn.ReLU{}) })},
	{Of: "SpectralNorm", What: "nothing in", Py: "list(nn.utils.parametrizations.spectral_norm(nn.Linear(0, 2))(torch.ones(1, 0)).shape)", Ours: shapeOf(func() nn.Module { return nn.SpectralNorm(nn.NewLinear(0, 2)) }, 1, 0)},
	{Of: "SelfAttention NewSelfAttention SelfAttention.Forward", What: "few channels", Py: fastai + "f.SelfAttention(4)", Want: "4 channels: want 8 or more", Ours: makes(func() nn.Module { return nn.NewSelfAttention(4) })},
	{Of: "SimpleSelfAttention NewSimpleSelfAttention SimpleSelfAttention.Forward", What: "one dimension", Py: fastai + "f.SimpleSelfAttention(8)(torch.ones(8))", Want: "expected N×C×…", Ours: shapeOf(func() nn.Module { return nn.NewSimpleSelfAttention(8) }, 8)},
	{Of: "SelfAttention", What: "no places behind the channels", Py: fastai + "list(f.SelfAttention(8)(torch.ones(2,8)).shape)", Ours: shapeOf(func() nn.Module { return nn.NewSelfAttention(8) }, 2, 8)},
	{Of: "SelfAttention", What: "one dimension", Py: fastai + "f.SelfAttention(8)(torch.ones(8))", Want: "expected N×C×…", Ours: shapeOf(func() nn.Module { return nn.NewSelfAttention(8) }, 8)},
	{Of: "ConvLayer Dims", What: "four dimensions", Py: fastai + "f.ConvLayer(1, 1, ndim=4)", Want: "Dims is 4", Ours: makes(func() nn.Module { return nn.ConvLayer(1, 1, 3, nn.Dims(4)) })},
	{Of: "NormType", What: "another norm", Py: fastai + "f.ConvLayer(1, 1, norm_type=f.NormType(77))", Want: "NormType(77)", Ours: makes(func() nn.Module { return nn.ConvLayer(1, 1, 3, nn.NormType(77)) })},
	{Of: "PixelShuffleICNR", What: "outputs that 4 doesn't divide", Py: fastai + "f.PixelShuffle_ICNR(1, 1, 3)", Want: "want a multiple of 4", Ours: makes(func() nn.Module { return nn.PixelShuffleICNR(1, 1, 3) })},
}
