package main

const (
	printsDevice = "it compares text that names the device where that isn't the CPU"
	hostMemory   = "it looks at the memory of tensors, which on a GPU is out of the host's reach"
	packing      = "weights are packed for oneDNN, on the CPU alone"
	quantized    = "quantized operations have kernels on the CPU alone"
	generator    = "the recorder of torch.Record watches the CPU's generator alone, so it doesn't see a GPU's random numbers"
)

// exceptions are, of each package whose suite runs, the tests and subtests that can't pass on a GPU, by the reason.
var exceptions = map[string]map[string]string{
	"fastlearn": {},
	"torch": {
		printsDevice: `ExampleOp ExampleTry TestLeaksNamesTheMaker TestOperatorMisuse TestPrintsAsPyTorch TestPrintsWhatIsNoTensor
			TestUntraceable/another_goroutine`,
		hostMemory: `TestChannelsLastIsNotCopied TestUntraceable/memory TestViewsHoldTheirMemory TestWhatCppCantTakeIsRefused/expanded_bytes`,
		quantized:  `TestOperatorObjects TestUntraceable/an_object`,
		generator:  `TestUntraceable/random_numbers`,
	},
	"torch/nn": {
		printsDevice: `Example_errors Example_hooks Example_leak`,
		hostMemory:   `TestLoadFileAssign`,
		packing:      `TestPackedFollowsItsWeights TestPackedStandsBack`,
		generator:    `TestTraceRefuses/a_layer_of_random`,
	},
	"torch/optim": {},
}
