package pth

import (
	"os"
	"path/filepath"
	"strings"
)

// identifyPath says what a folder is, or a file that is a part of one; nil where it doesn't know.
func identifyPath(path string) error {
	dir := path
	if info, err := os.Stat(path); err != nil {
		return nil
	} else if !info.IsDir() {
		if dir = filepath.Dir(path); filepath.Ext(path) != ".distcp" && filepath.Base(path) != ".metadata" {
			return nil
		}
	}
	for _, known := range []struct{ pattern, what string }{
		{"*.distcp", "this is a checkpoint of torch.distributed.checkpoint (FSDP), which is a folder: in Python, " +
			"torch.distributed.checkpoint.format_utils.dcp_to_torch_save(folder, 'weights.pth') makes one file of it"},
		{"*.index.json", "this is a folder of shards, which an index names: open them one by one"},
		{"data.pkl", "this is a file of torch.save that was unpacked: open the file itself"},
		{"*.safetensors", "this is a folder with files of weights in it: open one of them"},
		{"*.pt*", "this is a folder with files of weights in it: open one of them"},
	} {
		if found, _ := filepath.Glob(filepath.Join(globEscape(dir), known.pattern)); len(found) > 0 {
			return errorf("%s", known.what)
		}
	}
	return nil
}

// globEscape makes a path match itself alone.
func globEscape(path string) string {
	if os.PathSeparator == '\\' {
		return path
	}
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}
