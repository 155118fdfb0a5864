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
// A File owns the memory that its file was read into, and the Data of its storages is that memory: tensors may be backed
// by it without another copy. Writing to Data changes the process's memory and never the file. Data is gone after
// [File.Close]; [File.Hold] keeps it for those that still need it. All else in the tree is ordinary Go memory. What is
// written is only read, and only during the call.
//
// # What is read
//
// The zip files of torch.save since 1.6, in pickle's protocols 2 to 5 and of any size, and the files
// before it. Tensors of every dtype, with offsets and strides, storages shared as they were; and of Python's
// values dict, OrderedDict with its attributes, defaultdict, Counter, Namespace, list, tuple, set, frozenset, str, bytes,
// bytearray, int of up to 64 kB, float, complex, bool and None, torch's Size, dtype, device and layout, numpy's scalars, dtypes and
// arrays of numbers and texts in either byte order (big-endian ones become little-endian), and fastcore's L. Of several saves in one file from
// before 1.6 the first is read, as torch.load does. A zip file that was packed again with compression is read, too: its storages are
// inflated when their numbers are asked for. All else is refused by its name, with its place in the tree; [WithOpaque] keeps
// it as inert data. TorchScript archives, exported programs, whole pickled learners, big-endian files and files of
// other programs are recognised, and the error says what to do in Python.
//
// # Hostile files
//
// A file can be made by anyone, so this is promised of every sequence of bytes. Reading it never executes, imports
// or calls anything that the file names, and never writes anywhere: what is built is on a closed list of this package. It never panics. What
// is not a file of PyTorch, whole and consistent, is an error: records that overlap or
// stand twice, sizes, flags, CRCs and names that differ between a record and the directory, tensors that reach beyond their storages,
// values that contain themselves or are nested more than 1000 deep. And refusing costs little: within 100 ms for a file
// of some megabytes, with no more memory than twice the file and 1 MB, beside the file itself. For that, a pickle is gone through without
// building anything before it is run; and what is done over and over to values that it stores once is limited by its size.
//
// The promise has these limits.
//
//   - CRCs are checked when a file is opened, which reads all of it, on all processors. [SkipCRC] doesn't, and
//     then damaged numbers in tensors go unnoticed. Files of before 1.6 have no CRCs.
//   - A CRC shows damage, not intent: whoever makes a file chooses its numbers. Check a signature or a hash of the file where that matters.
//   - A tree that is valid takes memory in proportion to its pickle, which is a part of the file: up to 250 bytes for a byte of
//     the pickle, where an empty dict is one byte. A pickle of many thousand values that turns out wrong only late, in
//     a way that is not seen before it is run, may take that much too, and more than 100 ms.
//   - An expanded tensor (a stride of 0) may have any number of elements: it is read as the view it is. [Tensor.Bytes], which copies,
//     refuses more than 16 times the file, or the limit that it is given.
//   - A file that another process writes in place while [Open] reads it is an error, and so is one that was written a moment ago
//     and still is. What tells is the file's size and times as the system keeps them; CRCs are of what was read.
//   - Of a compressed file, damage to a storage is found when it is inflated. A compressed pickle may be 512 kB longer than its file, and
//     the storages take at most 16 times the file, or 64 MB if that is more.
//   - [OpenMapped] trusts its file. One that is made shorter while it is open ends the program when the numbers that went
//     are used. Files that are replaced by a rename, as [WriteFile] does, are safe.
//
// # Writing
//
// [Write] writes byte for byte what torch.save of PyTorch 2.11 writes of the same values, but for the serialization id, a hash of
// the file that nothing checks. make compat shows that PyTorch 2.1 and 2.6 read it too. [WriteFile] is atomic and durable: it
// fills the temporary file ".NAME.tmp" beside the file, waits for the disk and renames it. A process that is killed leaves
// the old file or the new one, and maybe the temporary file, which the next WriteFile of the same path removes. A full disk is an error,
// after which the old file is there. A new file has the old one's permissions, a write-protected one is not replaced, and a link
// stays: its file is.
//
// # Errors
//
// Errors are of type [*Error] and name the file, the place in the tree (".opt.state[3].grad_avg"), what
// is wrong and what to do. One that comes from a Python class that is not read wraps a [*Refused].
package pth
