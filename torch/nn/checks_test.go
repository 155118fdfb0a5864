package nn_test

import (
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// does runs f in a scope, and returns what it gives or the error it panics with. Modules are left to the collector.
func does(f func(s *torch.Scope) any) func() (any, error) {
	return func() (v any, err error) {
		s := torch.NewScope()
		defer s.Close()
		err = torch.Try(func() { v = f(s) })
		return v, err
	}
}

func numbers(t *torch.Tensor) []float64 { return torch.ToSlice[float64](t.Detach().To(torch.Float64)) }

func conv(in, out, kernel int64, opts ...nn.ConvOption) func() (any, error) {
	return does(func(*torch.Scope) any { nn.NewConv2d(in, out, kernel, opts...); return nil })
}

// normOf is a forward pass of a new norm of three channels in training: an error must leave it as it was.
func normOf(shape ...int64) func() (any, error) {
	return does(func(s *torch.Scope) any {
		m := nn.NewBatchNorm(3)
		defer nn.Close(m)
		defer func() {
			if r := recover(); r != nil {
				if m.NumBatchesTracked.ItemInt() != 0 || m.RunningVar.Sum().Item() != 3 || m.RunningMean.Sum().Item() != 0 {
					panic("the running statistics changed")
				}
				panic(r)
			}
		}()
		return nn.Call(m, s.Ones(shape...)).Shape()
	})
}

// options is what a norm of one channel gives for three batches in training, then its statistics, and whether it has nothing else to save.
func options(opts ...nn.BatchNormOption) func() (any, error) {
	return does(func(s *torch.Scope) any {
		m := nn.NewBatchNorm(1, opts...)
		var out []any
		for _, i := range []float32{1, 4, 9} {
			out = append(out, numbers(nn.Call(m, torch.FromSlice(s, []float32{0, i}, 2, 1))))
		}
		return append(out, numbers(m.RunningMean), numbers(m.RunningVar), len(nn.StateDict(m)) == 3)
	})
}

func register(names ...string) func() (any, error) {
	return does(func(s *torch.Scope) any {
		var b nn.Sequential
		b.RegisterBuffer("taken", s.Ones())
		for i, name := range names {
			switch i % 3 {
			case 0:
				b.Register(name, &nn.ReLU{})
			case 1:
				b.RegisterParameter(name, s.Ones())
			case 2:
				b.RegisterBuffer(name, s.Ones())
			}
		}
		return nil
	})
}

func dropout(p float64, training bool) func() (any, error) {
	return does(func(s *torch.Scope) any {
		m := &nn.Dropout{P: p}
		if training {
			nn.Train(m)
		} else {
			nn.Eval(m)
		}
		return numbers(nn.Call(m, s.Ones(2)))
	})
}

const module = "m = nn.Module(); m.register_buffer('taken', torch.ones(())); "

var nnChecks = []parity.Check{
	{Of: "BatchNorm NewBatchNorm BatchNorm.Forward Call", What: "one value per channel", Py: "nn.BatchNorm1d(3)(torch.ones(1,3))", Want: "Expected more than 1 value per channel when training, got input size [1 3]", Ours: normOf(1, 3)},
	{Of: "BatchNorm", What: "one pixel", Py: "nn.BatchNorm2d(3)(torch.ones(1,3,1,1))", Want: "Expected more than 1 value per channel", Ours: normOf(1, 3, 1, 1)},
	{Of: "BatchNorm", What: "one item of several pixels", Py: "list(nn.BatchNorm2d(3)(torch.ones(1,3,2,1)).shape)", Ours: normOf(1, 3, 2, 1)},
	{Of: "BatchNorm", What: "an empty batch", Py: "list(nn.BatchNorm1d(3)(torch.ones(0,3)).shape)", Ours: normOf(0, 3)},
	{Of: "BatchNorm", What: "one dimension", Py: "nn.BatchNorm1d(3)(torch.ones(3))", Want: "expected N×C", Ours: normOf(3)},
	{Of: "BatchNorm", What: "other channels", Py: "nn.BatchNorm1d(3)(torch.ones(2,4))", Want: "running_mean", Ours: normOf(2, 4)},
	{Of: "BatchNormOption Eps CumulativeAverage NoAffine", What: "options", Py: "m = nn.BatchNorm1d(1, eps=5, momentum=None, affine=False); y = [m(torch.tensor([[0.],[i]])).flatten().tolist() for i in (1, 4, 9)]; (*y, m.running_mean.tolist(), m.running_var.tolist(), list(m.state_dict()) == ['running_mean', 'running_var', 'num_batches_tracked'])",
		Ours: options(nn.Eps(5), nn.CumulativeAverage(), nn.NoAffine())},
	{Of: "Momentum", What: "options", Py: "m = nn.BatchNorm1d(1, momentum=0.3); y = [m(torch.tensor([[0.],[i]])).flatten().tolist() for i in (1, 4, 9)]; (*y, m.running_mean.tolist(), m.running_var.tolist(), len(m.state_dict()) == 3)",
		Ours: options(nn.Momentum(0.3))},
	{Of: "Eps", What: "below 0", Py: "nn.BatchNorm1d(1, eps=-1)(torch.tensor([[0.],[1.]]))", Want: "eps", Ours: options(nn.Eps(-1))},
	{Of: "BatchNorm", What: "defaults", Py: "m = nn.BatchNorm1d(1); y = m(torch.tensor([[0.],[1.]])); (y.flatten().tolist(), m.running_mean.tolist(), m.running_var.tolist(), m.num_batches_tracked.item())",
		Ours: does(func(s *torch.Scope) any {
			m := nn.NewBatchNorm(1)
			defer nn.Close(m)
			y := nn.Call(m, torch.FromSlice(s, []float32{0, 1}, 2, 1))
			return []any{numbers(y), numbers(m.RunningMean), numbers(m.RunningVar), m.NumBatchesTracked.ItemInt()}
		})},
	{Of: "NewConv2d Groups ConvOption", What: "groups of 0", Py: "nn.Conv2d(2, 2, 1, groups=0)", Want: "groups is 0", Ours: conv(2, 2, 1, nn.Groups(0))},
	{Of: "NewConv2d", What: "groups below 0", Py: "nn.Conv2d(2, 2, 1, groups=-1)", Want: "groups is -1", Ours: conv(2, 2, 1, nn.Groups(-1))},
	{Of: "NewConv2d", What: "sizes below 0", Py: "nn.Conv2d(-3, -3, -3)", Want: "negative", Ours: conv(-3, -3, -3)},
	{Of: "NewConv2d", What: "more weights than memory", Py: "nn.Conv2d(1<<20, 1<<20, 1<<10)", Want: "memory", Ours: conv(1<<20, 1<<20, 1<<10)},
	{Of: "NewBatchNorm", What: "channels below 0", Py: "nn.BatchNorm2d(-1)", Want: "negative", Ours: does(func(*torch.Scope) any { nn.NewBatchNorm(-1); return nil })},
	{Of: "NewConv2d", What: "in by groups", Py: "nn.Conv2d(3, 2, 1, groups=2)", Want: "in_channels 3 must be divisible by groups 2", Ours: conv(3, 2, 1, nn.Groups(2))},
	{Of: "NewConv2d", What: "out by groups", Py: "nn.Conv2d(2, 3, 1, groups=2)", Want: "out_channels 3 must be divisible by groups 2", Ours: conv(2, 3, 1, nn.Groups(2))},
	{Of: "NewConv2d", What: "a kernel below 0", Py: "nn.Conv2d(2, 3, -1)", Want: "negative", Ours: conv(2, 3, -1)},
	{Of: "NewConv2d", What: "no channels", Py: "list(nn.Conv2d(0, 3, 1).bias.shape)", Ours: does(func(*torch.Scope) any { return nn.NewConv2d(0, 3, 1).Bias.Shape() })},
	{Of: "Conv2d Conv2d.Forward Stride Padding Dilation NoBias", What: "defaults", Py: "m = nn.Conv2d(2, 4, 3); (list(m.weight.shape), list(m.bias.shape), list(m(torch.ones(1,2,5,6)).shape))",
		Ours: does(func(s *torch.Scope) any {
			m := nn.NewConv2d(2, 4, 3)
			return []any{m.Weight.Shape(), m.Bias.Shape(), nn.Call(m, s.Ones(1, 2, 5, 6)).Shape()}
		})},
	{Of: "Conv2d", What: "stride of 0", Py: "nn.Conv2d(1, 1, 1, stride=0)(torch.ones(1,1,2,2))", Want: "stride is 0", Ours: conv(1, 1, 1, nn.Stride(0))},
	{Of: "Conv2d", What: "padding below 0", Py: "nn.Conv2d(1, 1, 1, padding=-1)(torch.ones(1,1,2,2))", Want: "padding",
		Ours: does(func(s *torch.Scope) any {
			return nn.Call(nn.NewConv2d(1, 1, 1, nn.Padding(-1)), s.Ones(1, 1, 2, 2))
		})},
	{Of: "Linear NewLinear Linear.Forward", What: "nothing in", Py: "nn.Linear(0, 2)(torch.ones(1,0))", Ours: does(func(s *torch.Scope) any {
		return [][]float64{numbers(nn.Call(nn.NewLinear(0, 2), s.Ones(1, 0)))}
	})},
	{Of: "Linear", What: "sizes below 0", Py: "nn.Linear(-1, 2)", Want: "negative", Ours: does(func(*torch.Scope) any { return nn.NewLinear(-1, 2) })},
	{Of: "Dropout Dropout.Forward", What: "P above 1", Py: "nn.Dropout(1.5)", Want: "between 0 and 1", Ours: dropout(1.5, true)},
	{Of: "Dropout", What: "P below 0, in evaluation", Py: "nn.Dropout(-0.5)", Want: "between 0 and 1", Ours: dropout(-0.5, false)},
	{Of: "Dropout", What: "P of 1", Py: "nn.Dropout(1.)(torch.ones(2))", Ours: dropout(1, true)},
	{Of: "MaxPool2d MaxPool2d.Forward", What: "default stride", Py: "list(nn.MaxPool2d(2)(torch.ones(1,1,4,6)).shape)",
		Ours: does(func(s *torch.Scope) any {
			return nn.Call(&nn.MaxPool2d{Kernel: 2}, s.Ones(1, 1, 4, 6)).Shape()
		})},
	{Of: "MaxPool2d", What: "padding above half the kernel", Py: "nn.MaxPool2d(2, padding=2)(torch.ones(1,1,4,4))", Want: "pad should be at most half",
		Ours: does(func(s *torch.Scope) any {
			return nn.Call(&nn.MaxPool2d{Kernel: 2, Padding: 2}, s.Ones(1, 1, 4, 4))
		})},
	{Of: "Flatten Flatten.Forward", What: "defaults", Py: "list(nn.Flatten()(torch.ones(2,3,4)).shape)", Ours: does(func(s *torch.Scope) any { return nn.Call(&nn.Flatten{}, s.Ones(2, 3, 4)).Shape() })},
	{Of: "ReLU ReLU.Forward", What: "defaults", Py: "x = torch.tensor([-1., 1.]); y = nn.ReLU()(x); (x.tolist(), y.tolist())",
		Ours: does(func(s *torch.Scope) any {
			x := torch.FromSlice(s, []float32{-1, 1})
			y := nn.Call(&nn.ReLU{}, x)
			return [][]float64{numbers(x), numbers(y)}
		})},
	{Of: "KaimingNormal_ Mode", What: "mode", Py: "nn.init.kaiming_normal_(torch.ones(2,2), mode='fan')", Want: "Mode(7)", Ours: does(func(s *torch.Scope) any { nn.KaimingNormal_(s.Ones(2, 2), 7); return nil })},
	{Of: "KaimingNormal_", What: "one dimension", Py: "nn.init.kaiming_normal_(torch.ones(2))", Want: "at least 2 dimensions", Ours: does(func(s *torch.Scope) any { nn.KaimingNormal_(s.Ones(2), nn.FanIn); return nil })},
	{Of: "KaimingNormal_", What: "no elements", Py: "nn.init.kaiming_normal_(torch.ones(2,0))", Ours: does(func(s *torch.Scope) any {
		t := s.Ones(2, 0)
		nn.KaimingNormal_(t, nn.FanIn)
		return [][]float64{numbers(t), {}}
	})},

	{Of: "Base.Register Sequential Sequential.Forward", What: "an empty name", Py: "nn.Module().add_module('', nn.ReLU())", Want: `can't be empty nor have a dot, got ""`, Ours: register("")},
	{Of: "Base.Register", What: "a dot", Py: "nn.Module().add_module('a.b', nn.ReLU())", Want: `got "a.b"`, Ours: register("a.b")},
	{Of: "Base.Register", What: "a buffer's name", Py: module + "m.add_module('taken', nn.ReLU())", Want: `"taken" already`, Ours: register("taken")},
	{Of: "Base.RegisterParameter", What: "an empty name", Py: "nn.Module().register_parameter('', param(1))", Want: `got ""`, Ours: register("a", "")},
	{Of: "Base.RegisterParameter", What: "a dot", Py: "nn.Module().register_parameter('a.b', param(1))", Want: `got "a.b"`, Ours: register("a", "a.b")},
	{Of: "Base.RegisterParameter", What: "a buffer's name", Py: module + "m.register_parameter('taken', param(1))", Want: `"taken" already`, Ours: register("a", "taken")},
	{Of: "Base.RegisterParameter", What: "no leaf", Py: "m = nn.Module(); x = param(1); m.register_parameter('w', x*2)", Want: "only a leaf can be trained",
		Ours: does(func(s *torch.Scope) any {
			var b nn.Sequential
			return b.RegisterParameter("w", s.Ones().RequiresGrad_(true).MulScalar(2))
		})},
	{Of: "Base.RegisterBuffer", What: "an empty name", Py: "nn.Module().register_buffer('', torch.ones(1))", Want: `got ""`, Ours: register("a", "b", "")},
	{Of: "Base.RegisterBuffer", What: "a dot", Py: "nn.Module().register_buffer('a.b', torch.ones(1))", Want: `got "a.b"`, Ours: register("a", "b", "a.b")},
	{Of: "Base.RegisterBuffer", What: "a child's name", Py: "m = nn.Module(); m.add_module('a', nn.ReLU()); m.register_buffer('a', torch.ones(1))", Want: `"a" already`, Ours: register("a", "b", "a")},
	{Of: "NewSequential", What: "no module", Py: "nn.Sequential(1)", Want: `the child "0" is nil`, Ours: does(func(*torch.Scope) any { return nn.NewSequential(nil) })},
	{Of: "To", What: "integers", Py: "nn.Linear(1, 1).to(torch.int64)", Want: "can't be converted to int64", Ours: does(func(*torch.Scope) any { nn.To(nn.NewLinear(1, 1), torch.Int64); return nil })},
	{Of: "LoadStateDict StateDict StateMap CheckStateDict StateError StateError.Error", What: "a missing key", Py: "nn.Linear(1, 1).load_state_dict({})", Want: "weight",
		Ours: func() (any, error) { return nil, nn.LoadStateDict(nn.NewLinear(1, 1), nil) }},
	{Of: "LoadStateDict", What: "another shape", Py: "nn.Linear(1, 1, bias=False).load_state_dict({'weight': torch.ones(2,2)})", Want: "weight",
		Ours: func() (any, error) {
			s := torch.NewScope()
			defer s.Close()
			return nil, nn.LoadStateDict(nn.NewLinear(1, 1, nn.NoBias()), map[string]*torch.Tensor{"weight": s.Ones(2, 2)})
		}},
	{Of: "LoadStateDict", What: "an unexpected key", Py: "nn.ReLU().load_state_dict({'weight': torch.ones(2,2)})", Want: "weight",
		Ours: func() (any, error) {
			s := torch.NewScope()
			defer s.Close()
			return nil, nn.LoadStateDict(&nn.ReLU{}, map[string]*torch.Tensor{"weight": s.Ones(2, 2)})
		}},
}

// What PyTorch's modules refuse in Python ours refuse, and their defaults are ours.
func TestPythonsChecks(t *testing.T) {
	parity.Checks(t, slices.Concat(nnChecks, layerChecks, argChecks))
}

// A module that is added must be looked at: what does PyTorch's refuse, and which defaults has it?
func TestPythonsChecksCoverEverything(t *testing.T) {
	parity.Covered(t, "torch/nn", slices.Concat(nnChecks, layerChecks, argChecks), map[string]string{
		"libtorch checks the arguments": `Parametrized Parametrized.Forward Parametrized.String AdaptiveAvgPool1d AdaptiveAvgPool1d.Forward AdaptiveAvgPool1d.String
			AdaptiveAvgPool2d.String AdaptiveAvgPool3d AdaptiveAvgPool3d.Forward
			AdaptiveAvgPool3d.String AdaptiveMaxPool1d.String AdaptiveMaxPool2d
			AdaptiveMaxPool2d.Forward AdaptiveMaxPool2d.String AdaptiveMaxPool3d AdaptiveMaxPool3d.Forward
			AdaptiveMaxPool3d.String Act ActFirst Affine BiasStd Blur AvgPool1d.String
			AvgPool2d.String AvgPool3d.String BatchNorm.String ClipGradNorm_
			Constant_ Conv1d.String Conv2d.String Conv3d Conv3d.String ConvTranspose1d
			ConvTranspose1d.String ConvTranspose2d.String ConvTranspose3d ConvTranspose3d.String Dropout.String
			Dropout2d.String ELU ELU.Forward ELU.String
			EpsOption Eval EvalAlone Flatten.String GELU.String GRU.String
			GroupNorm.String Hardsigmoid Hardsigmoid.Forward Hardsigmoid.String Hardswish Hardswish.Forward Hardswish.String
			Identity Identity.Forward Identity.String InstanceNorm.IsNorm InstanceNorm.String
			LSTM.String Lambda Lambda.Forward LayerNorm.IsNorm
			LayerNorm.String LayerNorm2d LayerNorm2d.Forward LayerNorm2d.String LeakyReLU LeakyReLU.Forward LeakyReLU.String
			Linear.String LinearOption LocalResponseNorm.String
			MaxPool1d.String MaxPool2d.String MaxPool3d.String
			Mish Mish.Forward Mish.String
			MultiheadAttention.Forward NewConv3d NewConvTranspose1d NewConvTranspose3d
			NewInstanceNorm NewLayerNorm2d
			NoAffineOption NoBiasOption NoRunningStats Normal_ Uniform_
			NormOption NormShape OnBackward PReLU.String Pad.String
			PixelShuffle.String PoolFlatten RNN.String ReLU.String ReLU6 ReLU6.Forward ReLU6.String
			Sequential.String SiLU SiLU.Forward SiLU.String
			Sigmoid Sigmoid.Forward Sigmoid.String SigmoidRange SigmoidRange.Forward Softmax.String
			StochasticDepth.String Tanh
			Tanh.Forward Tanh.String ToFormat TransformerEncoderLayer.Forward
			TransformerEncoderLayer.Masked Upsample.String`,
		"takes no argument that could be wrong": `Base Base.OnClose Base.Training BatchNorm.IsNorm Buffers Child Children
			Init Extra IsTraining Module Transposed WithBias Named NamedParameters OnForward Own Parameters Record Sequential.Modules Trace Train TrainAlone Walk`,
		"Python has no such thing": `Check Close ConvLayerOption Describe FromPTH FromSpec GradCAM IsNorm Load LoadFile LoadOptions Mismatch
			MultiInput Norm NormBiasParameters NotFinite Packed Part Part.Forward Part.IsNorm SkipInit Spec Spec.Int
			Spec.Weights Then ThenNormed ToPTH Unpack`,
	})
}
