package pth

import (
	"bytes"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/pickle"
)

// magics are how files begin that aren't PyTorch's, with what they are and what to do.
var magics = []struct{ magic, what string }{
	{"\x1f\x8b", "this is a gzip file: unpack it first"},
	{"BZh", "this is a bzip2 file: unpack it first"},
	{"\xfd7zXZ", "this is an xz file: unpack it first"},
	{"7z\xbc\xaf", "this is a 7z archive: unpack it first"},
	{"Rar!", "this is a RAR archive: unpack it first"},
	{"\x28\xb5\x2f\xfd", "this is a zstd file: unpack it first"},
	{"\x89HDF", "this is an HDF5 file, as Keras writes them"},
	{"GGUF", "this is a GGUF file, of llama.cpp"},
	{"\x93NUMPY", "this is a numpy array"},
	{"version https://git-lfs", "this is a pointer of git LFS in place of the file: git lfs pull fetches it"},
	{"<!DOCTYPE", "this is a web page in place of the file: its download was answered with an HTML page"},
	{"<!doctype", "this is a web page in place of the file: its download was answered with an HTML page"},
	{"<html", "this is a web page in place of the file: its download was answered with an HTML page"},
	{"{", "this is a JSON file: an index of shards names the files with weights, which are opened one by one"},
	{"L119547037146038801333356", "this is a file of torch.save in pickle's protocol 0 or 1: in Python, torch.save(torch.load(file, weights_only=False), file) writes it anew"},
}

// identify says what a file is that is not one of PyTorch's, and what to do with it.
func identify(file []byte) error {
	if len(file) == 0 {
		return errorf("the file is empty")
	}
	if len(file) > 9 && le.Uint64(file) < uint64(len(file)) && file[8] == '{' {
		return errorf("this is a safetensors file: read it with the package safetensors")
	}
	for _, m := range magics {
		if bytes.HasPrefix(file, []byte(m.magic)) {
			return errorf("%s", m.what)
		}
	}
	switch {
	case len(file) > 262 && string(file[257:262]) == "ustar":
		return identifyTar(file)
	case file[0] == pickle.OpProto || file[0] == pickle.OpMark || file[0] == pickle.OpEmptyDict || file[0] == pickle.OpEmptyList || isGlobal(file):
		return errorf("this is a plain pickle, which torch.save did not write: in Python, torch.save what it holds")
	}
	return errorf("this isn't a PyTorch file: it begins with %.16q", file[:min(len(file), 16)])
}

// identifyTar tells the archives of PyTorch 0.1 from others, by the name of the first entry.
func identifyTar(file []byte) error {
	name, _, _ := bytes.Cut(file[:100], []byte{0})
	switch first := strings.TrimPrefix(string(name), "./"); first {
	case "sys_info", "pickle", "storages", "tensors", "":
		return errorf("this is a tar file, as PyTorch 0.1 wrote them: in Python, torch.save(torch.load(file, weights_only=False), file) converts it")
	default:
		return errorf("this is a tar file that PyTorch didn't write, with %.100q in it: unpack it first", first)
	}
}

// isGlobal tells whether a file begins as a pickle of protocol 0 or 1 does that calls something: with the lines of a module and a name.
func isGlobal(file []byte) bool {
	lines := bytes.SplitN(file[:min(len(file), 200)], []byte("\n"), 3)
	if file[0] != pickle.OpGlobal || len(lines) < 3 {
		return false
	}
	return !bytes.ContainsFunc(append(lines[0], lines[1]...), func(r rune) bool {
		return !(r == '.' || r == '_' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z')
	})
}
