package torch_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
)

// in runs f in a scope of its own, and returns what it gives or the error it panics with.
func in(f func(s *torch.Scope) any) func() (any, error) {
	return func() (v any, err error) {
		s := torch.NewScope()
		defer s.Close()
		err = torch.Try(func() {
			if v = f(s); v == nil {
				return
			}
			if t, ok := v.(*torch.Tensor); ok {
				v = torch.ToSlice[float64](t.Detach().To(torch.Float64))
			}
		})
		return v, err
	}
}

var nan = math.NaN()

// norm is a batch norm of three channels in training, of ones in this shape.
func norm(eps float64, shape ...int64) func() (any, error) {
	return in(func(s *torch.Scope) any {
		mean, variance := s.Zeros(3), s.Ones(3)
		defer func() {
			if sum := variance.Sum().Add(mean.Sum()).Item(); sum != 3 {
				panic("the running statistics changed")
			}
		}()
		return torch.BatchNorm(s.Ones(shape...), nil, nil, mean, variance, 0.1, eps)
	})
}

// pair is f of float32 ones in two shapes.
func pair(f func(x, y *torch.Tensor) *torch.Tensor, a, b []int64) func() (any, error) {
	return in(func(s *torch.Scope) any { return f(s.Ones(a...), s.Ones(b...)) })
}

func interpolate(o torch.InterpolateOptions, shape ...int64) func() (any, error) {
	return in(func(s *torch.Scope) any { return torch.Interpolate(s.Ones(shape...), o) })
}

func crossEntropy(o torch.CrossEntropyOptions) func() (any, error) {
	return in(func(s *torch.Scope) any {
		return torch.CrossEntropy(s.Ones(2, 3), s.With(torch.Int64).Zeros(2), o)
	})
}

func l1(r torch.Reduction) func(x, y *torch.Tensor) *torch.Tensor {
	return func(x, y *torch.Tensor) *torch.Tensor { return torch.L1Loss(x, y, r) }
}

func mse(r torch.Reduction) func(x, y *torch.Tensor) *torch.Tensor {
	return func(x, y *torch.Tensor) *torch.Tensor { return torch.MSELoss(x, y, r) }
}

func bce(x, y *torch.Tensor) *torch.Tensor { return torch.BCEWithLogits(x, y, torch.ReductionMean) }

func dropout(p float64) func() (any, error) {
	return in(func(s *torch.Scope) any { return torch.Dropout(s.Ones(3), p) })
}

func grid(mode torch.Interpolation, padding torch.PaddingMode) func() (any, error) {
	return in(func(s *torch.Scope) any {
		return torch.GridSample(s.Ones(1, 1, 2, 2), s.Zeros(1, 2, 2, 2), torch.GridSampleOptions{Mode: mode, Padding: padding})
	})
}

func affine(theta, size []int64, opts ...torch.Option) func() (any, error) {
	return in(func(s *torch.Scope) any {
		return torch.AffineGrid(s.With(opts...).Zeros(theta...), size[0], size[1], size[2], size[3], torch.AffineGridOptions{})
	})
}

// gradOf sets the gradient of three ones.
func gradOf(g func(s *torch.Scope, t *torch.Tensor) *torch.Tensor) func() (any, error) {
	return in(func(s *torch.Scope) any {
		t := s.Ones(3)
		t.SetGrad(g(s, t))
		return nil
	})
}

func dirichlet(v ...float64) func() (any, error) {
	return in(func(s *torch.Scope) any { torch.SampleDirichlet(torch.FromSlice(s, v)); return nil })
}

// inPlace are the operations that change a tensor.
var inPlace = map[string]func(x, y *torch.Tensor) *torch.Tensor{
	"Add_":        (*torch.Tensor).Add_,
	"Sub_":        (*torch.Tensor).Sub_,
	"Mul_":        (*torch.Tensor).Mul_,
	"Div_":        (*torch.Tensor).Div_,
	"Copy_":       (*torch.Tensor).Copy_,
	"AddScalar_":  func(x, _ *torch.Tensor) *torch.Tensor { return x.AddScalar_(1) },
	"MulScalar_":  func(x, _ *torch.Tensor) *torch.Tensor { return x.MulScalar_(2) },
	"LerpScalar_": func(x, y *torch.Tensor) *torch.Tensor { return x.LerpScalar_(y, 0.5) },
	"Clamp_":      func(x, _ *torch.Tensor) *torch.Tensor { return x.Clamp_(0, 1) },
	"Fill_":       func(x, _ *torch.Tensor) *torch.Tensor { return x.Fill_(1) },
	"Zero_":       func(x, _ *torch.Tensor) *torch.Tensor { return x.Zero_() },
	"Relu_":       func(x, _ *torch.Tensor) *torch.Tensor { return x.Relu_() },
	"Sigmoid_":    func(x, _ *torch.Tensor) *torch.Tensor { return x.Sigmoid_() },
	"Bernoulli_":  func(x, _ *torch.Tensor) *torch.Tensor { return x.Bernoulli_(0.5) },
	"Normal_":     func(x, _ *torch.Tensor) *torch.Tensor { return x.Normal_(0, 1) },
	"Uniform_":    func(x, _ *torch.Tensor) *torch.Tensor { return x.Uniform_(0, 1) },
	"NormalSeeded_": func(x, _ *torch.Tensor) *torch.Tensor {
		return x.NormalSeeded_(0, 1, 7)
	},
}

func inPlaceNames() string {
	return "Tensor." + strings.Join(slices.Sorted(maps.Keys(inPlace)), " Tensor.")
}

// everyInPlace is refused if each of them is, with one message.
func everyInPlace() (v any, err error) {
	for _, name := range slices.Sorted(maps.Keys(inPlace)) {
		_, err = in(func(s *torch.Scope) any {
			return inPlace[name](s.Ones(2).RequiresGrad_(true), s.Ones(2))
		})()
		if err == nil || !strings.Contains(err.Error(), "leaf Variable that requires grad") {
			return nil, fmt.Errorf("%s: %v", name, err)
		}
	}
	return nil, err
}

const setGrad = "x = torch.ones(3); "

var torchChecks = []parity.Check{
	{Of: "BatchNorm", What: "one value per channel, N×C", Py: "F.batch_norm(torch.ones(1,3), torch.zeros(3), torch.ones(3), training=True)",
		Want: "Expected more than 1 value per channel when training, got input size [1 3]", Ours: norm(1e-5, 1, 3)},
	{Of: "BatchNorm", What: "one value per channel, N×C×L", Py: "F.batch_norm(torch.ones(1,3,1), torch.zeros(3), torch.ones(3), training=True)",
		Want: "Expected more than 1 value per channel", Ours: norm(1e-5, 1, 3, 1)},
	{Of: "BatchNorm", What: "one value per channel, N×C×H×W", Py: "F.batch_norm(torch.ones(1,3,1,1), torch.zeros(3), torch.ones(3), training=True)",
		Want: "Expected more than 1 value per channel", Ours: norm(1e-5, 1, 3, 1, 1)},
	{Of: "BatchNorm", What: "eps of 0", Py: "F.batch_norm(torch.ones(2,3), torch.zeros(3), torch.ones(3), training=True, eps=0.)",
		Want: "eps must be above 0, got 0", Ours: norm(0, 2, 3)},
	{Of: "BatchNorm", What: "eps of NaN", Py: "F.batch_norm(torch.ones(2,3), torch.zeros(3), torch.ones(3), training=True, eps=nan)", Only: "NaN passes Python's comparison",
		Want: "eps must be above 0, got NaN", Ours: norm(nan, 2, 3)},
	{Of: "BatchNorm", What: "one dimension", Py: "F.batch_norm(torch.ones(3), torch.zeros(3), torch.ones(3), training=True)",
		Want: "expected N×C", Ours: norm(1e-5, 3)},
	{Of: "BatchNorm", What: "an empty batch passes", Py: "F.batch_norm(torch.ones(0,3), torch.zeros(3), torch.ones(3), training=True).flatten().tolist()", Ours: norm(1e-5, 0, 3)},
	{Of: "BatchNorm", What: "one item of two values passes", Py: "F.batch_norm(torch.ones(1,3,2,1), torch.zeros(3), torch.ones(3), training=True).flatten().tolist()",
		Ours: in(func(s *torch.Scope) any {
			return torch.BatchNorm(s.Ones(1, 3, 2, 1), nil, nil, s.Zeros(3), s.Ones(3), 0.1, 1e-5)
		})},
	{Of: "BatchNorm", What: "one value in evaluation passes", Py: "F.batch_norm(torch.ones(1,3), torch.zeros(3), torch.ones(3)).flatten().tolist()",
		Ours: in(func(s *torch.Scope) any {
			return torch.BatchNormEval(s.Ones(1, 3), nil, nil, s.Zeros(3), s.Ones(3), 1e-5)
		})},
	{Of: "BatchNorm", What: "running statistics of another size", Py: "F.batch_norm(torch.ones(2,3), torch.zeros(4), torch.ones(4), training=True)", Want: "running_mean",
		Ours: in(func(s *torch.Scope) any {
			return torch.BatchNorm(s.Ones(2, 3), nil, nil, s.Zeros(4), s.Ones(4), 0.1, 1e-5)
		})},
	{Of: "BatchNorm", What: "no running statistics in evaluation", Py: "F.batch_norm(torch.ones(2,3), None, None)", Want: "running_mean",
		Ours: in(func(s *torch.Scope) any {
			return torch.BatchNormEval(s.Ones(2, 3), nil, nil, nil, nil, 1e-5)
		})},

	{Of: "Dropout", What: "p above 1", Py: "F.dropout(torch.ones(3), 1.5)", Want: "dropout probability has to be between 0 and 1, but got 1.5", Ours: dropout(1.5)},
	{Of: "Dropout", What: "p below 0", Py: "F.dropout(torch.ones(3), -0.1)", Want: "between 0 and 1, but got -0.1", Ours: dropout(-0.1)},
	{Of: "Dropout", What: "p of NaN", Py: "F.dropout(torch.ones(3), nan)", Want: "between 0 and 1, but got NaN", Ours: dropout(nan)},
	{Of: "Dropout", What: "p of 1", Py: "F.dropout(torch.ones(3), 1.)", Ours: dropout(1)},

	{Of: "MSELoss", What: "N×1 against N", Py: "F.mse_loss(torch.ones(2,1), torch.ones(2))", Only: "warns", Want: "target size [2] must be the same as input size [2 1]", Ours: pair(mse(torch.ReductionMean), []int64{2, 1}, []int64{2})},
	{Of: "MSELoss", What: "reduction", Py: "F.mse_loss(torch.ones(2), torch.ones(2), reduction='7')", Want: "Reduction(7)", Ours: pair(mse(7), []int64{2}, []int64{2})},
	{Of: "L1Loss", What: "N×1 against N", Py: "F.l1_loss(torch.ones(2,1), torch.ones(2))", Only: "warns", Want: "target size [2] must be the same as input size [2 1]", Ours: pair(l1(torch.ReductionSum), []int64{2, 1}, []int64{2})},
	{Of: "L1Loss", What: "reduction", Py: "F.l1_loss(torch.ones(2), torch.ones(2), reduction='')", Want: "Reduction(-1)", Ours: pair(l1(-1), []int64{2}, []int64{2})},
	{Of: "BCEWithLogits BCEWithLogitsWeighted", What: "N×1 against N", Py: "F.binary_cross_entropy_with_logits(torch.ones(2,1), torch.ones(2))",
		Want: "target size [2] must be the same as input size [2 1]", Ours: pair(bce, []int64{2, 1}, []int64{2})},
	{Of: "BCEWithLogits", What: "N against N×C", Py: "F.binary_cross_entropy_with_logits(torch.ones(3), torch.ones(2,3))",
		Want: "target size [2 3] must be the same as input size [3]", Ours: pair(bce, []int64{3}, []int64{2, 3})},
	{Of: "BCEWithLogits", What: "reduction", Py: "F.binary_cross_entropy_with_logits(torch.ones(3), torch.ones(3), reduction='avg')", Want: "Reduction(3)",
		Ours: in(func(s *torch.Scope) any {
			return torch.BCEWithLogits(s.Ones(3), s.Ones(3), 3)
		})},
	{Of: "CrossEntropy CrossEntropyOptions Reduction", What: "reduction", Py: "F.cross_entropy(torch.ones(2,3), torch.tensor([0,0]), reduction='means')", Want: "Reduction(3)", Ours: crossEntropy(torch.CrossEntropyOptions{Reduction: 3})},
	{Of: "CrossEntropy", What: "label smoothing above 1", Py: "F.cross_entropy(torch.ones(2,3), torch.tensor([0,0]), label_smoothing=1.5)", Want: "between 0.0 and 1.0", Ours: crossEntropy(torch.CrossEntropyOptions{LabelSmoothing: 1.5})},
	{Of: "CrossEntropy", What: "label smoothing below 0", Py: "F.cross_entropy(torch.ones(2,3), torch.tensor([0,0]), label_smoothing=-1.)", Only: "of classes libtorch heeds only what is above 0",
		Want: "between 0.0 and 1.0", Ours: crossEntropy(torch.CrossEntropyOptions{LabelSmoothing: -1})},
	{Of: "CrossEntropy", What: "label smoothing of NaN", Py: "F.cross_entropy(torch.ones(2,3), torch.tensor([0,0]), label_smoothing=nan)", Only: "of classes libtorch heeds only what is above 0",
		Want: "between 0.0 and 1.0", Ours: crossEntropy(torch.CrossEntropyOptions{LabelSmoothing: nan})},
	{Of: "CrossEntropy", What: "a class out of range", Py: "F.cross_entropy(torch.ones(1,3), torch.tensor([3]))", Want: "out of bounds",
		Ours: in(func(s *torch.Scope) any {
			return torch.CrossEntropy(s.Ones(1, 3), torch.FromSlice(s, []int64{3}), torch.CrossEntropyOptions{Reduction: torch.ReductionMean})
		})},
	{Of: "CrossEntropy", What: "targets of another number", Py: "F.cross_entropy(torch.ones(2,3), torch.tensor([0]))", Want: "batch_size",
		Ours: in(func(s *torch.Scope) any {
			return torch.CrossEntropy(s.Ones(2, 3), s.With(torch.Int64).Zeros(1), torch.CrossEntropyOptions{})
		})},
	{Of: "CrossEntropy", What: "weights of another number", Py: "F.cross_entropy(torch.ones(2,3), torch.tensor([0,0]), torch.ones(2))", Want: "weight",
		Ours: in(func(s *torch.Scope) any {
			return torch.CrossEntropy(s.Ones(2, 3), s.With(torch.Int64).Zeros(2), torch.CrossEntropyOptions{Weight: s.Ones(2)})
		})},

	{Of: "MaxPool2d", What: "default stride", Py: "F.max_pool2d(torch.arange(16.).view(1,1,4,4), 2).flatten().tolist()",
		Ours: in(func(s *torch.Scope) any {
			return torch.MaxPool2d(s.With(torch.Float32).Arange(16).View(1, 1, 4, 4), 2, 0, 0).View(-1)
		})},
	{Of: "MaxPool2d", What: "padding above half the kernel", Py: "F.max_pool2d(torch.ones(1,1,4,4), 2, padding=2)", Want: "pad should be at most half of effective kernel size",
		Ours: in(func(s *torch.Scope) any { return torch.MaxPool2d(s.Ones(1, 1, 4, 4), 2, 0, 2) })},
	{Of: "MaxPool2d", What: "kernel of 0", Py: "F.max_pool2d(torch.ones(1,1,4,4), 0)", Want: "kernel size should be greater than zero",
		Ours: in(func(s *torch.Scope) any { return torch.MaxPool2d(s.Ones(1, 1, 4, 4), 0, 1, 0) })},
	{Of: "AdaptiveAvgPool2d", What: "two dimensions", Py: "F.adaptive_avg_pool2d(torch.ones(4,4), 1)", Only: "to size 1 libtorch averages the last two dimensions of anything", Want: "got 2 dimensions",
		Ours: in(func(s *torch.Scope) any { return torch.AdaptiveAvgPool2d(s.Ones(4, 4), 1) })},
	{Of: "AdaptiveMaxPool2d", What: "two dimensions", Py: "F.adaptive_max_pool2d(torch.ones(4,4), 1)", Want: "Expected 3D or 4D tensor",
		Ours: in(func(s *torch.Scope) any { return torch.AdaptiveMaxPool2d(s.Ones(4, 4), 1) })},
	{Of: "Conv2d Conv2dOptions", What: "defaults", Py: "F.conv2d(torch.ones(1,1,3,3), torch.ones(1,1,2,2)).flatten().tolist()",
		Ours: in(func(s *torch.Scope) any {
			return torch.Conv2d(s.Ones(1, 1, 3, 3), s.Ones(1, 1, 2, 2), nil, torch.Conv2dOptions{}).View(-1)
		})},
	{Of: "Conv2d", What: "groups below 0", Py: "F.conv2d(torch.ones(1,1,3,3), torch.ones(1,1,2,2), groups=-1)", Want: "groups",
		Ours: in(func(s *torch.Scope) any {
			return torch.Conv2d(s.Ones(1, 1, 3, 3), s.Ones(1, 1, 2, 2), nil, torch.Conv2dOptions{Groups: -1})
		})},

	{Of: "GridSample Interpolation", What: "mode", Py: "F.grid_sample(torch.ones(1,1,2,2), torch.zeros(1,2,2,2), mode='3')", Want: "but got 3 and 0", Ours: grid(3, 0)},
	{Of: "GridSample PaddingMode", What: "padding mode", Py: "F.grid_sample(torch.ones(1,1,2,2), torch.zeros(1,2,2,2), padding_mode='-1')", Want: "but got 0 and -1", Ours: grid(0, -1)},
	{Of: "AffineGrid", What: "integers", Py: "F.affine_grid(torch.zeros(1,2,3,dtype=torch.int64), (1,1,2,2))", Want: "Expected theta to have floating point type", Ours: affine([]int64{1, 2, 3}, []int64{1, 1, 2, 2}, torch.Int64)},
	{Of: "AffineGrid", What: "three dimensions' maps", Py: "F.affine_grid(torch.zeros(1,3,4), (1,1,2,2))", Want: "expected theta N×2×3, got [1 3 4]", Ours: affine([]int64{1, 3, 4}, []int64{1, 1, 2, 2})},
	{Of: "AffineGrid", What: "no height", Py: "F.affine_grid(torch.zeros(1,2,3), (1,1,0,2))", Want: "positive output size, got [1 1 0 2]", Ours: affine([]int64{1, 2, 3}, []int64{1, 1, 0, 2})},
	{Of: "Interpolate InterpolateOptions", What: "three dimensions", Py: "F.interpolate(torch.ones(1,4,4), (2,2), mode='bilinear')", Want: "doesn't take 3 dimensions",
		Ours: interpolate(torch.InterpolateOptions{Mode: "bilinear", Size: []int64{2, 2}}, 1, 4, 4)},
	{Of: "Interpolate", What: "no height", Py: "F.interpolate(torch.ones(1,1,4,4), (0,2), mode='bilinear')", Want: "greater than 0",
		Ours: interpolate(torch.InterpolateOptions{Mode: "bilinear", Size: []int64{0, 2}}, 1, 1, 4, 4)},
	{Of: "Interpolate", What: "another number of sizes", Py: "F.interpolate(torch.ones(1,1,4,4), (2,2,2), mode='area')", Want: "3 sizes or factors for 2",
		Ours: interpolate(torch.InterpolateOptions{Mode: "area", Size: []int64{2, 2, 2}}, 1, 1, 4, 4)},
	{Of: "Interpolate", What: "neither size nor factor", Py: "F.interpolate(torch.ones(1,1,4))", Want: "want a Size or a ScaleFactor", Ours: interpolate(torch.InterpolateOptions{}, 1, 1, 4)},
	{Of: "Interpolate", What: "both", Py: "F.interpolate(torch.ones(1,1,4), 2, 0.5)", Want: "and not both",
		Ours: interpolate(torch.InterpolateOptions{Size: []int64{2}, ScaleFactor: []float64{.5}}, 1, 1, 4)},
	{Of: "Interpolate", What: "aligned corners of nearest", Py: "F.interpolate(torch.ones(1,1,4), 2, align_corners=True)", Want: "no meaning for mode",
		Ours: interpolate(torch.InterpolateOptions{Size: []int64{2}, AlignCorners: true}, 1, 1, 4)},
	{Of: "Interpolate", What: "antialiased nearest", Py: "F.interpolate(torch.ones(1,1,4,4), 2, antialias=True)", Want: "Antialias has no meaning",
		Ours: interpolate(torch.InterpolateOptions{Size: []int64{2}, Antialias: true}, 1, 1, 4, 4)},
	{Of: "Interpolate", What: "another mode", Py: "F.interpolate(torch.ones(1,1,4,4), 2, mode='cubic')", Want: "there is no mode", Ours: interpolate(torch.InterpolateOptions{Size: []int64{2}, Mode: "cubic"}, 1, 1, 4, 4)},
	{Of: "Pad", What: "an odd number of pads", Py: "F.pad(torch.ones(2,2), (1,))", Want: "divisible by 2", Ours: in(func(s *torch.Scope) any { return torch.Pad(s.Ones(2, 2), []int64{1}, "constant", 0) })},
	{Of: "Pad", What: "a value where nothing is filled", Py: "F.pad(torch.ones(1,1,3), (1,1), mode='reflect', value=2)", Want: "doesn't take in value", Ours: in(func(s *torch.Scope) any {
		return torch.Pad(s.Ones(1, 1, 3), []int64{1, 1}, "reflect", 2)
	})},
	{Of: "Pad", What: "another mode", Py: "F.pad(torch.ones(2,2), (1,1), mode='mirror')", Want: "adding mode", Ours: in(func(s *torch.Scope) any { return torch.Pad(s.Ones(2, 2), []int64{1, 1}, "mirror", 0) })},
	{Of: "SmoothL1Loss", What: "another shape", Py: "F.smooth_l1_loss(torch.ones(2,3), torch.ones(3))", Only: "warns", Want: "must be the same as input size",
		Ours: pair(func(x, y *torch.Tensor) *torch.Tensor { return torch.SmoothL1Loss(x, y, 1, torch.ReductionMean) }, []int64{2, 3}, []int64{3})},
	{Of: "HuberLoss", What: "another shape", Py: "F.huber_loss(torch.ones(2,3), torch.ones(3))", Only: "warns", Want: "must be the same as input size",
		Ours: pair(func(x, y *torch.Tensor) *torch.Tensor { return torch.HuberLoss(x, y, 1, torch.ReductionMean) }, []int64{2, 3}, []int64{3})},
	{Of: "KLDiv", What: "the mean of all elements", Py: "F.kl_div(torch.zeros(2,2), torch.ones(2,2)).item()", Ours: in(func(s *torch.Scope) any {
		return torch.KLDiv(s.Zeros(2, 2), s.Ones(2, 2), torch.ReductionMean).Item()
	})},
	{Of: "NLLLoss", What: "another reduction", Py: "F.nll_loss(torch.ones(1,2), torch.zeros(1, dtype=torch.int64), reduction='max')", Want: "Reduction(7)",
		Ours: in(func(s *torch.Scope) any {
			return torch.NLLLoss(s.Ones(1, 2), s.With(torch.Int64).Zeros(1), nil, -100, 7)
		})},
	{Of: "ScaledDotProductAttention AttentionOptions", What: "a probability above 1", Py: "F.scaled_dot_product_attention(*[torch.ones(1,2,2)]*3, dropout_p=1.5)", Want: "between 0 and 1",
		Ours: in(func(s *torch.Scope) any {
			x := s.Ones(1, 2, 2)
			return torch.ScaledDotProductAttention(x, x, x, torch.AttentionOptions{DropoutP: 1.5})
		})},
	{Of: "Einsum", What: "another number of operands", Py: "torch.einsum('ij,jk->ik', torch.ones(2,2))", Want: "einsum", Ours: in(func(s *torch.Scope) any { return torch.Einsum("ij,jk->ik", s.Ones(2, 2)) })},
	{Of: "Convolution ConvolutionOptions", What: "another number of strides", Py: "F.conv2d(torch.ones(1,1,3,3), torch.ones(1,1,1,1), stride=(1,1,1))", Want: "want 1 or 2 numbers",
		Ours: in(func(s *torch.Scope) any {
			return torch.Convolution(s.Ones(1, 1, 3, 3), s.Ones(1, 1, 1, 1), nil, torch.ConvolutionOptions{Stride: []int64{1, 1, 1}})
		})},
	{Of: "GroupNorm", What: "one value in a group", Py: "F.group_norm(torch.ones(1,2,1), 2)", Want: "Expected more than 1 value per channel", Ours: in(func(s *torch.Scope) any {
		return torch.GroupNorm(s.Ones(1, 2, 1), 2, nil, nil, 1e-5)
	})},
	{Of: "GroupNorm", What: "groups that don't divide", Py: "F.group_norm(torch.ones(1,3,2), 2)", Want: "divisible", Ours: in(func(s *torch.Scope) any { return torch.GroupNorm(s.Ones(1, 3, 2), 2, nil, nil, 1e-5) })},
	{Of: "Embedding", What: "an index beyond", Py: "F.embedding(torch.tensor([3]), torch.ones(2,2))", Want: "out of range",
		Ours: in(func(s *torch.Scope) any {
			return torch.Embedding(torch.FromSlice(s, []int64{3}), s.Ones(2, 2), -1)
		})},

	{Of: "Tensor.Backward", What: "of several elements", Py: "torch.ones(2, requires_grad=True).backward()", Want: "grad can be implicitly created only for scalar outputs",
		Ours: in(func(s *torch.Scope) any { s.Ones(2).RequiresGrad_(true).Backward(); return nil })},
	{Of: "Tensor.Backward", What: "of no leaf", Py: "torch.ones(()).backward()", Want: "does not require grad",
		Ours: in(func(s *torch.Scope) any { s.Ones().Backward(); return nil })},
	{Of: "Tensor.RequiresGrad_", What: "integers", Py: "torch.ones(2, dtype=torch.int64).requires_grad_()", Want: "floating point",
		Ours: in(func(s *torch.Scope) any { return s.With(torch.Int64).Ones(2).RequiresGrad_(true) })},
	{Of: "Tensor.RequiresGrad_", What: "no leaf", Py: "x = torch.ones(2, requires_grad=True); (x*2).requires_grad_(False)", Want: "leaves",
		Ours: in(func(s *torch.Scope) any {
			return s.Ones(2).RequiresGrad_(true).MulScalar(2).RequiresGrad_(false)
		})},
	{Of: inPlaceNames(), What: "of a leaf", Py: "torch.ones(2, requires_grad=True).add_(1)", Want: "leaf Variable that requires grad", Ours: everyInPlace},
	{Of: "Tensor.Item", What: "several elements", Py: "torch.ones(2).item()", Want: "2 elements", Ours: in(func(s *torch.Scope) any { return s.Ones(2).Item() })},
	{Of: "Tensor.ItemInt", What: "several elements", Py: "int(torch.ones(2))", Want: "2 elements", Ours: in(func(s *torch.Scope) any { return s.With(torch.Int64).Ones(2).ItemInt() })},
	{Of: "Tensor.SetGrad", What: "of another size", Py: setGrad + "x.__setattr__('grad', torch.ones(4))", Want: "another size",
		Ours: gradOf(func(s *torch.Scope, _ *torch.Tensor) *torch.Tensor { return s.Ones(4) })},
	{Of: "Tensor.SetGrad", What: "of another dtype", Py: setGrad + "x.__setattr__('grad', torch.ones(3, dtype=torch.float64))", Want: "another dtype",
		Ours: gradOf(func(s *torch.Scope, _ *torch.Tensor) *torch.Tensor { return s.With(torch.Float64).Ones(3) })},
	{Of: "Tensor.SetGrad", What: "itself", Py: setGrad + "x.__setattr__('grad', x)", Want: "its own gradient",
		Ours: gradOf(func(_ *torch.Scope, x *torch.Tensor) *torch.Tensor { return x })},
	{Of: "Autocast", What: "to another dtype", Py: "torch.autocast('cpu', torch.float64)", Only: "warns", Want: "want BFloat16, Float16",
		Ours: in(func(*torch.Scope) any { torch.Autocast(torch.CPU, torch.Float64, func() {}); return nil })},
	{Of: "SampleDirichlet", What: "0", Py: "torch.distributions.Dirichlet(torch.tensor([1., 0.])).sample()", Want: "above 0, got 0", Ours: dirichlet(1, 0)},
	{Of: "SampleDirichlet", What: "NaN", Py: "torch.distributions.Dirichlet(torch.tensor([nan, 1.])).sample()", Want: "above 0, got NaN", Ours: dirichlet(nan, 1)},
	{Of: "SampleDirichlet", What: "one number", Py: "torch.distributions.Dirichlet(torch.tensor(1.)).sample()", Want: "at least one-dimensional",
		Ours: in(func(s *torch.Scope) any { return torch.SampleDirichlet(s.Ones()) })},
	{Of: "SetRNGState", What: "of another dtype", Py: "torch.set_rng_state(torch.ones(5000))", Want: "ByteTensor",
		Ours: in(func(s *torch.Scope) any { torch.SetRNGState(torch.CPU, s.Ones(5000)); return nil })},
	{Of: "Tensor.Bernoulli_", What: "p above 1", Py: "torch.ones(2).bernoulli_(1.5)", Want: "p to be in [0, 1]", Ours: in(func(s *torch.Scope) any { return s.Ones(2).Bernoulli_(1.5) })},
	{Of: "Tensor.Normal_", What: "a deviation below 0", Py: "torch.ones(2).normal_(0, -1)", Want: "std >= 0", Ours: in(func(s *torch.Scope) any { return s.Ones(2).Normal_(0, -1) })},
	{Of: "Tensor.NormalSeeded_", What: "a deviation below 0", Py: "torch.ones(2).normal_(0, -1)", Want: "std >= 0", Ours: in(func(s *torch.Scope) any { return s.Ones(2).NormalSeeded_(0, -1, 1) })},
	{Of: "Tensor.Uniform_", What: "to below from", Py: "torch.ones(2).uniform_(1, 0)", Want: "from", Ours: in(func(s *torch.Scope) any { return s.Ones(2).Uniform_(1, 0) })},
	{Of: "Scope.RandInt", What: "none", Py: "torch.randint(0, (2,))", Want: "from", Ours: in(func(s *torch.Scope) any { return s.RandInt(0, 2) })},
	{Of: "Tensor.Norm", What: "integers", Py: "torch.linalg.vector_norm(torch.ones(2, dtype=torch.int64))", Want: "float", Ours: in(func(s *torch.Scope) any { return s.With(torch.Int64).Ones(2).Norm(2) })},
	{Of: "Tensor.Softmax", What: "integers", Py: "F.softmax(torch.ones(2, dtype=torch.int64), 0)", Want: "softmax", Ours: in(func(s *torch.Scope) any { return s.With(torch.Int64).Ones(2).Softmax(0) })},
	{Of: "Tensor.LogSoftmax", What: "integers", Py: "F.log_softmax(torch.ones(2, dtype=torch.int64), 0)", Want: "softmax", Ours: in(func(s *torch.Scope) any { return s.With(torch.Int64).Ones(2).LogSoftmax(0) })},
}

// What PyTorch refuses or warns of in Python, above libtorch, ours refuses, and its defaults are ours.
func TestPythonsChecks(t *testing.T) { parity.Checks(t, torchChecks) }

// A function that is added must be looked at: what does PyTorch do in Python before ATen sees the arguments?
func TestPythonsChecksCoverEverything(t *testing.T) {
	parity.Covered(t, "torch", torchChecks, map[string]string{
		"libtorch checks the arguments": `AffineGridOptions AvgPool2d BatchNormEval Cat Checkpoint ClearGrad FFT FFT2 FFTShift
			Factory Factory.Arange Factory.Empty Factory.Eye Factory.Full Factory.Linspace Factory.Ones Factory.Rand
			Factory.RandInt Factory.RandPerm Factory.Randn Factory.Zeros GridSampleOptions IFFT IFFT2 IFFTShift IRFFT
			InferenceMode InitialSeed KLDivLogTarget LayerNorm LinalgCholesky LinalgDet LinalgEigh LinalgInv LinalgPinv LinalgQR
			LinalgSVD LinalgSVDReduced LinalgSolve Linear Meshgrid OnesLike RFFT RandnLike Reductions Reductions.All
			Reductions.Amax Reductions.Amin Reductions.Any Reductions.ArgMax Reductions.ArgMin Reductions.LogSumExp
			Reductions.MaxDim Reductions.Mean Reductions.MedianDim Reductions.MinDim Reductions.Norm Reductions.Prod
			Reductions.Quantile Reductions.Std Reductions.Sum Reductions.Var Scope.Arange Scope.Empty Scope.EmptyPinned Scope.Eye
			Scope.Full Scope.Linspace Scope.Ones Scope.Rand Scope.RandPerm Scope.Randn Scope.With Scope.Zeros SetNumThreads Stack
			Tensor.Abs Tensor.Acos Tensor.Add Tensor.AddScalar Tensor.All Tensor.Amax Tensor.Amin Tensor.Any Tensor.ArgMax
			Tensor.ArgMin Tensor.Asin Tensor.Atan Tensor.Bincount Tensor.Ceil Tensor.Chunk Tensor.Clamp Tensor.Clone
			Tensor.Contiguous Tensor.Cos Tensor.Cosh Tensor.Cumprod Tensor.Cumsum Tensor.Detach Tensor.Diagonal Tensor.Div
			Tensor.DivScalar Tensor.Dot Tensor.Elu Tensor.Eq Tensor.EqScalar Tensor.Erf Tensor.Erfinv Tensor.Exp Tensor.Expand
			Tensor.Expm1 Tensor.Flatten Tensor.Flip Tensor.Floor Tensor.Gather Tensor.Ge Tensor.GeScalar Tensor.Gelu Tensor.Gt
			Tensor.GtScalar Tensor.Hardsigmoid Tensor.Hardswish Tensor.Imag Tensor.Index Tensor.IndexAdd Tensor.IndexSelect
			Tensor.Isfinite Tensor.Isinf Tensor.Isnan Tensor.KeepDim Tensor.Le Tensor.LeScalar Tensor.LeakyRelu Tensor.Lerp
			Tensor.Log Tensor.Log10 Tensor.Log1p Tensor.Log2 Tensor.LogSigmoid Tensor.LogSumExp Tensor.LogicalAnd
			Tensor.LogicalNot Tensor.LogicalOr Tensor.LogicalXor Tensor.Logit Tensor.Lt Tensor.LtScalar Tensor.MaskedFill
			Tensor.MaskedSelect Tensor.MatMul Tensor.Max Tensor.MaxDim Tensor.Maximum Tensor.Mean Tensor.Median Tensor.MedianDim
			Tensor.Min Tensor.MinDim Tensor.Minimum Tensor.Mish Tensor.Mul Tensor.MulScalar Tensor.Multinomial
			Tensor.MultinomialWithReplacement Tensor.Narrow Tensor.Ne Tensor.NeScalar Tensor.Neg Tensor.Nonzero Tensor.OneHot
			Tensor.Outer Tensor.Permute Tensor.PinMemory Tensor.Pow Tensor.PowScalar Tensor.Prod Tensor.Quantile Tensor.Real
			Tensor.Reciprocal Tensor.RegisterHook Tensor.Relu Tensor.RemainderScalar Tensor.Repeat Tensor.RepeatInterleave
			Tensor.Reshape Tensor.RetainGrad Tensor.Roll Tensor.Round Tensor.Rsqrt Tensor.Scatter Tensor.ScatterAdd Tensor.Select
			Tensor.Sigmoid Tensor.Sign Tensor.Silu Tensor.Sin Tensor.Sinh Tensor.Slice Tensor.Softplus Tensor.Sort
			Tensor.SortDescending Tensor.Split Tensor.Sqrt Tensor.Square Tensor.Squeeze Tensor.Std Tensor.Sub Tensor.Sum
			Tensor.Tan Tensor.Tanh Tensor.To Tensor.ToFormat Tensor.ToNonBlocking Tensor.TopK Tensor.Transpose Tensor.Tril
			Tensor.Triu Tensor.Trunc Tensor.Unbind Tensor.Unfold Tensor.Unique Tensor.Unsqueeze Tensor.Var Tensor.View
			Tensor.Where ZerosLike`,
		"takes no argument that could be wrong": `CUDA CUDADeviceCount DType DType.IsFloatingPoint DType.Size DType.String
			DefaultDevice Device Device.Check Device.Index Device.IsCUDA Device.String EnableGrad Environment Environment.String
			GradEnabled HasOneDNN Info ManualSeed MemoryFormat NoGrad NumThreads Option RNGState RandomSeed Synchronize Tensor
			Tensor.DType Tensor.Device Tensor.Dim Tensor.Grad Tensor.IsContiguous Tensor.IsLeaf Tensor.Numel Tensor.RequiresGrad
			Tensor.Shape Tensor.Strides Tensor.Version`,
		"Python has no such thing": `CUDAMemory CopyPTH Element Error Error.Error Error.Is FromHandle FromMemory FromPTH FromSlice
			Holder Leaks LiveTensors Made Made.String NewReplayer NewScope PackConv2d PackedConv2d ParseDType ParseDevice Record Recording
			Recording.Enter Recording.Leave Repeatable Replay Replayer Replayer.Run ResizeUint8 Scalar Scope Scope.Child Scope.Close Scope.Len
			Tensor.In Tensor.Assign Tensor.Close Tensor.Equal Tensor.Handle Tensor.IsSame Tensor.Keep Tensor.MoveTo
			Tensor.SameLayout Tensor.Scope Tensor.SharesMemory Tensor.Size Tensor.String Tensor.UnsafeBytes Tensor.WithBytes ToPTH
			ToSlice Try Untraceable Untraceable.Error`,
		"is Python's torch.ops, which passes by the checks in Python too": `Kwargs LoadLibrary Object Call Op Operator
			Operator.Call Operator.String`,
		"is called by package optim, which checks": `ZeroGrad`,
	})
}
