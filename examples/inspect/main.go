// Inspect shows what is in a file of weights: torch.save's, of fastai, Lightning, timm or
// PyTorch alone, and safetensors. It is Go alone: it builds without cgo and libtorch, and no
// code from a file is ever executed.
//
//	inspect FILE                          # a table of its tensors, what it is, its hyperparameters
//	inspect -stats FILE                   # with min, mean, max and the number of NaNs
//	inspect FILE OTHER                    # in what the two differ
//	inspect -o OUT.safetensors FILE.pth   # the state_dict as another kind of file, or the other way round
//	inspect -o OUT.onnx FILE.safetensors  # the model of a file of Learner.Export, as ONNX
//
// With -json it prints the same for machines. With -skipcrc it reads what was written without checksums.
// The package torch/checkpoint/inspect does the work.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/fastlearn-go/fastlearn/torch/checkpoint/inspect"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

type settings struct {
	stats, json, skipCRC bool
	out                  string
}

func main() {
	var s settings
	flag.BoolVar(&s.stats, "stats", false, "min, mean and max of each tensor and how many NaNs it has")
	flag.BoolVar(&s.json, "json", false, "print JSON")
	flag.BoolVar(&s.skipCRC, "skipcrc", false, "don't compare the checksums of the tensors' bytes")
	flag.StringVar(&s.out, "o", "", "write the state_dict to this file: .safetensors, .onnx for the model of an exported file, or else as torch.save does")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: inspect [-stats] [-json] [-skipcrc] FILE [OTHER]\n       inspect -o OUT FILE")
		flag.PrintDefaults()
	}
	flag.Parse()
	if err := run(os.Stdout, s, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "inspect:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, s settings, files []string) error {
	var opts []pth.Option
	if s.skipCRC {
		opts = append(opts, pth.SkipCRC())
	}
	var result inspect.Result
	var err error
	switch {
	case len(files) == 0 || len(files) > 2:
		err = errors.New("want one file, or two to compare: inspect [-stats] [-json] FILE [OTHER]")
	case s.out != "" && len(files) > 1:
		err = errors.New("-o writes what is in one file, not in two")
	case s.out != "":
		result, err = inspect.Convert(files[0], s.out, opts...)
	case len(files) == 2:
		result, err = inspect.Compare(files[0], files[1], opts...)
	case s.stats:
		result, err = inspect.Stats(files[0], opts...)
	default:
		result, err = inspect.Describe(files[0], opts...)
	}
	if err != nil {
		return err
	}
	return inspect.Write(w, result, s.json)
}
