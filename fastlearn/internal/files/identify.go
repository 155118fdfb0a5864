package files

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// exportKey is where [fastlearn.Learner.Export] puts the description of a predictor into a file's metadata.
const ExportKey = "fastlearn"

// choiceHeads are the heads of a list of choices.
var ChoiceHeads = []string{"path", "label", "choice"}

// Identify adds to the error of a call that couldn't use a file what the file is, by its content, and what reads it. A file
// that isn't known, or is of the kind that the call reads, leaves the error as it is.
func Identify(err error, call, path string) error {
	if err == nil {
		return nil
	}
	if kind := identify(path); kind != "" && !strings.Contains(kind, call) {
		return fmt.Errorf("%w; the file is %s", err, kind)
	}
	return err
}

// identify says what a file that was written here is, and what reads it; "" of others.
func identify(path string) string {
	f, err := checkpoint.Open(path, pth.WithOpaque())
	if err != nil {
		if strings.Contains(err.Error(), "TorchScript") {
			return "a TorchScript program: jit.Load reads it"
		}
		return identifyText(path)
	}
	defer f.Close()
	if _, exported := f.Metadata[ExportKey]; exported {
		return "what Learner.Export wrote: predictor.Load reads it, and Learner.Load its weights"
	}
	found, err := f.StateDict()
	if err != nil {
		return ""
	}
	if opt := OptimizerOf(f, found); opt != nil {
		if _, training := opt.Get("training"); training {
			return "a training checkpoint: Resume goes on from it, and Learner.Load reads its weights"
		}
		return "what Learner.Save or fastai's learn.save wrote: Learner.Load reads it"
	}
	for k := range found.Dict.All() {
		if key, _ := k.(string); key != "" && key[0] >= '0' && key[0] <= '9' {
			return "a learner's weights alone: Learner.Load reads them"
		}
	}
	return "weights with names, such as an architecture's or SaveBody's: Weights and nn.LoadFile read them"
}

// identifyText is identify for files without weights.
func identifyText(path string) string {
	f, err := diskfile.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	head := make([]byte, 64)
	n, _ := io.ReadFull(f, head)
	head = bytes.ToLower(head[:n])
	for start, kind := range map[string]string{
		"epoch,":                       "a table of CSVLogger's: ReadCSV reads it",
		strings.Join(ChoiceHeads, ","): "a list of choices: ReadChoices reads it",
		"<!doctype html":               "a report: a browser shows it",
	} {
		if bytes.HasPrefix(head, []byte(start)) {
			return kind
		}
	}
	return ""
}

// OptimizerOf returns the optimizer's state in a file of fastai's, nil where there is none.
func OptimizerOf(f *checkpoint.File, found pth.Found) *pth.Dict {
	if found.Kind != pth.FastaiCheckpoint {
		return nil
	}
	opt, _ := pth.Get[*pth.Dict](f.Value().(*pth.Dict), "opt")
	return opt
}
