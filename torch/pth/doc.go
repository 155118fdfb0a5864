// Package pth reads and writes the files of torch.save and torch.load, in Go alone: neither cgo nor
// libtorch nor Python is needed, and no code from a file is ever executed.
//
// # Overview
//
// [Open] reads a file into a tree of Go values: a state_dict is a [*Dict] whose values are
// [*Tensor], and a Tensor is a strided view of a [*Storage]. [StateDict] finds the state_dict within a
// checkpoint. [WriteFile] writes such a tree so that torch.load(weights_only=True), also with mmap=True,
// and with it load_state_dict and fastai's learn.load read it.
//
//	f, err := pth.Open("resnet34.pth")
//	if err != nil { … }
//	defer f.Close()
//	sd, err := pth.StateDict(f.Value())
//	for key, v := range sd.Dict.All() {
//		t := v.(*pth.Tensor)
//		fmt.Println(key, t.DType, t.Shape)
//	}
//
// # Ownership
//
// A File owns the mapping of its file, and the Data of its storages is that mapping: tensors may be backed
// by it without a copy. Writing to Data changes the process's memory and never the file. Data is gone after
// [File.Close]; [File.Hold] keeps it for those that still need it. All else in the tree is ordinary Go memory. What is
// written is only read, and only during the call.
//
// # Errors
//
// Errors are of type [*Error] and name the file, the place in the tree (".opt.state[3].grad_avg"), what
// is wrong and what to do. One that comes from a Python class that is not read wraps a [*Refused].
package pth
