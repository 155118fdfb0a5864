package pth

import (
	"bytes"

	"github.com/fastlearn-go/fastlearn/internal/pickle"
)

// identify says what a file is that is not one of PyTorch's, and what to do with it.
func identify(file []byte) error {
	is := func(magic string) bool { return bytes.HasPrefix(file, []byte(magic)) }
	switch {
	case len(file) == 0:
		return errorf("the file is empty")
	case len(file) > 9 && le.Uint64(file) < uint64(len(file)) && file[8] == '{':
		return errorf("this is a safetensors file: read it with the package safetensors")
	case is("\x1f\x8b"):
		return errorf("this is a gzip file: unpack it first")
	case is("\x89HDF"):
		return errorf("this is an HDF5 file, as Keras writes them")
	case is("GGUF"):
		return errorf("this is a GGUF file, of llama.cpp")
	case is("\x93NUMPY"):
		return errorf("this is a numpy array")
	case is("version https://git-lfs"):
		return errorf("this is a pointer of git LFS in place of the file: git lfs pull fetches it")
	case len(file) > 262 && string(file[257:262]) == "ustar":
		return errorf("this is a tar file, as PyTorch 0.1 wrote them: in Python, torch.save(torch.load(file, weights_only=False), file) converts it")
	case file[0] == pickle.OpProto || file[0] == pickle.OpMark || file[0] == '}':
		return errorf("this is a plain pickle, which torch.save did not write: in Python, torch.save what it holds")
	}
	return errorf("this isn't a PyTorch file: it begins with %.16q", file[:min(len(file), 16)])
}
