// Package nn holds modules, after torch.nn: layers, containers and initialisers.
//
// # Layers
//
// Linear and convolutions: [Linear], [Conv1d], [Conv2d], [Conv3d], [ConvTranspose1d], [ConvTranspose2d], [ConvTranspose3d]; their options are
// [LinearOption] and [ConvOption]. [WeightNorm] and [SpectralNorm] make a [Parametrized] of one.
//
// Norms: [BatchNorm] ([BatchNormOption]), [LayerNorm], [LayerNorm2d], [GroupNorm], [InstanceNorm] ([NormOption]), [LocalResponseNorm].
// Several kinds take [Eps], [NoAffine] and [NoBias].
//
// Activations: [ReLU], [ReLU6], [LeakyReLU], [PReLU], [ELU], [GELU], [SiLU], [Mish], [Hardswish], [Hardsigmoid], [Sigmoid], [SigmoidRange], [Tanh],
// [Softmax].
//
// Pooling: [MaxPool1d], [MaxPool2d], [MaxPool3d], [AvgPool1d], [AvgPool2d], [AvgPool3d], [AdaptiveAvgPool1d], [AdaptiveAvgPool2d],
// [AdaptiveAvgPool3d], [AdaptiveMaxPool1d], [AdaptiveMaxPool2d], [AdaptiveMaxPool3d].
//
// Shapes: [Flatten], [Upsample], [PixelShuffle], [Pad]. Regularisation: [Dropout], [Dropout2d], [StochasticDepth].
//
// Sequences: [Embedding], [MultiheadAttention], [TransformerEncoderLayer] ([AttentionOptions]), [RNN], [LSTM], [GRU] ([RecurrentOptions]).
//
// Containers: [Sequential], [SequentialEx] with [MergeLayer], [Identity], [Lambda]; lists and dicts of modules are slices and maps in fields.
//
// Blocks: torchvision's [ConvNormAct] and [SqueezeExcitation]; fastai's [ConvLayer] ([ConvLayerOption], [NormType]), [PixelShuffleICNR],
// [SelfAttention], [SimpleSelfAttention] and [PoolFlatten].
//
// # Working with modules
//
// Running: [Call], [Then], [ThenNormed], [MultiInput], [Train], [Eval], [IsTraining], [TrainAlone], [EvalAlone]. Hooks: [OnForward], [OnBackward], [GradCAM].
//
// Looking: [Parameters], [NamedParameters], [Buffers], [Children], [Own], [Walk], [Check], [IsNorm] ([Norm]), [NormBiasParameters], [NotFinite].
//
// Filling: [KaimingNormal_], [KaimingUniform_], [XavierUniform_], [TruncNormal_], [Normal_], [Uniform_], [Constant_], [SkipInit]. Gradients: [ClipGradNorm_].
//
// Saving and loading: [StateDict], [StateMap], [LoadStateDict], [CheckStateDict], [Load], [LoadFile] ([LoadOptions], [Mismatch], [StateError]), [ToPTH], [FromPTH]; [Describe] and
// [FromSpec] ([Spec]) for a model without its weights.
//
// Moving and ending: [To], [ToFormat], [Close]. Inference: [Trace], [Record], [Packed], [PackConvs], [Unpack]. Writing modules: [Module], [Base], [Named], [Child], [Part].
//
// # Names
//
// A module's parameters, buffers and children have names, in PyTorch's order, so that
// [StateDict] has the keys, shapes and order of Python's state_dict, to the letter. A field
// registers what it holds:
//
//	type block struct {
//		nn.Base
//		Conv1 *nn.Conv2d                     // conv1
//		Norm  nn.Module   `nn:"bn1"`         // bn1
//		Heads []*nn.Linear                   // heads.0, heads.1, …
//		Scale *torch.Tensor                  // the parameter scale
//		Seen  *torch.Tensor `nn:",buffer"`   // the buffer seen
//		Last  *torch.Tensor `nn:"-"`         // not the module's own
//	}
//
// Exported fields do so under the tag nn, or else under their name in snake_case; [Base] has
// methods for what has no field. [Check] describes the rules. What is registered by hand comes first, in
// the order of the calls, and then the fields in the order of their declaration. A field is read each time the module is
// looked at, so that it may be set anew at any time; nil is left out, as None in PyTorch.
//
// # Ownership
//
// Parameters and buffers live in no scope; [Close] frees them. The result of
// Forward lives in the scope of its input, as every result does. In a Forward, an
// operation on parameters alone gets a scope by [torch.Tensor.In]. A container
// closes its child's output as soon as the next child has consumed it, and never
// its own input, so that peak memory is PyTorch's. Forward may return its very
// input where it changes nothing, or works in place.
//
// # Errors
//
// Forward panics with a [*torch.Error], as torch's operations do; [torch.Try]
// turns it into an error.
package nn
