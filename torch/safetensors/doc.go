// Package safetensors reads and writes safetensors files, in Go alone: neither cgo nor libtorch nor Python is
// needed. Its tensors and state_dicts are those of the package pth, so that what is read here can be
// written there, and the other way round.
//
// # Overview
//
//	f, err := safetensors.Open("resnet34.safetensors")
//	if err != nil { … }
//	defer f.Close()
//	for key, v := range f.StateDict().All() {
//		t := v.(*pth.Tensor)
//		fmt.Println(key, t.DType, t.Shape)
//	}
//
// [WriteFile] writes a state_dict, to the last byte as the Python library 0.8 does.
//
// # Ownership
//
// A File owns the memory that its file was read into, and the Data of its storages is that memory. Writing to Data changes
// the process's memory and never the file. Data is gone after [File.Close]; [File.Hold] keeps it for
// those that still need it. What is written is only read, and only during the call.
//
// # Hostile files
//
// A file is refused unless its header is JSON of the format's form (blanks before it, null metadata and plain values in a tensor's
// description beside what the format knows are passed over), no key comes twice, and the tensors
// cover the bytes behind it without a gap and without an overlap. All of that is checked before anything is built: a file
// that is refused costs no more memory than twice its size plus 1 MB (beside the file itself), and less than 100 ms for
// each 5 MB of its header, of which the format allows 100 MB. A file that is read costs a few hundred bytes for
// each tensor; the bytes of the tensors are not looked at.
//
// # Damage
//
// The format has no checksums. [Checksums] adds a CRC-32 of the header and of each tensor to the metadata; where a file has
// them they are compared when it is opened, which reads all of it, and any bit that is flipped is an error. They find
// accidents, not forgeries.
//
// # Errors
//
// Errors are of type [*Error] and name the file, the tensor, what is wrong and what to do.
package safetensors
