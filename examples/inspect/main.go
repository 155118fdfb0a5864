// Inspect shows what is in a file of weights: torch.save's, of fastai, Lightning, timm or
// PyTorch alone, and safetensors. It is Go alone: it builds without cgo and libtorch, and no
// code from a file is ever executed.
//
//	inspect FILE                          # a table of its tensors, what it is, its hyperparameters
//	inspect -stats FILE                   # with min, mean, max and the number of NaNs
//	inspect FILE OTHER                    # in what the two differ
//	inspect -o OUT.safetensors FILE.pth   # the state_dict as another kind of file, or the other way round
//
// With -json it prints the same for machines. With -skipcrc it reads what was written without checksums.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
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
	flag.StringVar(&s.out, "o", "", "write the state_dict to this file: .safetensors, or else as torch.save does")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: inspect [-stats] [-json] [-skipcrc] FILE [OTHER]\n       inspect -o OUT FILE")
		flag.PrintDefaults()
	}
	flag.Parse()
	if err := diskfile.Guard(func() error { return run(os.Stdout, s, flag.Args()) }); err != nil {
		fmt.Fprintln(os.Stderr, "inspect:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, s settings, files []string) error {
	switch {
	case len(files) == 0 || len(files) > 2:
		return errors.New("want one file, or two to compare: inspect [-stats] [-json] FILE [OTHER]")
	case s.out != "" && len(files) > 1:
		return errors.New("-o writes what is in one file, not in two")
	}
	var opened []*file
	for _, path := range files {
		f, err := open(path, s)
		if err != nil {
			return err
		}
		defer f.Close()
		opened = append(opened, f)
	}
	var result printer
	switch a := opened[0]; {
	case len(files) == 2:
		result = compare(a, opened[1])
	case s.out != "":
		c, err := convert(a, s.out)
		if err != nil {
			return err
		}
		result = c
	default:
		result = describe(a, s.stats)
	}
	for _, f := range opened {
		if err := f.Unchanged(); err != nil {
			return err
		}
	}
	return show(w, s.json, result)
}

// A printer is a result that can be printed for people.
type printer interface{ print(w io.Writer) error }

func show(w io.Writer, asJSON bool, p printer) error {
	if !asJSON {
		return p.print(w)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(p)
}
