package main

const (
	printsDevice = "it compares text that names the device where that isn't the CPU"
	hostMemory   = "it looks at the memory of tensors, which on a GPU is out of the host's reach"
	packing      = "weights are packed for oneDNN, on the CPU alone"
	quantized    = "quantized operations have kernels on the CPU alone"
	integers     = "the CPU pools integers, CUDA refuses them"
	copies       = "its limit of Go's memory for a step is the CPU's: on a GPU a step copies first what it changes"
	addresses    = "it limits its child's addresses, of which the simulated memory takes a terabyte"
)

// exceptions are, of each package whose suite runs, the tests and subtests that can't pass on a GPU, by the reason.
var exceptions = map[string]map[string]string{
	"torch": {
		printsDevice: `ExampleOp ExampleTry TestLeaksNamesTheMaker TestOperatorMisuse TestPrintsAsPyTorch TestPrintsWhatIsNoTensor
			TestUntraceable/another_goroutine`,
		hostMemory: `TestChannelsLastIsNotCopied TestUntraceable/memory TestViewsHoldTheirMemory TestWhatCppCantTakeIsRefused/expanded_bytes`,
		quantized:  `TestOperatorObjects TestUntraceable/an_object`,
		addresses:  `TestOperatorsWithNonsense`,
	},
	"torch/nn": {
		printsDevice: `Example_errors Example_hooks Example_leak`,
		hostMemory:   `TestLoadFileAssign`,
		packing:      `TestPackedFollowsItsWeights TestPackedStandsBack`,
		integers: `TestLayersTakeWhatPyTorchTakes/nn.MaxPool2d(2) TestLayersTakeWhatPyTorchTakes/nn.MaxPool2d(3,_2,_1,_ceil_mode=True)
			TestLayersTakeWhatPyTorchTakes/nn.MaxPool3d(3,_2,_1)`,
	},
	"torch/optim": {
		copies: `TestEveryRuleIsFlat`,
	},
	"fastlearn": {
		addresses: `TestOpenersRefuseWhatIsNoFile`,
		packing:   `TestPredictFollowsTheModel`,
	},
}
