package main

// exceptions are, of each package whose suite runs, the tests and subtests that can't pass on a GPU, by the reason.
var exceptions = map[string]map[string]string{
	"fastlearn":   {},
	"torch":       {},
	"torch/nn":    {},
	"torch/optim": {},
}
